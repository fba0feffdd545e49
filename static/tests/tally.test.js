import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyTrace, hasSameGraphs, withDrawing, withEvents } from "../tally.js";

const GRAPH = { id: "g0", nodes: [{ id: "n0", name: "MulBackward0", label: "a*x" }], edges: [], svg: "<svg/>" };
const EVENTS = [
  { event: "program", program: "p" },
  { event: "graph", graph: GRAPH },
  { event: "pass", pass: { graph: "g0" } },
  { event: "moment", moment: { kind: "backward", pass: 0 } },
  { event: "moment", moment: { kind: "print", text: "16\n" } },
  { event: "update", update: { optimizer: "SGD" } },
  { event: "diagnostic", diagnostic: { code: "zero-grad-forgotten" } },
  { event: "end", cut: { limit: "passes", value: 2, unit: "passes" } },
];

test("events add up to a trace", () => {
  const trace = withEvents(emptyTrace(), EVENTS);
  assert.equal(trace.program, "p");
  assert.equal(trace.output, "16\n");
  assert.deepEqual([trace.graphs.length, trace.passes.length, trace.updates.length, trace.timeline.length, trace.diagnostics.length], [1, 1, 1, 2, 1]);
  assert.equal(trace.cut.limit, "passes");
});

test("what was handed out does not change when more comes", () => {
  const first = withEvents(emptyTrace(), EVENTS.slice(0, 3));
  const { passes } = first;
  const second = withEvents(first, EVENTS.slice(2, 3));
  assert.equal(passes.length, 1);
  assert.equal(second.passes.length, 2);
  assert.equal(second.graphs, first.graphs);
  assert.equal(withEvents(second, []), second);
});

test("a graph is drawn anew without touching the others", () => {
  const trace = { ...emptyTrace(), graphs: [GRAPH, { ...GRAPH, id: "g1" }] };
  const drawn = withDrawing(trace, "g1", { svg: "<svg id='2'/>" });
  assert.equal(drawn.graphs[0], trace.graphs[0]);
  assert.equal(drawn.graphs[1].svg, "<svg id='2'/>");
});

test("equal structures are the same graphs, whatever their picture", () => {
  const one = { graphs: [GRAPH] };
  assert.ok(hasSameGraphs(one, { graphs: [{ ...GRAPH, svg: "other" }] }));
  assert.ok(!hasSameGraphs(one, { graphs: [{ ...GRAPH, nodes: [{ id: "n0", name: "AddBackward0", label: "a*x" }] }] }));
  assert.ok(!hasSameGraphs(one, { graphs: [] }));
  assert.ok(!hasSameGraphs(null, one));
});
