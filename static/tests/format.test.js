import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { elementsOf, formatShare, formatTicks, formatValue } from "../format.js";

const cases = JSON.parse(readFileSync(new URL("../../tests/numbers.json", import.meta.url), "utf8"));

test("numbers print as the server prints them", () => {
  assert.ok(cases.length > 100);
  const wrong = cases.filter(({ value, text }) => formatValue(value) !== text);
  assert.deepEqual(wrong.map(({ value, text }) => ({ value, text, got: formatValue(value) })), []);
});

test("shares print as the server prints them", () => {
  const shares = JSON.parse(readFileSync(new URL("../../tests/shares.json", import.meta.url), "utf8"));
  assert.deepEqual(shares.map(({ share }) => formatShare(share)), shares.map(({ text }) => text));
});

test("what is not there prints as a dash", () => {
  assert.equal(formatValue(undefined), "—");
  assert.equal(formatShare(null), "—");
});

test("elements come in row-major order", () => {
  const value = { shape: [2, 2], dtype: "float32", data: [[1, "NaN"], [3, 4]] };
  assert.deepEqual(elementsOf(value), [1, "NaN", 3, 4]);
  assert.deepEqual(elementsOf(5), [5]);
  assert.deepEqual(elementsOf({ shape: [300], dtype: "float32", statistics: {} }), []);
});

test("the numbers of an axis have as many digits as it takes to tell them apart", () => {
  assert.deepEqual(formatTicks([0, 0.25, 0.5]), ["0", "0.25", "0.5"]);
  assert.deepEqual(formatTicks([1.0861, 1.08611, null, 1.08612]), ["1.0861", "1.08611", "", "1.08612"]);
  assert.deepEqual(formatTicks([123456, 123456.5, 123457]), ["123456", "123456.5", "123457"]);
  assert.deepEqual(formatTicks([1, 1]), ["1", "1"]);
  assert.deepEqual(formatTicks([1, 1 + 1e-12]), ["1", "1"]);
});
