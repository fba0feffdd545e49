import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeGuess, readGuess, targetsOf } from "../guess.js";

const READ = { "16": 16, " -0.5 ": -0.5, "2*8": 16, "1/4": 0.25, "−3": -3, "2 × 3 + 1": 7, "4**2": 16, "-2^2": -4, "2*(1-3)": -4, "1e-3": 0.001, ".5": 0.5, "inf": Infinity, "-∞": -Infinity, "2**-1": 0.5 };
for (const [text, number] of Object.entries(READ)) {
  test(`"${text}" is read as ${number}`, () => assert.equal(readGuess(text), number));
}

test("what is no number is not read", () => {
  for (const text of ["", "x", "2*", "(1", "1)", "1 2", "alert(1)", "constructor", "2,5", "--", "(".repeat(80)]) assert.equal(readGuess(text), null, text);
  assert.ok(Number.isNaN(readGuess("NaN")));
});

const JUDGED = [
  ["16", 16, "exact"], ["16.0000", 16.000001, "exact"], ["NaN", NaN, "exact"], ["-inf", -Infinity, "exact"], ["0", 0, "exact"],
  ["0.33", 1 / 3, "rounded"], ["3.14", Math.PI, "rounded"], ["1/3", 0.33333334, "exact"], ["16", 16.3, "rounded"],
  ["0", 0.3, "off"], ["15", 16, "near"], ["-16", 16, "sign"], ["8", 16, "factor"], ["48", 16, "factor"], ["5", 16, "off"],
  ["1", 0, "is-zero"], ["3", NaN, "not-finite"], ["1", 1.4, "off"],
];
for (const [text, actual, verdict] of JUDGED) {
  test(`${text} for ${actual} is ${verdict}`, () => assert.equal(judgeGuess(text, actual).verdict, verdict));
}

test("how far off: absolute, relative, and by which factor", () => {
  const found = judgeGuess("15", 16);
  assert.deepEqual([found.difference, found.relative], [-1, 1 / 16]);
  assert.equal(judgeGuess("48", 16).factor, 3);
  assert.equal(judgeGuess("8", 16).factor, -2);
  assert.equal(judgeGuess("1", 0).relative, null);
  assert.equal(judgeGuess("x", 1), null);
});

test("of a tensor an element or the norm is guessed, of a large one what was kept of it", () => {
  const small = targetsOf({ shape: [2, 2], dtype: "float32", data: [[3, 0], [0, 4]] });
  assert.deepEqual(small.map(({ name, actual }) => `${name}=${actual}`), ["0, 0=3", "0, 1=0", "1, 0=0", "1, 1=4", "norm=5"]);
  const large = targetsOf({ shape: [900], dtype: "float32", statistics: { norm: 2, max: 1, min: "-Infinity", mean: null } });
  assert.deepEqual(large.map(({ name, actual }) => [name, actual]), [["norm", 2], ["max", 1], ["min", -Infinity]]);
  assert.deepEqual(targetsOf(7), [{ name: "", actual: 7 }]);
  assert.deepEqual([targetsOf(null), targetsOf({ shape: [1], dtype: "complex64", data: [[1, 2]] })], [[], []]);
});
