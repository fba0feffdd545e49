import assert from "node:assert/strict";
import { test } from "node:test";
import { isGivenAxis, numberOfElement, withAxis } from "../elements.js";

const W = { kind: "leaf", variable: "W", shape: [2, 2] };
const program = "W = torch.tensor([[1.0, -2.0], [0.5, 3]], requires_grad=True)\nb = nn.Parameter(torch.tensor([0.0, 1.0]))\n";

test("an element is found in the list that its tensor is made of, and rewritten there", () => {
  assert.deepEqual([0, 1, 2, 3].map((place) => numberOfElement(program, W, place).text), ["1.0", "-2.0", "0.5", "3"]);
  const source = { mode: "program", program };
  const axis = { node: W, variable: "W", place: 1, value: 4 };
  assert.match(withAxis(source, axis).program, /\[\[1\.0, 4\.0\], \[0\.5, 3\]\]/);
  const b = { kind: "leaf", variable: "net.b", shape: [2] };
  assert.match(withAxis(source, { node: b, variable: "net.b", place: 0, value: -0.25 }).program, /tensor\(\[-0\.25, 1\.0\]\)/);
  assert.ok(isGivenAxis({ source, traceMode: "program" }, axis));
  assert.ok(!isGivenAxis({ source, traceMode: "expression" }, axis));
});

test("what is computed, of another size, or written twice is not rewritten", () => {
  assert.equal(numberOfElement("W = torch.tensor([[1.0, n], [0.5, 3]])", W, 0), null);
  assert.equal(numberOfElement("W = torch.tensor([[1.0, 2.0]])", W, 0), null);
  assert.equal(numberOfElement("W = torch.randn(2, 2)", W, 0), null);
  assert.equal(numberOfElement("W = torch.tensor([[1.0, 2.0", W, 0), null);
  const twice = `${program}${program}`;
  assert.equal(numberOfElement(twice, W, 0), null);
  const second = numberOfElement(twice, { ...W, span: { line: 3 } }, 0);
  assert.ok(second.from > program.length);
});

test("of an expression the element of its list is set", () => {
  const source = { mode: "expression", variables: { W: { value: "[[1, 2], [3, 4]]", requires_grad: true }, r: { value: "randn(2, 2)" }, k: { value: 1 } } };
  assert.deepEqual(withAxis(source, { node: W, variable: "W", place: 2, value: 9 }).variables.W, { value: [[1, 2], [9, 4]], requires_grad: true });
  assert.equal(withAxis(source, { node: null, variable: "k", place: -1, value: 9 }).variables.k.value, 9);
  const state = { source, traceMode: "expression" };
  assert.ok(isGivenAxis(state, { node: W, place: 0 }));
  assert.ok(!isGivenAxis(state, { node: { ...W, variable: "r" }, place: 0 }));
});
