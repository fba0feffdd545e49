import assert from "node:assert/strict";
import { test } from "node:test";

import { jumpsOf } from "../jumps.js";
import { marksOf } from "../marks.js";
import { timelineOf } from "../timeline.js";
import { chain, descent, quadratic } from "./fixtures/build.js";

const placesOf = (trace) => Object.fromEntries(jumpsOf(timelineOf(trace)).map(({ goal, place }) => [goal, place]));

test("a run that went well has a largest gradient and a lowest loss, and nothing broken", () => {
  const places = placesOf(descent());
  assert.deepEqual(places, { "first-nan": null, "loss-rose": null, "largest-gradient": { position: 6, node: "n3" }, "lowest-loss": { position: 11, node: "n0" } });
});

test("a single pass has no lowest loss", () => {
  const places = placesOf(quadratic());
  assert.deepEqual(places["largest-gradient"], { position: 11, node: "n3" });
  assert.equal(places["lowest-loss"], null);
});

test("the first pass whose loss is above the one before it is found, infinity included", () => {
  const trace = descent();
  const passes = [trace.passes[0], { ...trace.passes[1], loss: "Infinity" }];
  assert.deepEqual(placesOf({ ...trace, passes })["loss-rose"], { position: 11, node: "n0" });
  const broken = [trace.passes[0], { ...trace.passes[1], loss: "NaN" }];
  assert.equal(placesOf({ ...trace, passes: broken })["loss-rose"], null);
});

test("the first NaN is found where it is computed first, forward, backward, or in an update", () => {
  const trace = descent();
  const forward = { ...trace.passes[1], values: ["NaN", 0.9, "NaN", 1.6] };
  assert.deepEqual(placesOf({ ...trace, passes: [trace.passes[0], forward] })["first-nan"], { position: 10, node: "n2" });
  const backward = { ...trace.passes[0], gradients: [1, 1, 1, "Infinity"] };
  assert.deepEqual(placesOf({ ...trace, passes: [backward, trace.passes[1]] })["first-nan"], { position: 6, node: "n3" });
  const [first, second] = trace.updates;
  const updates = [{ ...first, parameters: first.parameters.map((row) => ({ ...row, after: "NaN" })) }, second];
  assert.deepEqual(placesOf({ ...trace, updates })["first-nan"], { position: 7, node: "n1" });
});

test("each kind of moment is marked where it happens", () => {
  const timeline = timelineOf(descent());
  const marks = marksOf(timeline, 100).map(({ kind, position }) => [kind, position]);
  assert.deepEqual(marks, [["update", 7], ["update", 16], ["zero_grad", 8], ["zero_grad", 17], ["backward", 6], ["backward", 15]]);
  assert.equal(marksOf(timeline, 100).at(-1).place, 15 / 17);
});

test("a long run's marks are thinned evenly, to what fits", () => {
  const marks = marksOf(timelineOf(chain(3, 5000)), 40);
  assert.ok(marks.length <= 40 && marks.length > 30);
  const gaps = marks.slice(1).map(({ place }, k) => place - marks[k].place);
  assert.ok(Math.max(...gaps) < 2.5 / 40);
});
