import assert from "node:assert/strict";
import { test } from "node:test";

import { advance, createPlayer, movesIn } from "../player.js";
import { timelineOf } from "../timeline.js";
import { descent } from "./fixtures/build.js";

test("speed times rate times time gives moves, and what is left over is kept", () => {
  assert.deepEqual(movesIn(400, 1, "node", 0), { moves: 1, debt: 0 });
  assert.deepEqual(movesIn(100, 1, "node", 0.5), { moves: 0, debt: 0.75 });
  assert.equal(movesIn(60_000, 64, "node", 0).moves, 64);
});

test("moves stop at the end", () => {
  const timeline = timelineOf(descent());
  assert.equal(advance(timeline, 0, 1000, "node"), 17);
  assert.equal(advance(timeline, 0, 2, "phase"), 6);
  assert.equal(advance(timeline, 0, 1000, "step"), 17);
});

/** A clock that ticks when the test says so. */
function handClock() {
  const waiting = new Map();
  let handle = 0;
  return {
    request: (f) => (waiting.set((handle += 1), f), handle),
    cancel: (number) => waiting.delete(number),
    tick(now) {
      const [[number, f]] = waiting;
      waiting.delete(number);
      f(now);
    },
    get size() {
      return waiting.size;
    },
  };
}

function playing(state) {
  const clock = handClock();
  const ends = [];
  const player = createPlayer({
    read: () => ({ timeline: timelineOf(descent()), speed: 1, grain: "node", growing: false, ...state }),
    setPosition: (position) => (state.position = position),
    onEnd: () => ends.push(state.position),
    clock,
  });
  return { clock, player, ends };
}

test("the player sets positions in time and stops at the end, once", () => {
  const state = { position: 15 };
  const { clock, player, ends } = playing(state);
  player.start();
  player.start();
  assert.equal(clock.size, 1);
  for (const now of [0, 400, 800, 1200]) if (clock.size > 0) clock.tick(now);
  assert.equal(state.position, 17);
  assert.deepEqual(ends, [17]);
  assert.equal(clock.size, 0);
});

test("at the end of a run that still grows the player waits", () => {
  const state = { position: 17, growing: true };
  const { clock, player, ends } = playing(state);
  player.start();
  clock.tick(0);
  clock.tick(1000);
  assert.deepEqual(ends, []);
  assert.equal(clock.size, 1);
  player.stop();
  assert.equal(clock.size, 0);
});
