// Runs what was written: one run at a time, its events gathered into the trace once a picture.

import { ProblemError } from "./api.js";
import { emptyTrace, hasSameGraphs, withDrawing, withEvents } from "./tally.js";
import { positionOfPass, timelineOf } from "./timeline.js";

/** How often a run is asked for while the service has no room. */
const MOST_TRIES = 4;

/**
 * A runner over a store.
 *
 * @param {object} options
 * @param {{get: () => any, set: (change: any) => void}} options.store
 * @param {(body: any, options: any) => AsyncGenerator<any>} options.stream
 * @param {(call: {former: any, graph: any, settings: any}) => Promise<any> | null} [options.draw] draws a graph as the
 *   visitor had opened it in the former trace; null where nothing was
 * @param {(f: () => void) => unknown} [options.soon] calls a function before the next picture
 * @param {(milliseconds: number) => Promise<void>} [options.wait]
 */
export function createRunner({ store, stream, draw = () => null, soon = beforePicture, wait = rest }) {
  /** @type {{controller: AbortController | null}} */
  const current = { controller: null };

  /** End the run that goes on, if any; what it sent stays. */
  function stop() {
    current.controller?.abort();
    current.controller = null;
    if (store.get().run.status === "running") store.set({ run: { ...store.get().run, status: "idle" } });
  }

  /**
   * Run a request; a run that goes on is ended first.
   *
   * @param {any} body as `POST /api/trace` takes it
   * @param {{position?: number, isLive?: boolean}} [options] where to look when the trace is there; whether a hand
   *   still moves what is run
   */
  async function run(body, { position, isLive = false } = {}) {
    stop();
    const controller = new AbortController();
    current.controller = controller;
    store.set({ run: { status: "running", received: 0, startedAt: Date.now(), isLive }, playing: false });
    const mode = "program" in body ? "program" : "expression";
    const reel = createReel({ store, draw, soon, position, mode, isCurrent: () => current.controller === controller });
    try {
      const { language } = store.get().settings;
      const events = patiently(() => stream(body, { language, signal: controller.signal }), { wait, signal: controller.signal });
      for await (const event of events) reel.add(event);
      await reel.drawn();
      reel.finish(null);
    } catch (error) {
      if (controller.signal.aborted) return reel.flush(true);
      if (!(error instanceof ProblemError)) throw error;
      await reel.drawn();
      reel.finish(error.problem);
    } finally {
      if (current.controller === controller) current.controller = null;
    }
  }

  return { run, stop };
}

/** A service that starts or is busy says so; asking again is then the page's work, not the visitor's. */
async function* patiently(open, { wait, signal }) {
  for (let tries = 1; ; tries += 1) {
    let isBegun = false;
    try {
      for await (const event of open()) {
        isBegun = true;
        yield event;
      }
      return;
    } catch (error) {
      const isWorth = error instanceof ProblemError && error.problem.status === 503 && !isBegun && tries < MOST_TRIES;
      if (!isWorth || signal.aborted) throw error;
      await wait(1000 * Math.min(5, error.problem.parameters?.retry_after_seconds ?? 2));
      if (signal.aborted) throw error;
    }
  }
}

/** Gathers events; the former trace stays in sight until the new one has a pass to show. */
function createReel({ store, draw, soon, position, mode, isCurrent }) {
  const former = store.get().trace;
  const reel = { trace: emptyTrace(), waiting: [], isShown: false, isDue: false, jobs: new Set(), drawings: [] };

  function add(event) {
    reel.waiting.push(event);
    if (event.event === "graph") drawAgain(event.graph);
    flushSoon();
  }

  /** Groups that the visitor opened or closed stay so: the graph comes on show when it is drawn that way. */
  function drawAgain(graph) {
    const job = draw({ former, graph, settings: store.get().settings });
    if (!job) return;
    const done = job.then((drawing) => {
      reel.jobs.delete(done);
      if (drawing) reel.drawings.push([graph.id, drawing]);
      flushSoon();
    });
    reel.jobs.add(done);
  }

  function flushSoon() {
    if (reel.isDue) return;
    reel.isDue = true;
    soon(() => {
      reel.isDue = false;
      if (isCurrent()) flush(false);
    });
  }

  /** Put what came into the trace; `isLast` shows it even if no pass is complete. */
  function flush(isLast) {
    // A graph on show may have been drawn anew meanwhile, in another direction or with a group opened.
    reel.trace = withEvents(reel.isShown ? store.get().trace : reel.trace, reel.waiting);
    reel.waiting = [];
    for (const [id, drawing] of reel.drawings.splice(0)) reel.trace = withDrawing(reel.trace, id, drawing);
    if (!reel.isShown && reel.jobs.size > 0) return;
    const isReady = isLast ? hasContent(reel.trace) : reel.trace.timeline.some(({ kind }) => kind === "backward");
    if (!reel.isShown && !isReady) return;
    const first = reel.isShown ? {} : firstLook();
    reel.isShown = true;
    const { run } = store.get();
    store.set({ trace: reel.trace, run: { ...run, received: reel.trace.passes.length }, ...first });
  }

  /** Where to look in a new trace: as before if its graphs are the same, else where its first gradients are. */
  function firstLook() {
    const { selection, position: place } = store.get();
    const isSame = hasSameGraphs(former, reel.trace);
    const common = { isStale: false, traceMode: mode, opened: null };
    if (position !== undefined) return { ...common, position };
    if (isSame) return { ...common, position: place, selection };
    return { ...common, position: positionOfPass(timelineOf(reel.trace), 0) ?? 0, selection: null };
  }

  function finish(problem) {
    if (!isCurrent()) return;
    if (problem?.trace && !reel.isShown) reel.trace = { ...emptyTrace(), ...problem.trace };
    flush(true);
    const { run } = store.get();
    const status = problem ? "failed" : "done";
    store.set({ problem: placed(problem), run: { ...run, status }, isStale: problem !== null && !reel.isShown });
  }

  /** A problem with the program its line counts in; null when it counts in what the visitor wrote. */
  function placed(problem) {
    return problem && { ...problem, program: reel.trace.program || null };
  }

  return { add, flush, finish, drawn: () => Promise.all(reel.jobs) };
}

function hasContent(trace) {
  return trace.graphs.length > 0 || trace.timeline.length > 0;
}

/** A page in the background draws no pictures, and its runs go on all the same. */
function beforePicture(f) {
  if (document.hidden) setTimeout(f, 100);
  else requestAnimationFrame(f);
}

function rest(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
