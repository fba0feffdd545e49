import assert from "node:assert/strict";
import { test } from "node:test";
import { axesOf, levelsOf, lowestCell, pathOf, reachedOf, readCurve, rounded, scalarsOf, ticksOf, windowOf } from "../landscape.js";
import { sceneAt } from "../scene.js";
import { gridOf, heldOf, isAbout, landscapeBody, planeBody, planesOf } from "../slices.js";
import { firstSource } from "../source.js";
import { frameAt, timelineOf } from "../timeline.js";

const node = (id, kind, variable, shape = []) => ({ id, kind, variable, shape, dtype: "float32", label: variable ?? id });
const matrix = { shape: [2], dtype: "float32", data: [1, 2] };

/** Two steps of a loss over a, W (a vector) and a constant x. */
function traceOfTwo() {
  const nodes = [node("n0", "output", "loss"), node("n1", "leaf", "a"), node("n2", "leaf", "W", [2]), node("n3", "constant", "x")];
  const edges = ["n1", "n2", "n3"].map((target, slot) => ({ id: `e${slot}`, source: "n0", target, slot }));
  const pass = (loss, a) => ({ graph: "g0", call: "backward", loss, values: [loss, a, matrix, 4], gradients: [1, 2 * a, matrix, null], flows: [2 * a, matrix, null], order: [0, 1, 2], accumulated: { n1: 2 * a, n2: matrix } });
  const update = (p, before, after) => ({ pass: p, optimizer: "SGD", options: { lr: 0.1 }, parameters: [{ variable: "a", node: "n1", before, gradient: 2 * before, after, state: {} }] });
  const passes = [pass(9, 3), pass(4, 2)];
  const timeline = [0, 1].flatMap((p) => [{ kind: "forward", pass: p }, { kind: "backward", pass: p }, { kind: "update", update: p }, { kind: "zero_grad" }]);
  return { graphs: [{ id: "g0", nodes, edges }], passes, updates: [update(0, 3, 2), update(1, 2, 1.5)], timeline };
}

function stateOf(trace, position, fields = {}) {
  const source = { ...firstSource(), expression: "a*a + W.sum()*0*x + k", variables: { a: { value: 3, requires_grad: true }, W: { value: [1, 2], requires_grad: true }, x: { value: 4, requires_grad: false }, k: { value: 7, requires_grad: true } }, ...fields };
  const timeline = timelineOf(trace);
  return { state: { trace, traceMode: "expression", source, position, opened: null, isStale: false }, scene: sceneAt(timeline, frameAt(timeline, position)) };
}

test("numbers of an expression are its axes, followed ones first, each at its value of the moment", () => {
  const { state, scene } = stateOf(traceOfTwo(), 100);
  const scalars = scalarsOf(state, scene);
  assert.deepEqual(scalars.map(({ name, value, gradient }) => [name, value, gradient]), [["a", 1.5, 4], ["W[0]", 1, 1], ["W[1]", 2, 2], ["x", 4, null], ["k", 7, null]]);
});

test("of a program the leaves are, each also as it was when the pass began", () => {
  const { state, scene } = stateOf(traceOfTwo(), 100, { mode: "program" });
  const scalars = scalarsOf({ ...state, traceMode: "program" }, scene);
  assert.deepEqual(scalars.map(({ name, variable, index, held }) => [name, variable, index, held]), [["a", "a", null, 2], ["W[0]", "W", [0], 1], ["W[1]", "W", [1], 2]]);
});

test("axes are those chosen, as far as they are there, and never twice the same", () => {
  const scalars = ["a", "b", "c"].map((name) => ({ name }));
  assert.deepEqual(axesOf(scalars, { x: null, y: null }), { x: "a", y: "b" });
  assert.deepEqual(axesOf(scalars, { x: "b", y: "b" }), { x: "b", y: "a" });
  assert.deepEqual(axesOf(scalars, { x: "gone", y: "c" }), { x: "a", y: "c" });
  assert.deepEqual(axesOf(scalars, { x: "a", y: "" }), { x: "a", y: null });
  assert.deepEqual(axesOf(scalars.slice(0, 1), { x: null, y: "b" }), { x: "a", y: null });
});

test("a path has a point before each pass, and one where the last update led", () => {
  const { state, scene } = stateOf(traceOfTwo(), 0);
  const [a, first, , x] = scalarsOf(state, scene);
  const path = pathOf(state.trace, [a, x]);
  assert.deepEqual(path.map(({ at, loss }) => [...at, loss]), [[3, 4, 9], [2, 4, 4], [1.5, 4, NaN]]);
  assert.deepEqual(pathOf(state.trace, [first]).map(({ at }) => at[0]), [1, 1]);
  assert.deepEqual([reachedOf(path, -1, false), reachedOf(path, 1, false), reachedOf(path, 1, true)], [0, 1, 2]);
  assert.equal(reachedOf([{ pass: 0 }, { pass: 40 }, { pass: 80 }], 79, false), 1);
});

const gridLine = ({ name, variable, index }, from, to, count) => ({ name, variable, index, from, to, count });

test("the body holds every other variable at its value of the moment", () => {
  const { state, scene } = stateOf(traceOfTwo(), 100);
  const scalars = scalarsOf(state, scene);
  const x = scalars.find(({ name }) => name === "x");
  const body = landscapeBody(state, scene, [gridLine(x, 0, 1, 3)]);
  assert.deepEqual(body.variables, { a: { value: 1.5, requires_grad: true }, W: { value: [1, 2], requires_grad: true }, x: { value: 4, requires_grad: false }, k: { value: 7, requires_grad: true } });
  assert.deepEqual(body.axes, [{ variable: "x", start: 0, stop: 1, count: 3 }]);
  assert.deepEqual(heldOf(state, scene, scalars, [x]), { named: [{ name: "a", value: 1.5 }, { name: "k", value: 7 }], tensors: ["W"], more: 0 });
  assert.equal(landscapeBody({ ...state, isStale: true }, scene, [gridLine(x, 0, 1, 3)]), null);
});

test("of a program one pass is asked for, of a tensor one element; what was opened from a file is not run", () => {
  const trace = { ...traceOfTwo(), program: "a = 3" };
  trace.passes[1].number = 40;
  const { state, scene } = stateOf(trace, 100, { mode: "program", seed: 5 });
  const program = { ...state, traceMode: "program" };
  const [a, first] = scalarsOf(program, scene);
  assert.deepEqual(landscapeBody(program, scene, [gridLine(first, 0, 1, 2), gridLine(a, -1, 1, 3)]), {
    program: "a = 3", seed: 5, pass: 40, gradients: false,
    axes: [{ variable: "W", index: [0], start: 0, stop: 1, count: 2 }, { variable: "a", start: -1, stop: 1, count: 3 }],
  });
  assert.deepEqual(heldOf(program, scene, [a, first], [a]), { named: [], tensors: ["W"], more: 0 });
  assert.deepEqual(planesOf(program, scene, [a]), ["axes", "random", "pca"]);
  assert.deepEqual(planesOf(program, scene, []), ["random", "pca"]);
  assert.deepEqual(planesOf({ ...program, opened: "a file" }, scene, [a]), ["axes"]);
  assert.equal(landscapeBody({ ...program, opened: "a file" }, scene, [gridLine(a, 0, 1, 2)]), null);
  assert.deepEqual(planeBody(program, scene, "pca", 2).directions, { kind: "pca", reach: 2, count: 49 });
});

test("an answer is laid out as it is drawn, and fits only the plane it is about", () => {
  const axes = [{ variable: "W", index: [1], start: 0, stop: 1, count: 2 }, { variable: "a", start: -1, stop: 1, count: 3 }];
  const answer = { body: { axes }, losses: [1, 2, 3, 4, 5, 6] };
  assert.deepEqual(gridOf(answer), { losses: answer.losses, across: 3, up: 2, windows: [[-1, 1], [0, 1]] });
  assert.equal(isAbout(answer, "axes", [{ variable: "a", index: null }, { variable: "W", index: [1] }]), true);
  assert.equal(isAbout(answer, "axes", [{ variable: "a", index: null }, { variable: "W", index: [0] }]), false);
  assert.equal(isAbout(answer, "pca", []), false);
  const plane = { body: { directions: { kind: "pca" } }, losses: [1, 2, 3, 4, 5, 6], slice: { coordinates: [[-1, 0, 1], [5, 7]] } };
  assert.deepEqual(gridOf(plane), { losses: [1, 3, 5, 2, 4, 6], across: 3, up: 2, windows: [[-1, 1], [5, 7]] });
  assert.equal(isAbout(plane, "pca", []), true);
});

test("the window holds the path with room around it, and a run that flies off does not empty it", () => {
  const at = (...places) => places.map((place) => ({ at: [place] }));
  const [[low, high]] = windowOf(at(-3, 2));
  assert.ok(low < -3 && high > 2 && high - low < 10);
  assert.deepEqual(windowOf(at(0)), [[-2, 2]]);
  assert.deepEqual(windowOf(at(0), 2), [[-1, 1]]);
  const [[, far]] = windowOf(at(3, -4, 1e30, NaN, Infinity));
  assert.ok(far < 100);
});

test("axes with like units share one scale, others do not", () => {
  const path = [{ at: [0, 0] }, { at: [4, 2] }];
  const [x, y] = windowOf(path, 1, 2);
  assert.equal((x[1] - x[0]) / 2, y[1] - y[0]);
  const [, thin] = windowOf([{ at: [100, 0] }, { at: [500, 1] }], 1, 1);
  assert.ok(thin[1] - thin[0] < 3);
});

test("levels divide the cells evenly; what is no number has none", () => {
  const losses = Array.from({ length: 150 }, (_, i) => i ** 3);
  const levels = levelsOf([...losses, NaN, Infinity]);
  assert.equal(levels.length, 14);
  assert.deepEqual([...levels].sort((a, b) => a - b), levels);
  assert.deepEqual(levelsOf([NaN, NaN]), []);
  assert.deepEqual(levelsOf([5, 5, 5]), []);
  assert.equal(lowestCell([NaN, 3, -1, 2]), 2);
  assert.equal(lowestCell([NaN]), -1);
});

test("curves are read between their points, places are written no finer than they can be pointed at", () => {
  assert.equal(readCurve([0, 2], [0, 10, 40], 1.5), 25);
  assert.equal(rounded(1.23456, [-2, 2]), 1.23);
  assert.equal(rounded(12345.6, [0, 100000]), 12346);
  assert.deepEqual(ticksOf([-2, 2]), [-2, -1, 0, 1, 2]);
  assert.deepEqual(ticksOf([0, 0.3]), [0, 0.1, 0.2, 0.3]);
});
