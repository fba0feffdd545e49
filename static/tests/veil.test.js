import assert from "node:assert/strict";
import { test } from "node:test";
import { formatValue } from "../format.js";
import { jumpsOf } from "../jumps.js";
import { isBroken, isZero } from "../magnitude.js";
import { sentenceOf } from "../sentence.js";
import { nodeView, sceneAt } from "../scene.js";
import { lossOf, parametersOf } from "../series.js";
import { tintsOf } from "../tint.js";
import { frameAt, timelineOf } from "../timeline.js";
import { veiled } from "../veil.js";
import { descent, quadratic } from "./fixtures/build.js";

const hidden = (trace, hides, guesses = {}) => veiled({ trace, predict: { hides, guesses }, position: 0 }).trace;
const text = { text: "16", target: "" };

/** Every string and number of a trace outside of its graphs and program. */
function* leavesOf(value) {
  if (value === null || typeof value !== "object") yield value;
  else for (const inner of Object.values(value)) yield* leavesOf(inner);
}

test("no gradient is left anywhere in a trace that hides them", () => {
  const { passes, updates, timeline, output } = hidden(quadratic(), "gradient");
  const { gradients, flows, derivatives, accumulated } = passes[0];
  for (const part of [gradients, flows, derivatives, accumulated]) assert.deepEqual([...leavesOf(part)].filter((leaf) => leaf !== null && leaf !== "?"), []);
  assert.deepEqual([output, timeline.at(-1).text, updates], ["tensor(?)\n", "tensor(?)\n", []]);
  assert.deepEqual(passes[0].values, quadratic().passes[0].values);
});

test("updates keep what was given, and hide the gradient and what is remembered of it", () => {
  const trace = descent();
  trace.updates[0].parameters[0].state = { momentum_buffer: 1 };
  const [first] = hidden(trace, "gradient").updates[0].parameters;
  assert.deepEqual([first.before, first.gradient, first.state.momentum_buffer], [1, "?", "?"]);
});

test("hidden values leave what was given, and hide the loss", () => {
  const { passes } = hidden(quadratic(), "value");
  assert.deepEqual(passes[0].values, ["?", "?", "?", 1, 16, "?", 2, 4, 3]);
  assert.equal(passes[0].loss, "?");
  assert.deepEqual(lossOf({ passes }), { name: "loss", numbers: [null], marks: [] });
});

test("a guess shows one node's number in one pass, and what came along its edges", () => {
  const trace = descent();
  const open = hidden(trace, "gradient", { "0:n3": text }).passes;
  assert.deepEqual([open[0].gradients, open[0].flows, open[0].accumulated.n3], [["?", "?", "?", 4], ["?", "?", 4], 4]);
  assert.ok(open[1].gradients.every((value) => value === "?"));
  assert.deepEqual(parametersOf({ ...trace, passes: open }, "gradient").map(({ name, numbers }) => [name, numbers]), [["y", [4, null]]]);
});

test("the same trace under the same veil is the same object, and so are passes that no new guess is about", () => {
  const trace = descent();
  const state = { trace, predict: { hides: "gradient", guesses: {} } };
  const one = veiled(state);
  assert.equal(veiled(state).trace, one.trace);
  const other = veiled({ trace, predict: { hides: "gradient", guesses: { "0:n3": text } } });
  assert.equal(other.trace.passes[1], one.trace.passes[1]);
  assert.notEqual(other.trace.passes[0], one.trace.passes[0]);
  assert.equal(veiled({ trace, predict: null }).trace, trace);
});

test("views show a question mark and draw nothing from it", () => {
  const timeline = timelineOf(hidden(quadratic(), "gradient"));
  const scene = sceneAt(timeline, frameAt(timeline, timeline.length - 2));
  assert.equal(formatValue(nodeView(scene, 3).gradient), "?");
  assert.equal(nodeView(scene, 3).piled, false);
  assert.ok(!isBroken("?") && !isZero("?"));
  assert.equal(tintsOf(scene, "gradient").classes.size, 0);
  assert.equal(jumpsOf(timeline).find(({ goal }) => goal === "largest-gradient").place, null);
  const start = sceneAt(timeline, frameAt(timeline, timeline.starts[1]));
  assert.match(JSON.stringify(sentenceOf(start)), /\?/);
});
