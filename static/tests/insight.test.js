import assert from "node:assert/strict";
import { test } from "node:test";
import { beginIn, isAllIn, isOf, moveToMiddle, placing, roomOf, shiftInto, sightHeld, wholeIn } from "../insight.js";

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

const WIDE = roomOf({ clientWidth: 1000, clientHeight: 500 });
const NARROW = roomOf({ clientWidth: 360, clientHeight: 400 });

test("a whole picture lies in the middle, no larger than letters of this size ask for", () => {
  assert.deepEqual(wholeIn(WIDE, [100, 100], 1), { scale: 1.75, x: 412.5, y: 162.5 });
  assert.equal(wholeIn(WIDE, [100, 904], 1).scale, 0.5);
  assert.equal(wholeIn(WIDE, [100, 100], 1.375).scale, 1.75 * 1.375);
});

test("a narrow or a low stage has a third of the margin", () => {
  assert.equal(WIDE.margin, 3 * NARROW.margin);
  assert.equal(roomOf({ clientWidth: 1000, clientHeight: 300 }).margin, NARROW.margin);
  assert.equal(wholeIn(NARROW, [344, 100], 1).scale, 1);
});

test("what cannot be read as a whole begins at its end", () => {
  assert.ok(beginIn(WIDE, [600, 600], 1).isWhole);
  assert.ok(beginIn(WIDE, [600, 940], 1).isWhole);
  assert.ok(!beginIn(WIDE, [600, 1000], 1).isWhole);
  const tall = beginIn(WIDE, [400, 2000], 1);
  assert.ok(!tall.isWhole);
  assert.equal(Math.round(tall.y + 2000 * tall.scale), 500 - WIDE.margin);
  assert.equal(Math.round(tall.x + 200 * tall.scale), 500);
  const wide = beginIn(WIDE, [4000, 400], 1);
  assert.equal(Math.round(wide.x + 4000 * wide.scale), 1000 - WIDE.margin);
});

test("a stretch moves just so far that it can be seen", () => {
  const seen = (low, high) => shiftInto({ low, high, room: 500, margin: 24 });
  assert.equal(seen(10, 90), 0);
  assert.equal(seen(-30, 50), 54);
  assert.equal(seen(480, 560), -84);
});

test("a stretch comes to the middle, but nothing beyond the picture's ends is shown", () => {
  const moved = (low, high, offset) => moveToMiddle({ low, high, room: 500, margin: 24 }, { offset, length: 2000 });
  assert.equal(moved(700, 800, -300), -500);
  assert.equal(moved(-276, -176, -300), 324);
  assert.equal(moved(1620, 1700, -300), -1224);
  assert.equal(moveToMiddle({ low: -50, high: 20, room: 500, margin: 24 }, { offset: -60, length: 300 }), 160);
});

test("a picture that is wholly in sight leaves nothing to bring there", () => {
  const room = { width: 600, height: 400, margin: 24 };
  assert.equal(isAllIn(room, { x: 0, y: 0, k: 2 }, [300, 200]), true);
  for (const other of [{ x: -1 }, { x: 1 }, { y: -1 }, { y: 1 }, { k: 2.01 }]) {
    assert.equal(isAllIn(room, { x: 0, y: 0, k: 2, ...other }, [300, 200]), false);
  }
});
