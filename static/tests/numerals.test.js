import assert from "node:assert/strict";
import { test } from "node:test";
import { numberAround, numberOfVariable, numbersIn, stepNumber, withNumber } from "../numerals.js";

const textsIn = (program) => numbersIn(program).map(({ text }) => text);

test("numbers are found, and none in names, strings or comments", () => {
  assert.deepEqual(textsIn('x2 = torch.tensor(-1.5)  # 7\ny = "3" + f\'{4}\' + 1e-3\n"""5\n6"""\nz = .5'), ["-1.5", "1e-3", ".5"]);
  assert.deepEqual(textsIn("0xFF + 3j + 1_000"), ["1_000"]);
});

test("a minus belongs to a number only where it is its sign", () => {
  assert.deepEqual(textsIn("x - 3"), ["3"]);
  assert.deepEqual(textsIn("x -3, (-4), a * -5, return -6, f(1)-7, [-8]-9"), ["3", "-4", "-5", "-6", "1", "7", "-8", "9"]);
  assert.deepEqual(textsIn("-2**2"), ["2", "2"]);
});

test("a number moves by its last digit and keeps its form", () => {
  const cases = [["1.0", 1, "1.1"], ["0.05", -2, "0.03"], ["100", 7, "107"], ["1e-3", 1, "2e-3"], ["0.1", -1, "0.0"], ["0.1", -2, "-0.1"], ["3", -4, "-1"], ["2.", 1, "3."], ["-1.50", 1, "-1.49"], [".5", 1, "0.6"], ["1_000", 1, "1001"]];
  for (const [text, steps, expected] of cases) assert.equal(stepNumber({ text }, steps), expected);
  assert.equal(stepNumber({ text: "2", isPositive: true }, -5), "0");
  assert.equal(stepNumber({ text: "99999999999999999999" }, 1), "99999999999999999999");
});

test("the base of a power stays positive", () => {
  assert.deepEqual(numbersIn("2 ** x + 3*y").map(({ isPositive }) => isPositive), [true, false]);
});

test("the number at the caret is found from either end", () => {
  assert.equal(numberAround("lr=0.25)", 3)?.text, "0.25");
  assert.equal(numberAround("lr=0.25)", 7)?.text, "0.25");
  assert.equal(numberAround("lr=0.25)", 2), null);
});

test("a variable's number is where its tensor is made", () => {
  const program = "x = torch.tensor(1.0, requires_grad=True)\nself.w: torch.Tensor = nn.Parameter(torch.tensor(-0.5))\ny = x * 2.0\nv = torch.tensor([1.0])\n";
  assert.equal(numberOfVariable(program, "x")?.text, "1.0");
  assert.equal(numberOfVariable(program, "net.w")?.text, "-0.5");
  for (const name of ["y", "v", "nothing", null, "layers.0"]) assert.equal(numberOfVariable(program, name), null);
  const number = numberOfVariable(program, "x");
  assert.ok(withNumber(program, number, "7").startsWith("x = torch.tensor(7, requires"));
});

test("of several assignments the node's line decides", () => {
  const program = "x = torch.tensor(1.0)\nx = torch.tensor(2.0)\n# x = torch.tensor(3.0)\n";
  assert.equal(numberOfVariable(program, "x"), null);
  assert.equal(numberOfVariable(program, "x", { line: 2 })?.text, "2.0");
});
