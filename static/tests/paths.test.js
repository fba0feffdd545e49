import assert from "node:assert/strict";
import { test } from "node:test";

import { isWhole, marksAlong, pathsTo } from "../paths.js";
import { ranksOf, topologyOf } from "../topology.js";
import { chain, quadratic } from "./fixtures/build.js";

const sceneOf = (trace) => {
  const [pass] = trace.passes;
  const topology = topologyOf(trace.graphs[0]);
  return { topology, pass, ranks: ranksOf(topology, pass) };
};

/** A ladder: each rung's value is used twice by the next, with the derivatives 2 and 3. */
function ladder(rungs) {
  const nodes = Array.from({ length: rungs + 1 }, (_, i) => ({ id: `n${i}`, kind: i === rungs ? "leaf" : "operation", name: "AddBackward0", label: `r${i}` }));
  const edges = Array.from({ length: 2 * rungs }, (_, j) => ({ id: `e${j}`, source: `n${j >> 1}`, target: `n${(j >> 1) + 1}`, slot: j % 2, input: 0 }));
  const gradients = nodes.map((_, i) => 5 ** i);
  const derivatives = edges.map((_, j) => 2 + (j % 2));
  const flows = edges.map((_, j) => derivatives[j] * 5 ** (j >> 1));
  const pass = { graph: "g0", call: "backward", gradients, derivatives, flows, order: nodes.map((_, i) => i) };
  return { graphs: [{ id: "g0", nodes, edges }], passes: [pass] };
}

test("a leaf's only path is the product of the local derivatives", () => {
  const found = pathsTo(sceneOf(quadratic()), 3);
  assert.deepEqual(found, { count: 1, sum: 16, gradient: 16, seed: 1, paths: [{ product: 16, edges: [0, 1, 2] }] });
  assert.ok(isWhole(found));
});

test("where a value is used twice all paths are there, the heaviest first, and their sum is the gradient", () => {
  const found = pathsTo(sceneOf(ladder(3)), 3);
  assert.equal(found.count, 8);
  assert.equal(found.sum, 125);
  assert.deepEqual(found.paths.map(({ product }) => product), [27, 18, 18, 18, 12, 12, 12, 8]);
  assert.deepEqual(found.paths[0].edges, [1, 3, 5]);
  assert.equal(new Set(found.paths.map(({ edges }) => edges.join())).size, 8);
});

test("more paths than can be counted one by one are summed all the same", () => {
  const found = pathsTo(sceneOf(ladder(400)), 400, 5);
  assert.equal(found.count, 2 ** 400);
  assert.ok(isWhole(found));
  assert.equal(found.paths.length, 5);
  assert.ok(Math.abs(found.paths[0].product / 3 ** 400 - 1) < 1e-12);
});

test("a chain of twenty thousand needs no call stack", () => {
  const [{ edges }] = pathsTo(sceneOf(chain(20_000)), 19_999).paths;
  assert.equal(edges.length, 19_999);
  assert.deepEqual(edges.slice(0, 3), [0, 1, 2]);
});

test("what backward() was given is the first factor", () => {
  const trace = quadratic();
  const pass = { ...trace.passes[0], gradients: [2, 2, 2, 32, null, 2, 8, null, 2], flows: [2, 2, 32, null, 2, 8, null, 2] };
  const found = pathsTo(sceneOf({ ...trace, passes: [pass] }), 3);
  assert.deepEqual([found.seed, found.sum, found.gradient], [2, 32, 32]);
});

test("a tensor on the way leaves no product of numbers, and nothing is listed", () => {
  const trace = quadratic();
  const derivatives = trace.passes[0].derivatives.with(1, null);
  assert.equal(pathsTo(sceneOf({ ...trace, passes: [{ ...trace.passes[0], derivatives }] }), 3), null);
  assert.equal(pathsTo(sceneOf(trace), 4), null);
});

test("a path that is not a number comes first, and a changed gradient is told", () => {
  const trace = ladder(1);
  trace.passes[0].derivatives[0] = "NaN";
  const found = pathsTo(sceneOf(trace), 1);
  assert.deepEqual(found.paths.map(({ product }) => product), [NaN, 3]);
  assert.ok(isWhole({ sum: NaN, gradient: NaN }));
  assert.ok(!isWhole({ sum: 5, gradient: 1 }));
  assert.ok(isWhole({ sum: 0.1 + 0.2, gradient: 0.30000001192092896 }));
});

test("a path lights up its edges and boxes, and the lines that stand for them", () => {
  const [graph] = quadratic().graphs;
  assert.deepEqual([...marksAlong(graph, ["e2"]).keys()], ["e2", "n2", "n3"]);
  const bundles = [{ id: "f0", tail: "m0", head: "n0", edges: [0, 2] }];
  assert.deepEqual([...marksAlong({ ...graph, bundles }, ["e2"]).keys()], ["e2", "n2", "n3", "f0", "m0", "n0"]);
});
