// Runs the studies of the lab: one of each kind at a time; what arrives is summed once a picture.

import { ProblemError, streamStudy } from "../api.js";
import { emptyRace, withRaceEvent } from "./race.js";
import { emptySweep, withSweepEvent } from "./sweep.js";

const KINDS = {
  race: { empty: emptyRace, add: withRaceEvent },
  sweep: { empty: emptySweep, add: withSweepEvent },
  check: { empty: () => ({ answer: null }), add: (_, answer) => ({ answer }) },
};

/**
 * The studies over a store: a finding stands in `findings[kind]` as `{status, data, problem, body}`.
 *
 * @param {object} parts
 * @param {{get: () => any, set: (change: any) => void}} parts.store
 * @param {typeof streamStudy} [parts.stream]
 * @param {(f: () => void) => unknown} [parts.soon] calls a function before the next picture
 */
export function createStudies({ store, stream = streamStudy, soon = beforePicture }) {
  /** @type {Map<string, AbortController>} */
  const running = new Map();

  function put(kind, fields) {
    store.set(({ findings }) => ({ findings: { ...findings, [kind]: { ...findings[kind], ...fields } } }));
  }

  /** End a study; what it found stays. */
  function cancel(kind) {
    const controller = running.get(kind);
    if (!controller) return;
    running.delete(kind);
    controller.abort();
    put(kind, { status: "cancelled" });
  }

  /**
   * Run a study; one of its kind that goes on is ended first.
   *
   * @param {"race" | "sweep" | "check"} kind
   * @param {any} body
   */
  async function run(kind, body) {
    running.get(kind)?.abort();
    const controller = new AbortController();
    running.set(kind, controller);
    const { empty, add } = KINDS[kind];
    const sum = { data: empty(), waiting: [], isDue: false };
    const flush = () => {
      sum.isDue = false;
      sum.data = sum.waiting.reduce(add, sum.data);
      sum.waiting = [];
      if (running.get(kind) === controller) put(kind, { data: sum.data });
    };
    put(kind, { status: "running", data: sum.data, problem: null, body });
    try {
      const { language } = store.get().settings;
      for await (const event of stream(`/api/${kind}`, body, { language, signal: controller.signal })) {
        sum.waiting.push(event);
        if (sum.isDue) continue;
        sum.isDue = true;
        soon(flush);
      }
      flush();
      end(kind, controller, { status: "done" });
    } catch (error) {
      if (controller.signal.aborted) return;
      if (!(error instanceof ProblemError)) throw error;
      flush();
      end(kind, controller, { status: "failed", problem: error.problem });
    }
  }

  function end(kind, controller, fields) {
    if (running.get(kind) !== controller) return;
    running.delete(kind);
    put(kind, fields);
  }

  return { run, cancel };
}

/** A page in the background draws no pictures, and its studies go on all the same. */
function beforePicture(f) {
  if (document.hidden) setTimeout(f, 100);
  else requestAnimationFrame(f);
}
