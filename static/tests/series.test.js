import assert from "node:assert/strict";
import { test } from "node:test";

import { heatOf, tablesOf } from "../heat.js";
import { MOST_CURVES, lossOf, parametersOf, placeOf } from "../series.js";
import { descent } from "./fixtures/build.js";

test("the loss has one number a pass, and a marked gap where it is none", () => {
  const trace = descent();
  trace.passes[1] = { ...trace.passes[1], loss: "NaN" };
  const { numbers, marks } = lossOf(trace);
  assert.deepEqual(numbers, [5, null]);
  assert.deepEqual(marks, [{ pass: 1, value: "NaN" }]);
});

test("a loss that is a tensor leaves a gap without a mark", () => {
  const trace = descent();
  trace.passes[0] = { ...trace.passes[0], loss: { shape: [2], dtype: "float32", data: [1, 2] } };
  assert.deepEqual(lossOf(trace), { name: "loss", numbers: [null, 3.4600000381469727], marks: [] });
});

test("parameters have their values and their gradients", () => {
  const named = (quantity) => parametersOf(descent(), quantity).map(({ name, numbers }) => [name, numbers]);
  assert.deepEqual(named("value"), [
    ["x", [1, 0.8999999761581421]],
    ["y", [2, 1.600000023841858]],
  ]);
  assert.deepEqual(named("gradient"), [
    ["x", [1, 1]],
    ["y", [4, 3.200000047683716]],
  ]);
});

test("small tensors have a curve for each element, large ones none", () => {
  const trace = descent();
  const matrix = { shape: [2, 2], dtype: "float32", data: [[1, 2], [3, "Infinity"]] };
  const large = { shape: [10], dtype: "float32", data: Array(10).fill(0) };
  trace.passes = [{ ...trace.passes[0], values: [5, matrix, 4, large] }];
  const curves = parametersOf(trace, "value");
  assert.deepEqual(curves.map(({ name }) => name), ["x[0, 0]", "x[0, 1]", "x[1, 0]", "x[1, 1]"]);
  assert.deepEqual(curves[3], { name: "x[1, 1]", numbers: [null], marks: [{ pass: 0, value: "Infinity" }] });
});

test("there are never more curves than an eye can follow", () => {
  const trace = descent();
  const nodes = Array.from({ length: 40 }, (_, i) => ({ id: `n${i}`, kind: "leaf", label: `p${i}`, variable: `p${i}` }));
  const pass = { ...trace.passes[0], values: nodes.map(() => 1), gradients: [], accumulated: {} };
  const curves = parametersOf({ ...trace, graphs: [{ id: "g0", nodes, edges: [] }], passes: [pass] }, "value");
  assert.equal(curves.length, MOST_CURVES);
});

test("places count in row-major order", () => {
  assert.deepEqual(placeOf(5, [2, 3]), [1, 2]);
  assert.deepEqual(placeOf(0, []), []);
});

test("heat is symmetric about zero, and names what is not finite", () => {
  assert.deepEqual([-4, -0.001, 0, 2, 4, "NaN", "-Infinity"].map((x) => heatOf(x, 4)), [-5, -1, 0, 3, 5, "nan", "inf"]);
  assert.equal(heatOf(0, 0), 0);
});

test("a tensor of three dimensions is a list of tables", () => {
  const value = { shape: [2, 1, 2], dtype: "float32", data: [[[1, 2]], [[3, 4]]] };
  const tables = tablesOf(value);
  assert.deepEqual(tables.map(({ place }) => place), [[0], [1]]);
  assert.deepEqual(tables[1].rows.map((row) => row.map((cell) => cell.number)), [[3, 4]]);
  assert.equal(tablesOf({ shape: [3], dtype: "float32", data: [1, 2, 3] })[0].rows[0].length, 3);
  assert.deepEqual(tablesOf({ shape: [2, 0], dtype: "float32", data: [[], []] }), []);
});
