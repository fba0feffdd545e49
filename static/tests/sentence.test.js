import assert from "node:assert/strict";
import { test } from "node:test";

import { sceneAt } from "../scene.js";
import { fill } from "../i18n.js";
import { isPlainDescent, sentenceOf } from "../sentence.js";
import { frameAt, timelineOf } from "../timeline.js";
import { descent, quadratic } from "./fixtures/build.js";

const sentence = (trace, position) => {
  const timeline = timelineOf(trace);
  return sentenceOf(sceneAt(timeline, frameAt(timeline, position)));
};

test("the forward pass names the value that is computed", () => {
  assert.deepEqual(sentence(quadratic(), 0), { key: "forward-given", parameters: {} });
  assert.deepEqual(sentence(quadratic(), 4), {
    key: "forward",
    parameters: { name: "AddBackward0", label: "y", value: "27" },
  });
});

test("the backward pass says what arrives and what is sent to whom", () => {
  assert.deepEqual(sentence(quadratic(), 5), {
    key: "backward-root",
    parameters: { name: "AddBackward0", label: "y", gradient: "1", flows: ["1 → a * x ** 2 + b * x", "1 → c"] },
  });
  assert.deepEqual(sentence(quadratic(), 10), {
    key: "backward",
    parameters: { name: "MulBackward0", label: "a * x ** 2", gradient: "1", flows: ["16 → a"] },
  });
});

test("a leaf says what is added to its gradient", () => {
  assert.deepEqual(sentence(quadratic(), 11), {
    key: "accumulate-first",
    parameters: { label: "a", before: "—", gradient: "16", after: "16" },
  });
  const piled = sentence(descent({ isCleared: false }), 12);
  assert.deepEqual(piled, {
    key: "accumulate",
    parameters: { label: "x", before: "1", gradient: "1", after: "2" },
  });
});

test("an update spells the rule out where it is plain descent", () => {
  const { key, parameters } = sentence(descent(), 7);
  assert.equal(key, "update");
  const changes = ["x ← 1 − 0.1 × 1 = 0.9", "y ← 2 − 0.1 × 4 = 1.6"];
  assert.equal(fill("{changes}", parameters, "en"), changes.join("; "));
  assert.equal(fill("{changes}", parameters, "zh"), changes.join("；"));
  assert.equal(isPlainDescent({ optimizer: "SGD", options: { lr: 0.1, momentum: 0.9 } }), false);
  assert.equal(isPlainDescent({ optimizer: "Adam", options: { lr: 0.1 } }), false);
});

test("zero_grad, prints and an empty run have their sentences", () => {
  assert.equal(sentence(descent(), 8).key, "zero-grad");
  const thinned = descent();
  thinned.timeline = thinned.timeline.map((moment) => (moment.kind === "zero_grad" ? { kind: "gap", left_out: { passes: 40, updates: 39 } } : moment));
  assert.deepEqual(sentence(thinned, 8), { key: "gap", parameters: { passes: 40, updates: 39 } });
  const named = descent();
  named.timeline = named.timeline.map((moment) => (moment.kind === "zero_grad" ? { ...moment, cleared: [{ variable: "x", node: "n1" }, { variable: "w", node: null }] } : moment));
  assert.deepEqual(sentence(named, 8), { key: "zero-grad-of", parameters: { names: ["x.grad", "w.grad"] } });
  assert.deepEqual(sentence(quadratic(), 12), { key: "print", parameters: { text: "tensor(16.)" } });
  assert.equal(sentence({ ...quadratic(), passes: [], timeline: [] }, 0).key, "start");
});
