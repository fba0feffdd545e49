import assert from "node:assert/strict";
import { test } from "node:test";
import { blockedIn, reasonOf } from "../missing.js";
import { topologyOf } from "../topology.js";

const span = (column, end_column) => ({ line: 1, column, end_line: 1, end_column });

function constant(node, diagnostics = []) {
  return reasonOf({ trace: { diagnostics }, topology: { graph: { nodes: [{ kind: "constant", ...node }], edges: [] } }, pass: null }, 0);
}

test("a constant is a cut, whole numbers, or simply not followed", () => {
  assert.deepEqual(constant({ label: "y.detach()", dtype: "float32" }), { key: "cut", parameters: { how: "detach()" } });
  assert.deepEqual(constant({ label: "torch.tensor(y)" }), { key: "cut", parameters: { how: "torch.tensor()" } });
  assert.deepEqual(constant({ label: "target", dtype: "int64" }), { key: "integer", parameters: { dtype: "int64" } });
  assert.deepEqual(constant({ label: "x", dtype: "float32" }), { key: "constant", parameters: {} });
});

test("a cut that the run told of is found by its place or its name", () => {
  const told = [{ code: "graph-cut", span: span(5, 9), parameters: { how: "no_grad", variable: "h" } }];
  assert.equal(constant({ label: "a", span: span(5, 9) }, told).parameters.how, "no_grad");
  assert.equal(constant({ label: "h", variable: "h", span: span(1, 2) }, told).parameters.how, "no_grad");
  assert.equal(constant({ label: "b", span: span(1, 4) }, told).key, "constant");
});

test("a zero is traced back to the operation that passed nothing on", () => {
  const nodes = ["relu(x * 2)", "x * 2", "x"].map((label, i) => ({ kind: i === 2 ? "leaf" : "operation", label, name: "" }));
  const graph = { nodes, edges: [{ id: "e0" }, { id: "e1" }] };
  const scene = { trace: { diagnostics: [] }, topology: { graph, sources: [0, 1], targets: [1, 2], inputs: [[0], [1], []] } };
  const pass = { call: "backward", gradients: [1, 0, { data: [[0, -0]] }], flows: [0, 0] };
  assert.deepEqual(reasonOf({ ...scene, pass }, 2), { key: "zero", parameters: { label: "relu(x * 2)" } });
  assert.deepEqual([...blockedIn(scene.topology, pass)], [0]);
  assert.equal(reasonOf({ ...scene, pass }, 0).key, "blocks");
  assert.equal(reasonOf({ ...scene, pass: { ...pass, gradients: [1, 2, 3] } }, 2), null);
  assert.equal(reasonOf({ ...scene, pass: null }, 2), null);
});

test("a node that an earlier pass had freed says so", () => {
  const graph = { nodes: [{ kind: "output" }, { kind: "operation" }], edges: [] };
  const scene = { trace: { diagnostics: [] }, topology: { graph, sources: [], targets: [], inputs: [[], []] } };
  const pass = { call: "forward", gradients: [null, null], flows: [], order: [], freed: [1] };
  assert.deepEqual(reasonOf({ ...scene, pass }, 1), { key: "freed", parameters: {} });
  assert.equal(reasonOf({ ...scene, pass }, 0), null);
});

test("a node that ran without a gradient says so, and one that did not run leaves it to others", () => {
  const graph = { nodes: [{ kind: "output" }, { kind: "operation" }], edges: [] };
  const scene = { trace: { diagnostics: [] }, topology: { graph, sources: [], targets: [] } };
  const pass = { call: "backward", gradients: [1, null], flows: [], order: [0, 1] };
  assert.deepEqual(reasonOf({ ...scene, pass }, 1), { key: "undefined", parameters: {} });
  assert.equal(reasonOf({ ...scene, pass: { ...pass, order: [0] } }, 1), null);
  assert.equal(reasonOf({ ...scene, pass: { ...pass, call: "forward" } }, 1), null);
});

test("a leaf that was cut off says so, unless its own gradient is missing", () => {
  const cut = { kind: "leaf", label: "t", name: "AccumulateGrad", cut: ".item()" };
  const topology = topologyOf({ nodes: [{ kind: "output", label: "y", name: "" }, cut, { kind: "ghost", label: "h", cut: ".item()" }].map((node, i) => ({ id: `n${i}`, ...node })), edges: [{ id: "e0", source: "n0", target: "n1" }, { id: "e1", source: "n1", target: "n2" }] });
  const said = (gradient, flow) => reasonOf({ trace: { diagnostics: [] }, topology, pass: { call: "backward", order: [0, 1], gradients: [1, gradient, null], flows: [flow, null] } }, 1);
  assert.deepEqual(said(2, 2), { key: "cut-leaf", parameters: { how: ".item()" } });
  assert.equal(said(0, 0)?.key, "zero");
  assert.equal(said(null, null)?.key, "undefined");
});

test("a constant that the run saw cut off says by what, and so does its ghost", () => {
  assert.deepEqual(constant({ label: "h", cut: "no_grad" }), { key: "cut", parameters: { how: "no_grad" } });
  assert.equal(constant({ label: "i", cut: ">", dtype: "bool" }).key, "cut-whole");
  assert.deepEqual(constant({ kind: "ghost", label: "w * 2", cut: ".data" }), { key: "ghost", parameters: { how: ".data" } });
});
