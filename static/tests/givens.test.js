import assert from "node:assert/strict";
import { test } from "node:test";
import { givenOf, isNumber, withGiven } from "../givens.js";
import { firstSource } from "../source.js";

const leaf = (variable) => ({ kind: "leaf", variable, span: null });

test("a variable of the form is its number, a list is none", () => {
  const source = { ...firstSource(), variables: { a: { value: 2, requires_grad: true }, w: { value: [1, 2], requires_grad: true } } };
  const state = { source, traceMode: "expression" };
  assert.equal(givenOf(state, leaf("a")), "2");
  assert.equal(givenOf(state, leaf("w")), null);
  assert.equal(givenOf({ ...state, traceMode: "program" }, leaf("a")), null);
  assert.equal(givenOf(state, { kind: "operation", variable: "a" }), null);
  assert.deepEqual(withGiven(source, leaf("a"), " -0.5 ").variables.a, { value: -0.5, requires_grad: true });
});

test("a program's number is rewritten where its tensor is made, and stays a float", () => {
  const program = "import torch\nx = torch.tensor(1.0, requires_grad=True)\nk = torch.tensor(2)\n";
  const source = { ...firstSource(), mode: "program", program };
  assert.equal(givenOf({ source, traceMode: "program" }, leaf("x")), "1.0");
  assert.match(withGiven(source, leaf("x"), "3").program, /x = torch\.tensor\(3\.0, requires_grad=True\)/);
  assert.match(withGiven(source, leaf("x"), "-.5e1").program, /tensor\(-\.5e1, /);
  assert.match(withGiven(source, leaf("k"), "5").program, /k = torch\.tensor\(5\)/);
});

test("what is no number is not written", () => {
  for (const text of ["1", "-2.5", " 1e-3 ", ".5", "+4"]) assert.ok(isNumber(text), text);
  for (const text of ["", "x", "1;import os", "1 2", "0x1", "1e999", "nan"]) assert.ok(!isNumber(text), text);
});
