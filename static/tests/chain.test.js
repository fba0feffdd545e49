import assert from "node:assert/strict";
import { test } from "node:test";

import { contributionsTo, derivativesOf, historyOf, sourceAt } from "../chain.js";
import { sceneAt } from "../scene.js";
import { frameAt, timelineOf } from "../timeline.js";
import { marksAround } from "../topology.js";
import { descent, quadratic } from "./fixtures/build.js";

const scene = (trace, position) => {
  const timeline = timelineOf(trace);
  return sceneAt(timeline, frameAt(timeline, position));
};

/** x * x: two edges between the same two nodes. */
function square() {
  const trace = quadratic();
  const nodes = [
    { id: "n0", kind: "output", name: "MulBackward0", label: "x * x", variable: "y" },
    { id: "n1", kind: "leaf", name: "AccumulateGrad", label: "x", variable: "x" },
  ];
  const edges = [0, 1].map((slot) => ({ id: `e${slot}`, source: "n0", target: "n1", slot, input: 0 }));
  const pass = { ...trace.passes[0], values: [9, 3], gradients: [1, 6], flows: [3, 3], derivatives: [3, 3], order: [0, 1], accumulated: { n1: 6 } };
  return { ...trace, graphs: [{ id: "g0", nodes, edges }], passes: [pass] };
}

test("each of two parallel edges contributes", () => {
  const contributions = contributionsTo(scene(square(), 3), 1);
  assert.deepEqual(contributions.map(({ edge, flow }) => [edge.id, flow]), [["e0", 3], ["e1", 3]]);
});

test("a node's local derivatives come with what they lead to", () => {
  const rows = derivativesOf(scene(quadratic(), 11), 2);
  assert.deepEqual(
    rows.map(({ to, value, derivative, flow }) => [to.label, value, derivative, flow]),
    [["a", 1, 16, 16], ["x ** 2", 16, null, null]],
  );
});

test("a leaf's history ends at the frame, the latest change first", () => {
  const trace = descent();
  const leaf = trace.graphs[0].nodes[3];
  const at = (position) => historyOf(scene(trace, position), leaf, 10).map(({ change }) => change.after);
  assert.deepEqual(at(6), []);
  assert.deepEqual(at(8), [1.600000023841858]);
  assert.deepEqual(at(17), [1.2799999713897705, 1.600000023841858]);
  assert.equal(historyOf(scene(trace, 17), leaf, 1).length, 1);
});

test("the source at a span is counted in characters, from one", () => {
  const program = "a = 1\n名😀 = a * a ** 2\n";
  assert.equal(sourceAt(program, { line: 2, column: 6, end_line: 2, end_column: 16 }), "a * a ** 2");
  assert.equal(sourceAt(program, { line: 1, column: 5, end_line: 2, end_column: 3 }), "1");
  assert.equal(sourceAt(program, { line: 9, column: 1, end_line: 9, end_column: 2 }), null);
  assert.equal(sourceAt(program, null), null);
});

test("around a chosen node its inputs and consumers are marked, around an edge its ends", () => {
  const [graph] = quadratic().graphs;
  assert.deepEqual(Object.fromEntries(marksAround(graph, "n2")), {
    n2: "chosen",
    n3: "near input",
    e2: "near input",
    n4: "near input",
    e3: "near input",
    n1: "near consumer",
    e1: "near consumer",
  });
  assert.deepEqual(Object.fromEntries(marksAround(graph, "e2")), { n2: "near consumer", n3: "near input", e2: "chosen" });
  assert.equal(marksAround(graph, null).size, 0);
});

test("in a folded picture the lines between boxes are marked", () => {
  const [graph] = quadratic().graphs;
  const bundles = [
    { id: "f0", tail: "m0", head: "n0", edges: [0, 7] },
    { id: "e1", tail: "n2", head: "m0", edges: [1] },
  ];
  const marks = marksAround({ ...graph, bundles }, "m0");
  assert.deepEqual(Object.fromEntries(marks), {
    m0: "chosen", f0: "near consumer", n0: "near consumer", e1: "near input", n2: "near input",
  });
});
