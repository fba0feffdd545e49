import assert from "node:assert/strict";
import { test } from "node:test";

import { gradientFormula, inputFormulas, numberOf } from "../formula.js";
import { sceneAt } from "../scene.js";
import { frameAt, timelineOf } from "../timeline.js";
import { quadratic } from "./fixtures/build.js";

const sceneOf = (trace) => {
  const timeline = timelineOf(trace);
  return sceneAt(timeline, frameAt(timeline, timeline.length - 1));
};

/** y = x * x at x = 3. */
function square() {
  const trace = quadratic();
  const nodes = [
    { id: "n0", kind: "output", name: "MulBackward0", label: "x * x", variable: "y" },
    { id: "n1", kind: "leaf", name: "AccumulateGrad", label: "x", variable: "x" },
  ];
  const edges = [0, 1].map((slot) => ({ id: `e${slot}`, source: "n0", target: "n1", slot, input: 0 }));
  const pass = { ...trace.passes[0], values: [9, 3], gradients: [1, 6], flows: [3, 3], derivatives: [3, 3], order: [0, 1], accumulated: { n1: 6 } };
  return { ...trace, graphs: [{ id: "g0", nodes, edges }], passes: [pass] };
}

test("a gradient is upstream times local, in symbols and in numbers", () => {
  const { text, latex, names } = gradientFormula(sceneOf(quadratic()), 3);
  assert.equal(text, "∂y/∂a = ∂y/∂u · ∂u/∂a = 1 × 16 = 16");
  assert.match(latex, /^\\begin\{aligned\}\\frac\{\\partial y\}\{\\partial a\} &= /);
  assert.deepEqual(names.map(({ symbol, node }) => [symbol, node.label]), [["u", "a * x ** 2"]]);
});

test("contributions are summed, and two uses of one value are told apart", () => {
  const { text } = gradientFormula(sceneOf(square()), 1);
  assert.equal(text, "∂y/∂x = ∂y/∂y · ∂y/∂x⁽¹⁾ + ∂y/∂y · ∂y/∂x⁽²⁾ = 1 × 3 + 1 × 3 = 6");
});

test("each followed input of an operation gets a formula", () => {
  const texts = inputFormulas(sceneOf(quadratic()), 2).map(({ text }) => text);
  assert.deepEqual(texts, ["∂y/∂a = ∂y/∂v · ∂v/∂a = 1 × 16 = 16"]);
  const [first, second] = inputFormulas(sceneOf(square()), 0).map(({ text }) => text);
  assert.equal(first, "∂y/∂x += ∂y/∂y · ∂y/∂x⁽¹⁾ = 1 × 3 = 3");
  assert.equal(second, "∂y/∂x += ∂y/∂y · ∂y/∂x⁽²⁾ = 1 × 3 = 3");
});

test("a Jacobian stands where a step is not one number, without numbers", () => {
  const trace = quadratic();
  const matrix = { shape: [2], dtype: "float32", data: [1, 2] };
  const pass = { ...trace.passes[0], derivatives: trace.passes[0].derivatives.with(2, null), flows: trace.passes[0].flows.with(2, matrix), gradients: trace.passes[0].gradients.with(3, matrix) };
  const { text } = gradientFormula(sceneOf({ ...trace, passes: [pass] }), 3);
  assert.equal(text, "∂y/∂a = (∂u/∂a)ᵀ · ∂y/∂u");
});

test("the root has no contributions, and so no formula", () => {
  assert.equal(gradientFormula(sceneOf(quadratic()), 0), null);
});

test("letters give way to names that the program uses, names in other scripts to letters", () => {
  const trace = quadratic();
  const nodes = trace.graphs[0].nodes.map((node) => (node.id === "n3" ? { ...node, variable: "u" } : node.id === "n0" ? { ...node, variable: "损失" } : node));
  const { text, names } = gradientFormula(sceneOf({ ...trace, graphs: [{ ...trace.graphs[0], nodes }] }), 3);
  assert.equal(text, "∂L/∂u = ∂L/∂r · ∂r/∂u = 1 × 16 = 16");
  assert.deepEqual(names.map(({ symbol }) => symbol), ["L", "r"]);
});

test("negative factors are bracketed, large and broken numbers written as in mathematics", () => {
  const trace = square();
  Object.assign(trace.passes[0], { derivatives: [-3, -3], flows: [-3, -3], gradients: [1, -6] });
  assert.match(gradientFormula(sceneOf(trace), 1).text, /= 1 × \(-3\) \+ 1 × \(-3\) = -6$/);
  assert.equal(numberOf(1.5e-9).latex, "1.5{\\cdot}10^{-9}");
  assert.equal(numberOf("-Infinity").latex, "-\\infty ");
  assert.equal(numberOf("NaN").latex, "\\mathrm{NaN}");
});
