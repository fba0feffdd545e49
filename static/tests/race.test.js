import assert from "node:assert/strict";
import test from "node:test";

import { stepsOf, stepsOfProgram } from "../lab/race.js";

test("the steps to look through are those that were run, once all racers are here", () => {
  const racer = (length) => ({ losses: Array(length).fill(1), rates: Array(Math.min(length, 20)).fill(0.1) });
  const race = { plan: { steps: 100, racers: [{}, {}] }, racers: [racer(20), null] };
  assert.deepEqual([stepsOf(race), stepsOfProgram(race)], [100, null]);
  race.racers[1] = { failure: {}, losses: [], rates: [] };
  assert.deepEqual([stepsOf(race), stepsOfProgram(race)], [19, 20]);
  assert.deepEqual([stepsOf({ ...race, racers: [race.racers[1], race.racers[1]] }), stepsOfProgram({ ...race, racers: [race.racers[1], race.racers[1]] })], [100, null]);
  const whole = { plan: { steps: 20, racers: [{}] }, racers: [racer(21)] };
  assert.deepEqual([stepsOf(whole), stepsOfProgram(whole)], [20, null]);
});
