import assert from "node:assert/strict";
import { test } from "node:test";
import { namesIn, textOf, valueOf } from "../names.js";

const EXPRESSIONS = [
  ["a*x**2 + b*x + c", ["a", "x", "b", "c"]],
  ["sin(x)*y", ["x", "y"]],
  ["relu(W @ x + b).sum()", ["W", "x", "b"]],
  ["log_softmax(z, 0)[2]", ["z"]],
  ["log_softmax(z, dim=0)", ["z"]],
  ["x == y", ["x", "y"]],
  ["torch.sin(x) + math.pi * pi", ["x"]],
  ["F.mse_loss(y, t, reduction='sum')", ["y", "t"]],
  ["x if y > 0 else z", ["x", "y", "z"]],
  ["1e3*x + 2.5e-1 + .5 + 3j", ["x"]],
  ["β*x₁ + été", ["β", "x₁", "été"]],
  ["x.T @ x", ["x"]],
  ["", []],
];

for (const [expression, names] of EXPRESSIONS) {
  test(`the variables of ${expression || "nothing"}`, () => assert.deepEqual(namesIn(expression), names));
}

const VALUES = [
  ["", null],
  ["  ", null],
  ["2", 2],
  ["-0.5", -0.5],
  ["1e-3", 0.001],
  ["[1, 2]", [1, 2]],
  ["[[1, 2], [3, 4]]", [[1, 2], [3, 4]]],
  ["[1, oops", "[1, oops"],
  ["randn(3, 4)", "randn(3, 4)"],
  ["1e999", "1e999"],
  [null, null],
  [7, 7],
];

for (const [text, value] of VALUES) {
  test(`a field with ${JSON.stringify(text)}`, () => assert.deepEqual(valueOf(text), value));
}

test("a value is written into its field as it was", () => {
  assert.equal(textOf([[1, 2]]), "[[1,2]]");
  assert.equal(textOf("randn(3)"), "randn(3)");
  assert.equal(textOf(null), "");
});
