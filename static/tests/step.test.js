import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { FORMULAS } from "../optim/formulas.js";
import { parse } from "../optim/expression.js";
import { evaluate, scalar } from "../optim/evaluate.js";
import { inNumbers, inSymbols } from "../optim/latex.js";
import { toBfloat16 } from "../optim/orthogonal.js";
import { explainStep } from "../optim/step.js";

const RECORDED = JSON.parse(readFileSync(new URL("../../tests/updates.json", import.meta.url), "utf8"));

/** Every step of every parameter that torch recorded. */
function* steps(name) {
  const { updates, left } = RECORDED[name];
  const dtype = name === "float64" ? "float64" : "float32";
  for (const [i, update] of updates.entries()) {
    for (const at of update.parameters.keys()) {
      const before = update.previous === null ? null : updates[update.previous];
      yield { update, at, left: left[i][at], step: explainStep({ update, before, at, dtype }) };
    }
  }
}

for (const name of Object.keys(RECORDED)) {
  test(`the formula's numbers are torch's: ${name}`, () => {
    let checked = 0;
    for (const { update, at, step } of steps(name)) {
      const place = `step ${update.parameters[at].state.step} of ${update.parameters[at].variable}`;
      assert.equal(step.reason, undefined, place);
      for (const line of step.lines) assert.notEqual(line.agrees, false, `${place}: ${line.to} = ${line.is}: ${line.value.data} is not ${line.recorded?.data}`);
      const isWhole = step.inner === null || step.inner === 1;
      assert.equal(step.agrees, isWhole, `${place}: ${step.after.data} is not ${JSON.stringify(update.parameters[at].after)}`);
      checked += 1;
    }
    assert.ok(checked >= 3);
  });
}

test("every line of every formula is among the recorded steps, and no optimizer is missing", () => {
  const run = new Set();
  for (const name of Object.keys(RECORDED)) {
    for (const { update, step } of steps(name)) for (const line of step.lines) run.add(`${update.optimizer}: ${line.to} = ${line.is} ${line.when}`);
  }
  const all = Object.entries(FORMULAS).flatMap(([name, { lines }]) => lines.map((line) => `${name}: ${line.to} = ${line.is} ${line.when}`));
  const shared = new Set(["Adam: p", "AdamW: g", "Adafactor: g", "ASGD: g = -g", "NAdam: g = -g", "RAdam: g = -g", "Adamax: g = -g", "Adagrad: g = -g", "Adadelta: g = -g", "Rprop: g = -g", "SparseAdam: g = -g"]);
  assert.deepEqual(all.filter((line) => !run.has(line) && ![...shared].some((start) => line.startsWith(start))), []);
});

test("what was thought away is the same formula with that option off", () => {
  const [, second] = [...steps("SGD([x, W], lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.05)")].filter(({ at }) => at === 0);
  const { before, gradient } = second.update.parameters[0];
  const others = Object.fromEntries(second.step.others.map(({ name, after }) => [name, after.data[0]]));
  assert.ok(Math.abs(others.momentum - (before - 0.1 * (gradient + 0.05 * before))) < 1e-12);
  const buffer = 0.9 * second.update.parameters[0].state.momentum_buffer;
  assert.ok(Number.isFinite(others.decay) && Math.abs(others.decay - others.momentum) > 1e-4 && buffer !== 0);
  const clipped = [...steps("clipped")][0];
  const step = explainStep({ update: clipped.update, before: null, at: 0, unclipped: clipped.left });
  const free = step.others.find(({ name }) => name === "clipping").after.data[0];
  assert.ok(Math.abs(free - (clipped.update.parameters[0].before - 0.1 * (clipped.left + 0.05 * 1.5))) < 1e-6);
});

test("a number that torch did not write is told from one that it did", () => {
  const { updates } = RECORDED["Adam([x, W], lr=0.1, weight_decay=0.1)"];
  const wrong = structuredClone(updates[0]);
  wrong.parameters[0].after += 0.001;
  wrong.parameters[0].state.exp_avg *= 1.01;
  const step = explainStep({ update: wrong, before: null, at: 0 });
  assert.equal(step.agrees, false);
  assert.deepEqual(step.lines.filter(({ agrees }) => agrees === false).map(({ to }) => to), ["m"]);
});

test("what cannot be taken apart says why", () => {
  const parameter = { variable: "x", before: 1, gradient: null, after: 1, state: {} };
  const update = (optimizer, fields = {}) => ({ optimizer, options: { lr: 0.1 }, parameters: [{ ...parameter, ...fields }] });
  const reasonOf = (given) => explainStep({ update: given, before: null, at: 0 }).reason;
  assert.equal(reasonOf(update("Mine", { gradient: 1 })), "unknown");
  assert.equal(reasonOf(update("SGD")), "no-gradient");
  assert.equal(reasonOf(update("SGD", { gradient: { shape: [900], dtype: "float32", statistics: {} } })), "too-large");
});

test("a formula is set in symbols and in numbers", () => {
  const tree = parse("p - lr * m_hat / (sqrt(v_hat) + eps)");
  assert.equal(inSymbols(tree, "Adam"), "\\theta_{t-1} - \\frac{\\gamma \\, \\hat m_t}{\\sqrt{\\hat v_t} + \\epsilon}");
  const scope = { p: { shape: [2], data: [1, -2] }, lr: scalar(0.1), m_hat: { shape: [2], data: [3, -4] }, v_hat: { shape: [2], data: [9, 16] }, eps: scalar(1e-8) };
  assert.equal(inNumbers(tree, scope, { shape: [2], k: 1 }), "-2 - \\frac{0.1 \\cdot (-4)}{\\sqrt{16} + 1{\\cdot}10^{-8}}");
  assert.equal(inSymbols(parse("beta1 * m' + (1 - beta1) * g^2"), "Adam"), "\\beta_1 \\, m_{t-1} + (1 - \\beta_1) \\, g_t^{2}");
});

test("the language has the usual precedence, and refuses what it does not know", () => {
  const value = (text) => evaluate(parse(text), { x: scalar(2) }).data[0];
  assert.deepEqual([value("1 + 2 * x^3"), value("-x^2"), value("8 / x / 2"), value("x - -x"), value("min(max(x, 3), 9)")], [17, -4, 2, 4, 3]);
  assert.throws(() => value("y"), ReferenceError);
  assert.throws(() => value("eval(x)"), ReferenceError);
  assert.throws(() => parse("1 +"), SyntaxError);
  assert.throws(() => parse("(1"), SyntaxError);
});

test("tensors are broadcast as torch does it", () => {
  const scope = { W: { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }, r: { shape: [2, 1], data: [10, 20] }, c: { shape: [1, 3], data: [1, 2, 3] } };
  assert.deepEqual(evaluate(parse("W + r"), scope).data, [11, 12, 13, 24, 25, 26]);
  assert.deepEqual(evaluate(parse("r @ c"), scope), { shape: [2, 3], data: [10, 20, 30, 20, 40, 60] });
  assert.deepEqual(evaluate(parse("r * c"), scope).shape, [2, 3]);
  assert.deepEqual(evaluate(parse("rowmean(W)"), scope), { shape: [2, 1], data: [2, 5] });
  assert.deepEqual(evaluate(parse("colmean(W)"), scope), { shape: [1, 3], data: [2.5, 3.5, 4.5] });
});

test("bfloat16 is rounded to the nearest, ties to even", () => {
  assert.deepEqual([1, 1.00390625, 1.01171875, 3.14159, -0.1].map(toBfloat16), [1, 1, 1.015625, 3.140625, -0.10009765625]);
});
