import assert from "node:assert/strict";
import { test } from "node:test";
import { bodyOf, firstSource, isProgram, sourceFrom, variablesOf } from "../source.js";

test("the first visit asks for a x² + b x + c, x not followed", () => {
  assert.deepEqual(bodyOf(firstSource()), {
    expression: "a*x**2 + b*x + c",
    variables: {
      a: { value: 1, requires_grad: true },
      x: { value: 4, requires_grad: false },
      b: { value: 2, requires_grad: true },
      c: { value: 3, requires_grad: true },
    },
    optimizer: { name: "SGD", lr: 0.1 },
    steps: 0,
    sum: false,
    seed: 0,
  });
});

test("a program travels with its seed and nothing of the form", () => {
  const source = { ...firstSource(), mode: "program", program: "import torch", seed: 3 };
  assert.deepEqual(bodyOf(source), { program: "import torch", seed: 3 });
});

test("only names in the expression are sent; the form keeps the others for when they come back", () => {
  const source = { ...firstSource(), expression: "x*w" };
  assert.deepEqual(Object.keys(bodyOf(source).variables), ["x", "w"]);
  assert.deepEqual(variablesOf(source)[1], { name: "w", value: "", requires_grad: true });
});

test("a typed value is read, an option that changes nothing is left out", () => {
  const source = { ...firstSource(), expression: "x", variables: { x: { value: "[1, 2]", requires_grad: true } } };
  source.optimizer = { name: "SGD", options: { lr: 0, momentum: 0.9, weight_decay: 0 } };
  const body = bodyOf(source);
  assert.deepEqual(body.variables.x.value, [1, 2]);
  assert.deepEqual(body.optimizer, { name: "SGD", lr: 0, momentum: 0.9 });
});

test("an example's fields come over an empty form", () => {
  const source = sourceFrom({ mode: "expression", expression: "x", steps: 5 });
  assert.deepEqual([source.expression, source.steps, source.variables, source.optimizer.name], ["x", 5, {}, "SGD"]);
});

test("a program is told from an expression over several lines", () => {
  const programs = ["import torch\nx = torch.tensor(1.)", "x = 2\ny = x**2", "# a note\nfrom torch import nn\n", "w, b = 1, 2\nw += b", "for i in range(3):\n    pass\nx = 1"];
  const expressions = ["a*x**2\n+ b*x", "import torch", "x = 2", "relu(x,\n  inplace=True)", "(x ==\n y).sum()", "where(x\n== 0, printed, x)", ""];
  assert.deepEqual(programs.map(isProgram), programs.map(() => true));
  assert.deepEqual(expressions.map(isProgram), expressions.map(() => false));
});
