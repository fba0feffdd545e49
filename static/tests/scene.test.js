import assert from "node:assert/strict";
import { test } from "node:test";

import { edgeView, nodeView, sceneAt } from "../scene.js";
import { frameAt, timelineOf } from "../timeline.js";
import { ranksOf, topologyOf } from "../topology.js";
import { chain, descent, quadratic } from "./fixtures/build.js";

const scenes = (trace) => {
  const timeline = timelineOf(trace);
  return (position) => sceneAt(timeline, frameAt(timeline, position));
};
const views = (scene, field) => scene.topology.graph.nodes.map((_, i) => nodeView(scene, i)[field]);

test("operations come after their inputs, whatever the graph", () => {
  const { graphs, passes } = quadratic();
  const topology = topologyOf(graphs[0]);
  const { forward } = ranksOf(topology, passes[0]);
  topology.sources.forEach((source, j) => assert.ok(forward[source] > forward[topology.targets[j]]));
});

test("a chain of ten thousand nodes overflows no stack", () => {
  const trace = chain(10_000);
  const { computed } = ranksOf(topologyOf(trace.graphs[0]), { ...trace.passes[0], order: [] });
  assert.equal(computed.length, 9_999);
  assert.equal(computed.at(-1), 0);
});

test("forward: first what is given, then one operation after another, no gradient yet", () => {
  const scene = scenes(quadratic());
  assert.deepEqual(views(scene(0), "value"), [null, null, null, 1, 16, null, 2, 4, 3]);
  assert.deepEqual(views(scene(1), "value"), [null, null, 16, 1, 16, null, 2, 4, 3]);
  assert.deepEqual(views(scene(1), "active"), [false, false, true, false, false, false, false, false, false]);
  assert.deepEqual(views(scene(4), "value"), [27, 24, 16, 1, 16, 8, 2, 4, 3]);
  assert.deepEqual(views(scene(4), "gradient"), Array(9).fill(null));
});

test("backward: gradients come to light in the engine's order", () => {
  const scene = scenes(quadratic());
  assert.deepEqual(views(scene(5), "gradient"), [1, ...Array(8).fill(null)]);
  assert.deepEqual(views(scene(6), "gradient"), [1, null, null, null, null, null, null, null, 1]);
  assert.deepEqual(views(scene(11), "gradient"), [1, 1, 1, 16, null, 1, 4, null, 1]);
  assert.deepEqual(views(scene(12), "state").filter((state) => state === "known").length, 2);
});

test("edges carry data forward and gradients backward, and constants get none", () => {
  const scene = scenes(quadratic());
  assert.equal(edgeView(scene(0), 2).state, "pending");
  assert.deepEqual(edgeView(scene(1), 2), { state: "known", active: "forward", flow: null });
  assert.deepEqual(edgeView(scene(10), 2), { state: "ran", active: "backward", flow: 16 });
  assert.deepEqual(edgeView(scene(10), 3), { state: "known", active: null, flow: null });
  assert.deepEqual(edgeView(scene(11), 2), { state: "ran", active: "backward", flow: 16 });
});

test("an update moves the parameters and zero_grad empties their gradients", () => {
  const scene = scenes(descent());
  assert.deepEqual(views(scene(7), "value"), [5, 0.8999999761581421, 4, 1.600000023841858]);
  assert.deepEqual(views(scene(7), "moved"), [false, true, false, true]);
  assert.deepEqual(views(scene(7), "gradient"), [1, 1, 1, 4]);
  assert.deepEqual(views(scene(8), "gradient"), [1, null, 1, null]);
  assert.deepEqual(views(scene(8), "value"), [5, 0.8999999761581421, 4, 1.600000023841858]);
});

test("without zero_grad the gradients stay and pile up", () => {
  const scene = scenes(descent({ isCleared: false }));
  const forward = scene(8);
  assert.equal(forward.frame.kind, "forward");
  assert.deepEqual(views(forward, "gradient"), [null, 1, null, 4]);
  assert.deepEqual(views(forward, "piled"), [false, false, false, false]);
  const last = scene(14);
  assert.deepEqual(views(last, "gradient"), [1, 2, 1, 7.199999809265137]);
  assert.deepEqual(views(last, "piled"), [false, true, false, true]);
});

test("a zero_grad that cleared other parameters leaves a gradient where it is", () => {
  const trace = descent({ isCleared: false });
  const timeline = trace.timeline.flatMap((moment) => (moment.kind === "update" ? [moment, { kind: "zero_grad" }] : [moment]));
  const scene = scenes({ ...trace, timeline });
  assert.equal(scene(8).frame.kind, "zero_grad");
  assert.deepEqual(views(scene(8), "gradient"), [1, 1, 1, 4]);
});

test("a zero_grad clears the leaves that it names, by id in the graph on show", () => {
  const trace = descent({ isCleared: false });
  const { id } = trace.graphs[0].nodes[3];
  const clear = { kind: "zero_grad", cleared: [{ variable: null, node: id }, { variable: "elsewhere", node: null }] };
  const timeline = trace.timeline.flatMap((moment) => (moment.kind === "update" ? [moment, clear] : [moment]));
  const scene = scenes({ ...trace, timeline });
  assert.equal(scene(8).frame.kind, "zero_grad");
  assert.deepEqual(views(scene(8), "gradient"), [1, 1, 1, null]);
});

test("what a leaf holds is not known after steps that were left out", () => {
  const trace = descent({ isCleared: false });
  const gap = { kind: "gap", left_out: { passes: 7, updates: 7 } };
  const timeline = trace.timeline.flatMap((moment) => (moment.kind === "update" ? [moment, gap] : [moment]));
  const scene = scenes({ ...trace, timeline });
  assert.equal(scene(8).frame.kind, "gap");
  assert.deepEqual([views(scene(7), "gradient").at(-1) === null, views(scene(8), "gradient").at(-1)], [false, null]);
});

test("autograd.grad gives gradients to leaves that the engine did not run", () => {
  const trace = quadratic();
  const pass = { ...trace.passes[0], call: "grad", order: [0, 1, 5, 2], accumulated: {} };
  const scene = scenes({ ...trace, passes: [pass] });
  assert.deepEqual(views(scene(6), "gradient"), [1, 1, null, null, null, null, null, null, 1]);
  assert.deepEqual(views(scene(8), "gradient"), [1, 1, 1, 16, null, 1, 4, null, 1]);
});

test("a result that was never differentiated shows its values and no gradient", () => {
  const trace = quadratic();
  const gradients = Array(9).fill(null);
  const pass = { ...trace.passes[0], call: "forward", order: [], gradients, flows: Array(8).fill(null), accumulated: {} };
  const scene = scenes({ ...trace, passes: [pass], timeline: [{ kind: "forward", pass: 0 }] });
  assert.deepEqual(views(scene(4), "value"), [27, 24, 16, 1, 16, 8, 2, 4, 3]);
  assert.deepEqual(views(scene(4), "gradient"), gradients);
});

test("before the first pass every node waits", () => {
  const trace = descent();
  const scene = scenes({ ...trace, timeline: [{ kind: "print", text: "hello\n" }, ...trace.timeline] });
  assert.deepEqual(views(scene(0), "state"), Array(4).fill("pending"));
});

test("the views of a frame share one scene, and another frame or run has its own", () => {
  const trace = quadratic();
  const at = scenes(trace);
  assert.equal(at(2), at(2));
  assert.notEqual(at(2), at(3));
  assert.equal(at(2).frame.position, 2);
  assert.notEqual(scenes(quadratic())(2), at(2));
});
