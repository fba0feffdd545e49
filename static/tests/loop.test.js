import assert from "node:assert/strict";
import { test } from "node:test";

import { loopWithin, looped, withEdge } from "../loop.js";
import { createPlayer } from "../player.js";
import { timelineOf } from "../timeline.js";
import { quadratic } from "./fixtures/build.js";

test("the ends of a loop are put one by one, and taken away where they stand", () => {
  const first = withEdge(null, { edge: "from", position: 4, last: 20 });
  assert.deepEqual(first, { from: 4, to: 20 });
  const both = withEdge(first, { edge: "to", position: 9, last: 20 });
  assert.deepEqual(both, { from: 4, to: 9 });
  assert.equal(withEdge(both, { edge: "to", position: 9, last: 20 }), null);
});

test("an end beyond the other one frees the other", () => {
  assert.deepEqual(withEdge({ from: 4, to: 9 }, { edge: "from", position: 12, last: 20 }), { from: 12, to: 20 });
  assert.deepEqual(withEdge({ from: 4, to: 9 }, { edge: "to", position: 2, last: 20 }), { from: 0, to: 2 });
  assert.equal(withEdge(null, { edge: "from", position: 20, last: 20 }), null);
  assert.equal(withEdge(null, { edge: "to", position: 0, last: 20 }), null);
});

test("a loop that another run does not reach is no loop", () => {
  assert.equal(loopWithin({ from: 4, to: 9 }, 8), null);
  assert.deepEqual(loopWithin({ from: 4, to: 9 }, 9), { from: 4, to: 9 });
  assert.equal(loopWithin(null, 9), null);
});

test("the last frame of a loop is shown, then the first", () => {
  const loop = { from: 4, to: 9 };
  assert.deepEqual([[8, 9], [8, 12], [9, 10], [2, 3], [15, 16], [9, 9]].map(([position, place]) => looped(loop, position, place)), [9, 9, 4, 3, 4, 4]);
  assert.equal(looped(null, 9, 10), 10);
});

test("a player in a loop never ends", () => {
  const state = { position: 2, ended: 0, wanted: null };
  const seen = [];
  const player = createPlayer({
    read: () => ({ timeline: timelineOf(quadratic()), position: state.position, speed: 4, grain: "node", growing: false, loop: { from: 10, to: 12 } }),
    setPosition: (position) => seen.push((state.position = position)),
    onEnd: () => (state.ended += 1),
    clock: { request: (f) => ((state.wanted = f), 1), cancel: () => {} },
  });
  state.position = 11;
  player.start();
  for (let now = 0; now <= 700; now += 100) state.wanted(now);
  assert.deepEqual(seen.slice(0, 5), [12, 10, 11, 12, 10]);
  assert.equal(state.ended, 0);
});
