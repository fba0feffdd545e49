// Compare: actions that pin a moment, or run a second program, to hold what is on show against it.

import { waitsForWord } from "./predicting.js";

/**
 * @param {{store: any, stream: (body: any, options: any) => AsyncGenerator<any>}} parts
 */
export function createComparing({ store, stream }) {
  const current = { controller: /** @type {AbortController | null} */ (null) };

  /** Where the pin's differences are drawn; predicting hides what comparing shows. */
  async function withOverlay(pin) {
    const { compared } = await import("./differences.js");
    store.set(({ overlays }) => ({ pin, overlays: { ...overlays, compare: compared }, predict: null, sight: null }));
  }

  /** Pin what is on show: whatever is shown afterwards is compared with it. */
  function pinMoment(position = store.get().position) {
    const { trace, source, traceMode } = store.get();
    return trace ? withOverlay({ trace, position, source, mode: traceMode, problem: null, isRunning: false }) : undefined;
  }

  /**
   * Run another program, and compare what is on show with the same place in its run.
   *
   * @param {any} source as the page keeps what was written
   */
  async function compareWith(source) {
    current.controller?.abort();
    const controller = new AbortController();
    current.controller = controller;
    const shown = { trace: store.get().pin?.trace ?? null, position: null, source, mode: source.mode, problem: null };
    await withOverlay({ ...shown, isRunning: true });
    const found = await runOther(source, controller);
    if (current.controller === controller && store.get().pin) store.set({ pin: { ...shown, ...found, isRunning: false } });
  }

  async function runOther(source, { signal }) {
    const [{ ProblemError }, { bodyOf }, { emptyTrace, withEvents }] = await Promise.all([import("./api.js"), import("./source.js"), import("./tally.js")]);
    const events = [];
    try {
      for await (const event of stream(bodyOf(source), { language: store.get().settings.language, signal })) events.push(event);
      const trace = withEvents(emptyTrace(), events);
      return { trace, problem: trace.failure ?? null };
    } catch (error) {
      if (signal.aborted) return {};
      if (!(error instanceof ProblemError)) throw error;
      return { problem: error.problem };
    }
  }

  function endCompare() {
    current.controller?.abort();
    store.set(({ overlays: { compare, ...others } }) => ({ pin: null, overlays: others }));
  }

  return {
    pinMoment: () => waitsForWord({ store }, "compare") || pinMoment(),
    compareWith,
    endCompare,
    /** What a link holds: a moment of its own program, or a second one. */
    restorePin: (pin) => (pin === null ? endCompare() : pin.source ? compareWith(pin.source) : pinMoment(pin.position)),
  };
}
