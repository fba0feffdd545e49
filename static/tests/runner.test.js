import assert from "node:assert/strict";
import { test } from "node:test";
import { ProblemError } from "../api.js";
import { createRunner } from "../runner.js";
import { createStore } from "../store.js";
import { emptyTrace } from "../tally.js";

const GRAPH = { id: "g0", nodes: [{ id: "n0", name: "MulBackward0", label: "x*x", kind: "output" }], edges: [], svg: "" };
const PASS = { graph: "g0", call: "backward", loss: 1, values: [1], gradients: [1], flows: [], derivatives: [], accumulated: {}, order: [0] };
const RUN = [
  { event: "program", program: "x*x" },
  { event: "graph", graph: GRAPH },
  { event: "pass", pass: PASS },
  { event: "moment", moment: { kind: "forward", pass: 0 } },
  { event: "moment", moment: { kind: "backward", pass: 0 } },
  { event: "end" },
];

/** A runner whose pictures come at once, over a stream that tells these events and then may fail. */
function make(events, failure = null, trace = null) {
  const store = createStore({
    run: { status: "idle", received: 0 },
    settings: { language: "en" },
    trace,
    problem: null,
    isStale: false,
    position: 0,
    selection: "n9",
    playing: true,
  });
  const told = [];
  store.subscribe((state) => told.push(state));
  async function* stream() {
    yield* events;
    if (failure) throw failure;
  }
  return { store, told, stream, runner: createRunner({ store, stream, soon: (f) => f(), wait: async () => {} }) };
}

test("a run fills the trace and looks at its first gradients", async () => {
  const { store, runner } = make(RUN);
  await runner.run({});
  const { trace, run, position, selection, playing } = store.get();
  assert.equal(run.status, "done");
  assert.equal(run.received, 1);
  assert.equal(trace.passes.length, 1);
  assert.deepEqual([position, selection, playing], [2, null, false]);
});

test("the former trace stays until the new one has gradients to show", async () => {
  const former = { ...emptyTrace(), program: "before" };
  const { told, runner } = make(RUN, null, former);
  await runner.run({});
  const firstNew = told.find(({ trace }) => trace !== former);
  assert.ok(firstNew.trace.timeline.some(({ kind }) => kind === "backward"));
});

test("the same graph with other numbers keeps place and choice", async () => {
  const { store, runner } = make(RUN);
  await runner.run({});
  store.set({ position: 1, selection: "n0" });
  await runner.run({});
  assert.deepEqual([store.get().position, store.get().selection], [1, "n0"]);
});

test("a problem before any pass leaves the former trace, dimmed", async () => {
  const former = { ...emptyTrace(), program: "before", graphs: [GRAPH] };
  const { store, runner } = make([], new ProblemError({ code: "syntax", parameters: {}, line: 1, column: 4 }), former);
  await runner.run({});
  const { trace, problem, isStale, run } = store.get();
  assert.equal(trace, former);
  assert.deepEqual([problem.code, problem.program, isStale, run.status], ["syntax", null, true, "failed"]);
});

test("a problem on the way keeps what was recorded, and counts its line in the program", async () => {
  const { store, runner } = make(RUN.slice(0, 5), new ProblemError({ code: "raised", parameters: {}, line: 3 }));
  await runner.run({});
  const { trace, problem, isStale } = store.get();
  assert.equal(trace.passes.length, 1);
  assert.deepEqual([problem.program, isStale], ["x*x", false]);
});

test("a problem may bring the trace along", async () => {
  const trace = { program: "p", graphs: [GRAPH], passes: [PASS], timeline: [{ kind: "backward", pass: 0 }] };
  const { store, runner } = make([], new ProblemError({ code: "raised", parameters: {}, trace }));
  await runner.run({});
  assert.equal(store.get().trace.passes.length, 1);
  assert.equal(store.get().problem.program, "p");
});

test("stop ends the run and keeps what came", async () => {
  const store = createStore({ run: { status: "idle", received: 0 }, settings: { language: "en" }, trace: null, problem: null, isStale: false, position: 0, selection: null, playing: false });
  let signal = null;
  async function* stream(_, options) {
    signal = options.signal;
    yield* RUN.slice(0, 5);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    throw new DOMException("aborted", "AbortError");
  }
  const runner = createRunner({ store, stream, soon: (f) => f() });
  const done = runner.run({});
  await new Promise(setImmediate);
  runner.stop();
  await done;
  assert.ok(signal.aborted);
  assert.deepEqual([store.get().run.status, store.get().trace.passes.length, store.get().problem], ["idle", 1, null]);
});

test("a new run ends the one before, whose late events change nothing", async () => {
  const { store } = make(RUN);
  const gates = [];
  let calls = 0;
  async function* stream() {
    calls += 1;
    const mine = calls;
    if (mine === 1) await new Promise((resolve) => gates.push(resolve));
    yield* RUN.map((event) => (event.event === "program" ? { ...event, program: `run ${mine}` } : event));
  }
  const runner = createRunner({ store, stream, soon: (f) => f() });
  const first = runner.run({});
  await runner.run({});
  gates[0]();
  await first;
  assert.equal(store.get().trace.program, "run 2");
  assert.equal(store.get().run.status, "done");
});

test("a service that starts is asked again, a while later", async () => {
  const { store } = make(RUN);
  const waits = [];
  let calls = 0;
  async function* stream() {
    calls += 1;
    if (calls < 3) throw new ProblemError({ code: "sandbox-unavailable", status: 503, parameters: { retry_after_seconds: calls } });
    yield* RUN;
  }
  const runner = createRunner({ store, stream, soon: (f) => f(), wait: async (milliseconds) => void waits.push(milliseconds) });
  await runner.run({});
  assert.deepEqual(waits, [1000, 2000]);
  assert.deepEqual([store.get().run.status, store.get().problem], ["done", null]);
});

test("a graph that a hand had opened comes on show as it was opened, and not before", async () => {
  const former = { ...emptyTrace(), graphs: [{ ...GRAPH, opened: ["module:net"], closed: [] }] };
  const store = createStore({ run: { status: "idle", received: 0 }, settings: { language: "en" }, trace: former, problem: null, position: 0, selection: null });
  const shown = [];
  store.subscribe(({ trace }) => trace !== former && trace.graphs.length > 0 && shown.push(trace.graphs[0].svg));
  const asked = [];
  const draw = (call) => {
    asked.push(call);
    return new Promise((resolve) => setTimeout(() => resolve({ svg: "opened", opened: ["module:net"], closed: [] }), 0));
  };
  async function* stream() {
    yield* RUN;
  }
  await createRunner({ store, stream, draw, soon: (f) => f() }).run({});
  assert.equal(asked.length, 1);
  assert.deepEqual([asked[0].former, asked[0].graph.id], [former, "g0"]);
  assert.deepEqual([...new Set(shown)], ["opened"]);
  assert.equal(store.get().run.status, "done");
});

test("a graph that could not be drawn again is shown as it came, also where the run fails", async () => {
  const store = createStore({ run: { status: "idle", received: 0 }, settings: { language: "en" }, trace: null, problem: null, position: 0, selection: null });
  async function* stream() {
    yield* RUN.slice(0, -1);
    throw new ProblemError({ code: "program-raised", status: 422, parameters: {} });
  }
  await createRunner({ store, stream, draw: async () => null, soon: (f) => f() }).run({});
  assert.equal(store.get().trace.graphs[0].svg, "");
  assert.equal(store.get().run.status, "failed");
});
