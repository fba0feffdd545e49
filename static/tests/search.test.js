import assert from "node:assert/strict";
import { test } from "node:test";

import { search } from "../search.js";
import { topologyOf } from "../topology.js";
import { chain, quadratic } from "./fixtures/build.js";

const sceneOf = (trace) => ({ topology: topologyOf(trace.graphs[0]), pass: trace.passes[0] });
const idsOf = (trace, text, filter = null) => search(sceneOf(trace), { text, filter }, 50).places.map((i) => `n${i}`);

function shaped() {
  const trace = quadratic();
  const shapes = { n2: [3, 4], n3: [3, 4], n5: [4] };
  const nodes = trace.graphs[0].nodes.map((node) => ({ ...node, shape: shapes[node.id] ?? [], module: node.id === "n5" ? "net.layers.0" : null }));
  return { ...trace, graphs: [{ ...trace.graphs[0], nodes }] };
}

test("a name comes before what merely contains it", () => {
  assert.deepEqual(idsOf(quadratic(), "a")[0], "n3");
  assert.deepEqual(idsOf(quadratic(), "x ** 2")[0], "n4");
  assert.ok(idsOf(quadratic(), "x ** 2").includes("n2"));
});

test("operations are found in torch's words, any letter case, several words together", () => {
  assert.deepEqual(idsOf(quadratic(), "MULBACKWARD0"), ["n2", "n5"]);
  assert.deepEqual(idsOf(quadratic(), "mul"), ["n2", "n5"]);
  assert.deepEqual(idsOf(quadratic(), "mul b"), ["n2", "n5"]);
  assert.deepEqual(idsOf(quadratic(), "mul nothing"), []);
});

test("an operation of several words is found by its end, in Python's spelling and in torch's", () => {
  const nodes = ["NativeLayerNormBackward0", "LogSoftmaxBackward0", "UpsampleBilinear2DBackward0"].map((name, i) => ({ id: `n${i}`, kind: "operation", name, label: "f(x)" }));
  const scene = { topology: topologyOf({ nodes, edges: [] }), pass: null };
  const found = (text) => search(scene, { text, filter: null }, 9).places;
  for (const text of ["layernorm", "LayerNorm", "layer_norm", "layer norm", "native_layer_norm", "norm"]) assert.deepEqual(found(text), [0], text);
  for (const text of ["softmax", "log_softmax", "logsoftmax", "LogSoftmax"]) assert.deepEqual(found(text), [1], text);
  for (const text of ["bilinear2d", "upsample"]) assert.deepEqual(found(text), [2], text);
});

test("shapes are found however they are written, modules by their path", () => {
  for (const text of ["[3, 4]", "[3,4]", "3x4", "3×4"]) assert.deepEqual(idsOf(shaped(), text), ["n2", "n3"], text);
  assert.deepEqual(idsOf(shaped(), "layers.0"), ["n5"]);
});

test("filters find gradients that are zero, broken or missing, and order by size", () => {
  const trace = quadratic();
  const gradients = [1, 1, "NaN", 16, null, 0, 4, null, null];
  const pass = { ...trace.passes[0], gradients };
  const changed = { ...trace, passes: [pass] };
  assert.deepEqual(idsOf(changed, "", "nan"), ["n2"]);
  assert.deepEqual(idsOf(changed, "", "zero"), ["n5"]);
  assert.deepEqual(idsOf(changed, "", "none"), ["n8"]);
  assert.deepEqual(idsOf(changed, "", "largest").slice(0, 2), ["n3", "n6"]);
  assert.deepEqual(idsOf(changed, "", "smallest")[0], "n5");
  assert.deepEqual(idsOf(changed, "b", "largest")[0], "n6");
});

test("nothing asked finds nothing; a large graph is listed in part and counted whole", () => {
  assert.deepEqual(idsOf(quadratic(), "  "), []);
  const { count, places } = search(sceneOf(chain(10_000)), { text: "tanh", filter: null }, 20);
  assert.deepEqual([count, places.length], [10_000, 20]);
});
