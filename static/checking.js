// The gradient check: asks the server to compare each node's gradient with differences of the loss, and keeps what it says.

import { waitsForWord } from "./predicting.js";
import { frameAt, timelineOf } from "./timeline.js";

/**
 * @param {{store: any}} parts
 */
export function createChecking({ store }) {
  const current = { controller: /** @type {AbortController | null} */ (null) };

  /** Findings are about one run: with another trace they would stand on the wrong numbers. */
  store.subscribe(({ trace, check }, before) => {
    if (check && trace !== before.trace && trace?.program !== before.trace?.program) endCheck();
  });

  /** Check every node of the pass on show. */
  async function checkNodes() {
    const { trace, position } = store.get();
    if (trace) await checkPass(frameAt(timelineOf(trace), position).pass);
  }

  async function checkPass(pass) {
    const { trace, source, settings } = store.get();
    if (!trace?.passes[pass]) return;
    current.controller?.abort();
    const controller = new AbortController();
    current.controller = controller;
    const asked = { pass, isRunning: true, problem: null, nodes: [], unchecked: [] };
    const [{ ProblemError, fetchCheck }, { bodyOf }, { checked }] = await Promise.all([import("./api.js"), import("./source.js"), import("./verdicts.js")]);
    store.set(({ overlays }) => ({ check: asked, overlays: { ...overlays, check: checked }, predict: null, sight: null }));
    const keep = (found) => store.get().check && current.controller === controller && store.set({ check: { ...asked, ...found, isRunning: false } });
    try {
      const { graph, nodes, unchecked } = await fetchCheck({ ...bodyOf(source), nodes: true, pass }, { language: settings.language, signal: controller.signal });
      keep({ graph, nodes, unchecked });
    } catch (error) {
      if (controller.signal.aborted) return;
      if (!(error instanceof ProblemError)) throw error;
      keep({ problem: error.problem });
    }
  }

  function endCheck() {
    current.controller?.abort();
    store.set(({ overlays: { check, ...others } }) => ({ check: null, overlays: others }));
  }

  return {
    checkNodes: () => waitsForWord({ store }, "check") || checkNodes(),
    endCheck,
    /** What a link holds: the pass that was checked. */
    restoreCheck: (pass) => (pass === null ? store.get().check && endCheck() : checkPass(pass)),
  };
}
