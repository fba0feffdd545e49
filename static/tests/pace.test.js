import assert from "node:assert/strict";
import { test } from "node:test";
import { createPace } from "../pace.js";

/** A pace over a clock that stands still until it is told to go on, and runs that end when they are told to. */
function make() {
  const world = { now: 0, due: [], ends: [], runs: 0 };
  const pace = createPace({
    run: () => {
      world.runs += 1;
      return new Promise((resolve) => world.ends.push(resolve));
    },
    now: () => world.now,
    later: (f, milliseconds) => world.due.push([world.now + milliseconds, f]),
    forget: () => world.due.splice(0),
  });
  const pass = (milliseconds) => {
    world.now += milliseconds;
    for (const [, f] of world.due.splice(0).filter(([at, f]) => at <= world.now || (world.due.push([at, f]), false))) f();
  };
  const end = async () => {
    world.ends.shift()();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { world, pace, pass, end };
}

test("the first is run at once, those that come meanwhile once after it", async () => {
  const { world, pace, pass, end } = make();
  pace.ask();
  for (let i = 0; i < 5; i += 1) pace.ask();
  assert.equal(world.runs, 1);
  pass(80);
  await end();
  assert.equal(world.runs, 2);
  await end();
  assert.equal(world.runs, 2);
});

test("a quick answer does not bring the next run sooner than the gap", async () => {
  const { world, pace, pass, end } = make();
  pace.ask();
  pace.ask();
  pass(10);
  await end();
  assert.equal(world.runs, 1);
  pass(40);
  assert.equal(world.runs, 2);
});

test("a run that takes too long is left for the next", async () => {
  const { world, pace, pass, end } = make();
  pace.ask();
  pass(300);
  pace.ask();
  assert.equal(world.runs, 2);
  pace.ask();
  await end();
  assert.equal(world.runs, 2, "the end of a run that was left counts for nothing");
  pass(60);
  await end();
  assert.equal(world.runs, 3);
});

test("what was asked for is forgotten when something else runs", async () => {
  const { world, pace, pass, end } = make();
  pace.ask();
  pace.ask();
  pace.stop();
  pass(100);
  await end();
  assert.equal(world.runs, 1);
});
