import assert from "node:assert/strict";
import { test } from "node:test";

import { columnsOf, extremesOf, flowOf, layerOf, scaleOf, stepSquare } from "../flow.js";

/** Two layers in a row under a loss: `net.0` with weight and bias, then a plain `w`. */
function trained(passes, updates = []) {
  const node = (id, kind, fields) => ({ id, kind, name: kind === "leaf" ? "AccumulateGrad" : "MulBackward0", label: id, ...fields });
  const nodes = [
    node("n0", "output", {}),
    node("n1", "leaf", { variable: "w", shape: [] }),
    node("n2", "operation", {}),
    node("n3", "leaf", { variable: "net.0.weight", shape: [2] }),
    node("n4", "leaf", { variable: "net.0.bias", shape: [] }),
  ];
  const pairs = [["n0", "n1"], ["n0", "n2"], ["n2", "n3"], ["n2", "n4"]];
  const edges = pairs.map(([source, target], j) => ({ id: `e${j}`, source, target, slot: 0 }));
  return { graphs: [{ id: "g0", nodes, edges }], passes: passes.map((gradients) => ({ graph: "g0", call: "backward", gradients, order: [0, 1, 2, 3, 4] })), updates };
}

const vector = (...data) => ({ shape: [data.length], dtype: "float32", data });

test("layers stand in the order of the computation, with norms over their parameters", () => {
  const flow = flowOf(trained([[1, 5, 1, vector(3, 0), 4], [1, -2, 1, vector("NaN", 0), 4]]));
  assert.deepEqual(flow.layers.map(({ name }) => name), ["net.0", "w"]);
  assert.deepEqual(flow.gradient, [[5, NaN], [5, 2]]);
  assert.deepEqual(flow.update, [[null, null], [null, null]]);
});

test("updates after a pass add up, and are measured against the weights before", () => {
  const parameter = (fields) => ({ gradient: 0, state: {}, ...fields });
  const large = { shape: [2], dtype: "float32", statistics: { norm: 6 } };
  const updates = [
    { pass: 0, parameters: [parameter({ node: "n3", variable: "net.0.weight", before: large, after: large, step_norm: 3 }), parameter({ node: "n4", variable: "net.0.bias", before: 8, after: 4 })] },
    { pass: 0, parameters: [parameter({ node: null, variable: "w", before: 2, after: 1 })] },
    { pass: 1, parameters: [parameter({ node: "n3", variable: "net.0.weight", before: large, after: large })] },
  ];
  const flow = flowOf(trained([[1, 5, 1, vector(3, 0), 4], [1, 5, 1, vector(3, 0), 4]], updates));
  assert.deepEqual(flow.update, [[5, null], [1, null]]);
  assert.deepEqual(flow.ratio, [[0.5, null], [0.5, null]]);
});

test("a step is exact where its elements are there, and torch's own where they are not", () => {
  assert.equal(stepSquare({ before: vector(1, 2), after: vector(4, 6) }), 25);
  assert.equal(stepSquare({ before: 1, after: 1, step_norm: 3 }), 9);
  assert.ok(Number.isNaN(stepSquare({ before: 1, after: 1, step_norm: "NaN" })));
  assert.equal(stepSquare({ before: null, after: { shape: [9], dtype: "float32", statistics: {} } }), null);
});

test("a parameter's layer is its path without its own name", () => {
  assert.deepEqual([{ variable: "net.0.weight" }, { variable: "w" }, { label: "leaf", id: "n1" }].map(layerOf), ["net.0", "w", "leaf"]);
});

test("scales and extremes leave out zeros, gaps and what is no number", () => {
  const rows = [[0, 1e-6], [NaN, null], [4, 2]];
  assert.deepEqual(scaleOf(rows), { low: 1e-6, high: 4 });
  assert.equal(scaleOf([[0, null, NaN]]), null);
  assert.deepEqual(extremesOf(rows, 1), { high: { row: 2, number: 2 }, low: { row: 0, number: 1e-6 }, factor: 2 / 1e-6 });
  assert.equal(extremesOf(rows, 0), null);
});

test("too many steps are thinned, the first and the last stay", () => {
  assert.deepEqual(columnsOf(4, 10), [0, 1, 2, 3]);
  assert.deepEqual(columnsOf(10, 4), [0, 3, 6, 9]);
  const columns = columnsOf(1999, 400);
  assert.ok(columns.length <= 401 && columns[0] === 0 && columns.at(-1) === 1998);
});
