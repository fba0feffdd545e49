import assert from "node:assert/strict";
import { test } from "node:test";

import { bundleView, groupView, shareOf, squareOf } from "../folded.js";
import { sceneAt } from "../scene.js";
import { frameAt, timelineOf } from "../timeline.js";
import { quadratic } from "./fixtures/build.js";

function scenes(trace) {
  const timeline = timelineOf(trace);
  return (position) => sceneAt(timeline, frameAt(timeline, position));
}

test("a folded group is active with any of its nodes, and has run when all have", () => {
  const scene = scenes(quadratic());
  const group = { members: ["n2", "n3", "n4"] };
  assert.deepEqual(groupView(scene(0), { members: ["n2"] }), { state: "pending", active: false });
  assert.deepEqual(groupView(scene(1), group), { state: "known", active: true });
  assert.deepEqual(groupView(scene(10), group), { state: "known", active: true });
  assert.deepEqual(groupView(scene(12), group), { state: "ran", active: false });
});

test("a bundle of edges shows what its edges show together", () => {
  const scene = scenes(quadratic());
  assert.deepEqual(bundleView(scene(0), [2, 3]), { state: "pending", active: null });
  assert.deepEqual(bundleView(scene(1), [2, 3]), { state: "known", active: "forward" });
  assert.deepEqual(bundleView(scene(10), [2, 3]), { state: "ran", active: "backward" });
  assert.deepEqual(bundleView(scene(6), [0, 2]), { state: "known", active: null });
});

test("a group says what share of the gradient its leaves have so far", () => {
  const trace = quadratic();
  const scene = scenes(trace);
  const last = scene(timelineOf(trace).length - 1);
  const leaves = trace.graphs[0].nodes.filter(({ kind }) => kind === "leaf").map(({ id }) => id);
  assert.equal(shareOf(scene(0), { members: leaves }), null);
  assert.equal(shareOf(last, { members: leaves }), 1);
  const shares = leaves.map((id) => shareOf(last, { members: [id] }));
  assert.ok(Math.abs(shares.reduce((a, b) => a + b) - 1) < 1e-12);
  const squares = leaves.map((id) => trace.passes[0].accumulated[id] ** 2);
  assert.deepEqual(shares, squares.map((square) => square / squares.reduce((a, b) => a + b)));
});

test("squared norms count what is finite", () => {
  const data = { shape: [2, 2], dtype: "float32", data: [[1, 2], ["NaN", -2]] };
  const known = { shape: [300], dtype: "float32", statistics: { norm: 3 } };
  assert.deepEqual([null, -3, "Infinity", data, known].map(squareOf), [0, 9, 0, 9, 9]);
});
