// The loss as a landscape over one number or two: which can be axes, what stretch of them is shown, and where the run
// goes. Pure.

import { elementsOf } from "./format.js";
import { valueOf } from "./names.js";
import { nodeView } from "./scene.js";
import { variablesOf } from "./source.js";

/** Points along the axes: more do not show, and each is one evaluation of the loss. */
export const POINTS = { curve: 161, across: 73, up: 55 };
const LEVELS = 14;
/** How much of the picture lies around the path of a run. */
const AROUND = 0.3;
/** A path that flies off further than this, in lengths of its start and first step, is followed no longer. */
const FARTHEST = 30;
/** Axes whose units differ less than this share one scale: then angles are what they seem. */
const ALIKE = 4;

/** How many elements of one tensor, and of all of them, may be chosen as axes. */
export const MOST_ELEMENTS = 64;
const MOST_AXES = 256;

/**
 * The numbers that may be axes: scalars, and elements of tensors, with their values at the frame; followed ones first.
 *
 * `variable` is the name that the server knows, `place` the element's place in row-major order (-1 for a scalar), `held`
 * the value when the pass on show began.
 *
 * @param {any} state
 * @param {any} scene as `sceneAt` gives it
 * @returns {{name: string, variable: string, index: number[] | null, place: number, value: number, held: number, node: any, gradient: number | null}[]}
 */
export function scalarsOf(state, scene) {
  const found = isExpression(state) ? variablesOf(state.source).map(({ name, value }) => ({ name, text: value })) : leavesOf(scene);
  const scalars = found.flatMap(({ name, text }) => numbersOf(scene, name, text));
  return [...scalars.filter(({ node }) => node?.kind === "leaf"), ...scalars.filter(({ node }) => node?.kind !== "leaf")].slice(0, MOST_AXES);
}

/** Is what is on show an expression, so that its loss can be asked for anywhere? */
export function isExpression({ traceMode, source }) {
  return traceMode === "expression" && source.mode === "expression";
}

/** The leaves of the pass; one that the program gave no name goes by its id. */
export function leavesOf(scene) {
  const nodes = scene.topology?.graph.nodes ?? [];
  const names = nodes.flatMap(({ kind, variable, id }) => (kind === "leaf" ? [variable || id] : []));
  return [...new Set(names)].map((name) => ({ name, text: null }));
}

/** The node of a variable, or of an id; null if the graph has none that was given. */
export function nodeNamed(scene, name) {
  return scene.topology?.graph.nodes[placeOf(scene.topology?.graph, name)] ?? null;
}

function numbersOf(scene, name, text) {
  const i = placeOf(scene.topology?.graph, name);
  const plain = { name, variable: name, index: null, place: -1 };
  if (i < 0) {
    const number = valueOf(text);
    return typeof number === "number" ? [{ ...plain, value: number, held: number, node: null, gradient: null }] : [];
  }
  const node = scene.topology.graph.nodes[i];
  if (!/float/.test(node.dtype ?? "")) return [];
  const [own, held, slope] = scene.pass ? [shown(scene, i).value, scene.pass.values[i] ?? null, scene.pass.gradients[i] ?? null] : [null, null, null];
  const at = (place) => ({ place, value: elementAt(own, place), held: elementAt(held, place), node, gradient: slope === null ? null : elementOrNull(slope, place) });
  if (!(node.shape?.length > 0)) return [{ ...plain, ...at(-1) }];
  if (node.kind !== "leaf") return [];
  const count = Math.min(MOST_ELEMENTS, elementsOf(held ?? own).length);
  return Array.from({ length: count }, (_, place) => {
    const index = indexOf(place, node.shape);
    return { ...plain, name: `${name}[${index.join(", ")}]`, index, ...at(place) };
  });
}

function indexOf(place, shape) {
  let rest = place;
  return [...shape].reverse().map((size) => {
    const at = rest % size;
    rest = Math.floor(rest / size);
    return at;
  }).reverse();
}

/** A number of a recorded value: the value itself, or one of its elements; NaN where it is not there. */
function elementAt(value, place) {
  return place < 0 ? numberOf(value) : numberOf(elementsOf(value)[place] ?? null);
}

function elementOrNull(value, place) {
  const number = elementAt(value, place);
  return place < 0 && typeof value === "object" ? null : number;
}

/** A value at the frame, also where the forward pass has not come to it yet. */
export function shown(scene, i) {
  const view = nodeView(scene, i);
  return view.state === "pending" ? { value: scene.pass.values[i] } : view;
}

export function placeOf(graph, name) {
  return graph?.nodes.findIndex(({ kind, variable, id }) => (variable || id) === name && (kind === "leaf" || kind === "constant")) ?? -1;
}

function numberOf(value) {
  return value === null || typeof value === "object" ? NaN : Number(value);
}

/**
 * The axes to show: those that were chosen if they are there, else the first followed ones. The second may be null.
 *
 * @param {{name: string}[]} scalars
 * @param {{x: string | null, y: string | null}} chosen a `y` of "" asks for none
 */
export function axesOf(scalars, chosen) {
  const names = scalars.map(({ name }) => name);
  const x = names.includes(chosen.x) ? chosen.x : (names[0] ?? null);
  if (chosen.y === "") return { x, y: null };
  const y = names.includes(chosen.y) && chosen.y !== x ? chosen.y : (names.find((name) => name !== x) ?? null);
  return { x, y };
}

/**
 * Where a run went: a point before each pass, and where the last update led. A coordinate that the trace does not hold
 * is what the source says.
 *
 * @param {any} trace
 * @param {{variable: string, place: number, value: number}[]} axes
 * @returns {{pass: number, at: number[], loss: number}[]}
 */
export function pathOf(trace, axes) {
  const graphs = new Map(trace.graphs.map((graph) => [graph.id, graph]));
  const points = trace.passes.map((pass, p) => ({
    pass: p,
    at: axes.map((axis) => valueIn(graphs.get(pass.graph), pass, axis)),
    loss: numberOf(pass.loss),
  }));
  const end = endOf(trace, axes, points.at(-1));
  return end ? [...points, end] : points;
}

function valueIn(graph, pass, { variable, place, value }) {
  const i = placeOf(graph, variable);
  return i < 0 ? value : elementAt(pass.values[i] ?? null, place);
}

/** What the updates after the last pass made of it; null if there was none. */
function endOf(trace, axes, last) {
  const update = trace.updates.at(-1);
  if (!last || !update || update.pass !== last.pass) return null;
  const at = axes.map(({ variable, place }, k) => {
    const change = update.parameters.find((one) => (one.variable || one.node) === variable);
    return change ? elementAt(change.after, place) : last.at[k];
  });
  return at.every((value, k) => value === last.at[k]) ? null : { pass: last.pass + 1, at, loss: NaN };
}

/** How far along a path the run is: an update has left for the next point. */
export function reachedOf(path, pass, hasMoved) {
  const at = path.findLastIndex((point) => point.pass <= Math.max(0, pass));
  return Math.max(0, at) + (hasMoved ? 1 : 0);
}

/**
 * The stretch of each axis: around the path, or around a point that never moved.
 *
 * @param {{at: number[]}[]} path
 * @param {number} zoom 1 shows all of the path, 2 half of it
 * @param {number | null} ratio width of the picture by its height, for two axes
 * @returns {[number, number][]}
 */
export function windowOf(path, zoom = 1, ratio = null) {
  const count = path[0]?.at.length ?? 0;
  const stretches = Array.from({ length: count }, (_, k) => stretchOf(path.map(({ at }) => at[k]), zoom));
  return ratio && count === 2 ? alike(stretches, ratio) : stretches;
}

function stretchOf(values, zoom) {
  const start = values.find(Number.isFinite) ?? 0;
  const stride = Math.abs((values[1] ?? start) - start) || 0;
  const near = values.filter((value) => Math.abs(value - start) <= FARTHEST * (1 + Math.abs(start) + Math.min(stride, 1e6)));
  const low = Math.min(...near, start);
  const high = Math.max(...near, start);
  const still = Math.max(2, 1.25 * Math.abs(start));
  const half = high > low ? Math.max((high - low) * (0.5 + AROUND), 1e-6 * (Math.abs(low) + Math.abs(high))) : still;
  const middle = (low + high) / 2;
  return [middle - half / zoom, middle + half / zoom];
}

/** Widen the shorter axis so that a unit is as long on both, where that costs little. */
function alike([x, y], ratio) {
  const [across, up] = [(x[1] - x[0]) / ratio, y[1] - y[0]];
  if (across / up > ALIKE || up / across > ALIKE) return [x, y];
  return across > up ? [x, widened(y, across / up)] : [widened(x, up / across), y];
}

function widened([low, high], factor) {
  const middle = (low + high) / 2;
  return [middle - (middle - low) * factor, middle + (high - middle) * factor];
}

/** Losses at which contours are drawn: each band holds as many cells as another, so that no landscape looks flat. */
export function levelsOf(losses) {
  const sorted = losses.filter(Number.isFinite).sort((a, b) => a - b);
  const levels = Array.from({ length: LEVELS }, (_, k) => sorted[Math.floor(((k + 1) * sorted.length) / (LEVELS + 1))]);
  return [...new Set(levels)].filter((level) => level > sorted[0]);
}

/** The cell with the lowest loss; -1 if none is a number. */
export function lowestCell(losses) {
  return losses.reduce((best, loss, i) => (Number.isFinite(loss) && !(losses[best] <= loss) ? i : best), -1);
}

/** The slope and height of a curve at a place, between its points. */
export function readCurve(line, losses, at) {
  const step = (line[1] - line[0]) / (losses.length - 1);
  const place = (at - line[0]) / step;
  const i = Math.min(losses.length - 2, Math.max(0, Math.floor(place)));
  return losses[i] + (losses[i + 1] - losses[i]) * (place - i);
}

/** A place as a person would write it: no finer than can be pointed at. */
export function rounded(value, [low, high]) {
  const digits = Math.max(0, Math.min(12, Math.ceil(-Math.log10((high - low) / 200))));
  return Number(value.toFixed(digits));
}

/** Round numbers on an axis, four to eight of them. */
export function ticksOf([low, high]) {
  const raw = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((one) => one >= raw) ?? raw;
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.max(0, Math.floor(high / step + 1e-9) - first + 1) }, (_, k) => Number(((first + k) * step).toPrecision(12)));
}
