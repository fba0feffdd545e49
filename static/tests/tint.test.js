import assert from "node:assert/strict";
import { test } from "node:test";

import { sceneAt } from "../scene.js";
import { frameAt, timelineOf } from "../timeline.js";
import { STEPS, stepOf, tintsOf } from "../tint.js";
import { quadratic } from "./fixtures/build.js";

const sceneOf = (trace, position) => {
  const timeline = timelineOf(trace);
  return sceneAt(timeline, frameAt(timeline, position ?? timeline.length - 1));
};

test("steps are even on a logarithmic scale", () => {
  const scale = { low: 1e-6, high: 10 };
  assert.deepEqual([1e-6, 2e-5, 1e-3, 10].map((size) => stepOf(size, scale)), [0, 1, 3, STEPS - 1]);
  assert.equal(stepOf(1, { low: 1, high: 1 }), STEPS - 1);
});

test("gradients of nearly one size are not blown up into a trend", () => {
  assert.ok(stepOf(0.9, { low: 0.9, high: 1 }) >= STEPS - 2);
});

test("colours come with the frame, the scale belongs to the whole pass", () => {
  const early = tintsOf(sceneOf(quadratic(), 5), "gradient");
  assert.deepEqual([early.low, early.high, [...early.classes.keys()]], [1, 16, ["n0"]]);
  const late = tintsOf(sceneOf(quadratic()), "gradient");
  assert.equal(late.classes.get("n3"), `tint-${STEPS - 1}`);
  assert.equal(late.classes.get("n0"), "tint-0");
  assert.ok(!late.classes.has("n4"));
});

test("zero and what is not a number have colours of their own", () => {
  const trace = quadratic();
  const values = trace.passes[0].values.with(2, "NaN").with(5, 0);
  const tints = tintsOf(sceneOf({ ...trace, passes: [{ ...trace.passes[0], values }] }), "value");
  assert.deepEqual([tints.classes.get("n2"), tints.classes.get("n5")], ["tint-broken", "tint-zero"]);
  assert.deepEqual(tints.has, { zero: true, broken: true });
});

test("modules are told apart at the first level where they differ", () => {
  const trace = quadratic();
  const modules = { n1: "net.0.linear", n2: "net.1.linear", n5: "net.1.act" };
  const nodes = trace.graphs[0].nodes.map((node) => ({ ...node, module: modules[node.id] ?? null }));
  const tints = tintsOf(sceneOf({ ...trace, graphs: [{ ...trace.graphs[0], nodes }] }), "module");
  assert.deepEqual(tints.modules, ["net.0", "net.1"]);
  assert.deepEqual([...tints.classes], [["n1", "tint-hue-0"], ["n2", "tint-hue-1"], ["n5", "tint-hue-1"]]);
});

test("nothing is coloured unless it is asked for", () => {
  assert.equal(tintsOf(sceneOf(quadratic()), "none").classes.size, 0);
  assert.equal(tintsOf(null, "gradient").classes.size, 0);
});
