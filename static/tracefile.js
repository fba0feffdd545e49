// A trace that was recorded elsewhere, shown as one that was run here. Loaded when one is first opened.

import { ProblemError, fetchOpened, postTrace } from "./api.js";
import { positionOfPass, timelineOf } from "./timeline.js";

/** Open a file that the visitor chose or dropped. */
export function openFile({ store, actions }, file) {
  return open({ store, actions }, async (options) => postTrace(await file.text(), options), file.name);
}

/** Open a file that the server was started with. */
export function openNamed({ store, actions }, name) {
  return open({ store, actions }, (options) => fetchOpened(name, options), name);
}

/** Nothing on show goes before the new trace is there. */
async function open({ store, actions }, load, name) {
  actions.stop();
  store.set({ playing: false, dialog: null });
  try {
    const trace = await load({ language: store.get().settings.language });
    actions.stop();
    store.set(({ source, run }) => ({ ...lookAt(trace, name), source: { ...source, mode: "program", program: trace.program }, run: { ...run, status: "done", received: trace.passes.length } }));
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    store.set({ problem: { ...error.problem, program: null } });
  }
}

/** The state that shows a whole trace where its first gradients are. */
function lookAt(trace, opened) {
  return {
    trace,
    opened,
    traceMode: "program",
    position: positionOfPass(timelineOf(trace), 0) ?? 0,
    selection: null,
    trail: null,
    lesson: null,
    loop: null,
    isStale: false,
    problem: problemOf(trace),
  };
}

/** What ended the recorded program, as a run here would tell it. */
function problemOf({ failure, program }) {
  if (!failure) return null;
  const { code, parameters, span } = failure;
  return { code, parameters, line: span?.line, column: span?.column, program };
}
