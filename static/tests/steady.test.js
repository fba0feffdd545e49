import assert from "node:assert/strict";
import { test } from "node:test";
import { isSteady } from "../view/steady.js";

const STATE = { trace: { passes: [] }, position: 3, playing: false, selection: null, speed: NaN };

test("a move through the run leaves a state steady, anything else does not", () => {
  assert.ok(isSteady(STATE, { ...STATE, position: 4 }));
  assert.ok(!isSteady(STATE, { ...STATE, playing: true }));
  assert.ok(!isSteady(STATE, { ...STATE, position: 4, selection: "n0" }));
});

test("what is like it is not the same: a run with other numbers shows", () => {
  assert.ok(!isSteady(STATE, { ...STATE, trace: { passes: [] } }));
});
