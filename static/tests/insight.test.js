import assert from "node:assert/strict";
import { test } from "node:test";
import { isOf, placing, sightHeld } from "../insight.js";

const SIZE = [400.04, 300];

test("the same window shows the same part at the same size", () => {
  const held = sightHeld(SIZE, { x: 10.26, y: -4, width: 200, height: 100 });
  assert.deepEqual(held, { of: [400, 300], box: [10.3, -4, 200, 100] });
  const { scale, x, y } = placing(held, { width: 800, height: 400 });
  assert.deepEqual([scale, Math.round(x * 10) / 10, y], [4, -41.2, 16]);
});

test("another window shows all of that part, in the middle", () => {
  const held = sightHeld(SIZE, { x: 0, y: 0, width: 200, height: 100 });
  assert.deepEqual(placing(held, { width: 300, height: 300 }), { scale: 1.5, x: 0, y: 75 });
});

test("a picture is known again by its size", () => {
  const held = sightHeld(SIZE, { x: 0, y: 0, width: 200, height: 100 });
  assert.equal(isOf(held, [400, 300]), true);
  assert.equal(isOf(held, [300, 400]), false);
  assert.equal(isOf(null, SIZE), false);
});
