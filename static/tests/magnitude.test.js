import assert from "node:assert/strict";
import { test } from "node:test";

import { isBroken, isZero, magnitudeOf } from "../magnitude.js";

const tensor = (data) => ({ shape: [data.length], dtype: "float32", data });
const large = (fields) => ({ shape: [900], dtype: "float32", statistics: { min: -3, max: 2, nan: 0, inf: 0, ...fields } });

test("a size is that of the largest finite element", () => {
  assert.deepEqual([-4, 0, tensor([1, -7, "NaN"]), large({}), large({ min: "-Infinity" })].map(magnitudeOf), [4, 0, 7, 3, 2]);
  assert.deepEqual([null, undefined, "NaN", tensor([])].map(magnitudeOf), [null, null, null, null]);
});

test("one element that is not a number breaks a value", () => {
  assert.ok(["NaN", "-Infinity", tensor([1, "NaN"]), large({ inf: 2 })].every(isBroken));
  assert.ok(![null, 0, tensor([1, 2]), large({})].some(isBroken));
});

test("zero means all zero", () => {
  assert.ok([0, tensor([0, -0]), large({ min: 0, max: 0 })].every(isZero));
  assert.ok(![null, 1e-30, tensor([0, "NaN"]), tensor([])].some(isZero));
});
