// What is asked of the server about a landscape, and what it is a slice of. Pure.

import { elementsOf } from "./format.js";
import { isExpression, leavesOf, nodeNamed, placeOf, shown } from "./landscape.js";
import { valueOf } from "./names.js";
import { variablesOf } from "./source.js";

/** Planes through all parameters at once; each direction has so many points. */
const DIRECTIONS = ["random", "pca"];
const ACROSS = 49;
/** So many held numbers are named. */
const MOST_NAMED = 8;

/**
 * The planes that a run can be shown over: two chosen numbers, or two directions through all of its parameters.
 *
 * @param {any} state
 * @param {any} scene
 * @param {any[]} scalars as `scalarsOf` gives them
 */
export function planesOf(state, scene, scalars) {
  const numbers = leavesOf(scene).reduce((sum, { name }) => sum + sizeOf(nodeNamed(scene, name)), 0);
  const isWide = numbers > 2 && state.opened === null && scene.pass !== null;
  const named = DIRECTIONS.filter((name) => isWide && (name === "random" || state.trace.updates.length > 1));
  return scalars.length > 0 ? ["axes", ...named] : named;
}

function sizeOf(node) {
  return /float/.test(node?.dtype ?? "") ? (node.shape ?? []).reduce((product, size) => product * size, 1) : 0;
}

/**
 * The body of `POST /api/landscape` at a frame; null where the page cannot know the loss elsewhere.
 *
 * @param {any} state
 * @param {any} scene
 * @param {{name: string, variable: string, index: number[] | null, from: number, to: number, count: number}[]} grid the last is the fastest
 */
export function landscapeBody(state, scene, grid) {
  const axes = grid.map(({ variable, index, from, to, count }) => ({ variable, ...(index && { index }), start: from, stop: to, count }));
  if (isExpression(state)) return state.isStale ? null : expressionBody(state.source, scene, axes);
  return sliceBody(state, scene, { axes, gradients: axes.length === 1 });
}

/** The same over two directions through all parameters, `reach` times as far as the usual window. */
export function planeBody(state, scene, kind, reach) {
  return sliceBody(state, scene, { directions: { kind, reach, count: ACROSS } });
}

/** A program runs again up to the pass on show; everything else keeps the value it had when that began. */
function sliceBody({ trace, source, opened }, { frame }, plane) {
  if (opened !== null || frame.pass < 0) return null;
  return { program: trace.program, seed: source.seed, pass: numberOfPass(trace, frame.pass), ...plane };
}

/** Of a long run some passes are left out: the others keep their numbers. */
export function numberOfPass({ passes }, p) {
  return passes[p]?.number ?? p;
}

function expressionBody(source, scene, axes) {
  const variables = variablesOf(source).map(({ name, value, requires_grad }) => [name, { value: heldValue(scene, name) ?? valueOf(value), requires_grad }]);
  return { expression: source.expression, axes, variables: Object.fromEntries(variables), gradients: axes.length === 1, sum: source.sum, seed: source.seed };
}

/** The value of a variable at the frame if the trace has it whole and finite; null for what the source says. */
function heldValue(scene, name) {
  const i = placeOf(scene.topology?.graph, name);
  if (i < 0 || !scene.pass) return null;
  const { value } = shown(scene, i);
  if (typeof value === "number") return value;
  return value?.data && /float/.test(value.dtype) && elementsOf(value).every((one) => typeof one === "number") ? value.data : null;
}

/** Does an answer speak of this plane? One about other numbers says nothing here. */
export function isAbout({ body }, plane, axes) {
  if (plane !== "axes") return body.directions?.kind === plane;
  const asked = [...(body.axes ?? [])].reverse();
  return asked.length === axes.length && asked.every(({ variable, index = null }, k) => variable === axes[k].variable && String(index) === String(axes[k].index));
}

/**
 * An answer as a relief: rows from the lowest on, each from left to right.
 *
 * @returns {{losses: number[], across: number, up: number, windows: any[]}}
 */
export function gridOf({ body, losses, slice }) {
  if (body.axes) {
    const [first, second] = [...body.axes].reverse();
    return { losses, across: first.count, up: second?.count ?? 1, windows: [[first.start, first.stop], second && [second.start, second.stop]] };
  }
  // The first direction is the slow one, and lies across.
  const [across, up] = slice.coordinates.map((line) => line.length);
  const turned = Array.from({ length: across * up }, (_, cell) => losses[(cell % across) * up + Math.floor(cell / across)]);
  return { losses: turned, across, up, windows: slice.coordinates.map((line) => [Number(line[0]), Number(line.at(-1))]) };
}

/**
 * The numbers that are held while the axes move: a few by name and value, tensors by name, and how many more there are.
 *
 * @param {any} state
 * @param {any} scene
 * @param {any[]} scalars
 * @param {any[]} axes
 * @returns {{named: {name: string, value: number}[], tensors: string[], more: number}}
 */
export function heldOf(state, scene, scalars, axes) {
  const isOwn = isExpression(state);
  const names = isOwn ? variablesOf(state.source).map(({ name }) => name) : leavesOf(scene).map(({ name }) => name);
  const held = scalars.filter(({ place, name }) => place < 0 && !axes.some((axis) => axis.name === name));
  const rest = names.filter((name) => !axes.some((axis) => axis.variable === name && axis.place < 0) && !held.some((one) => one.name === name));
  const tensors = rest.filter((name) => !isMoved(nodeNamed(scene, name), axes));
  const named = held.map(({ name, value, held: before }) => ({ name, value: isOwn ? value : before }));
  return { named: named.slice(0, MOST_NAMED), tensors: tensors.slice(0, MOST_NAMED), more: Math.max(0, named.length - MOST_NAMED) + Math.max(0, tensors.length - MOST_NAMED) };
}

/** Do the axes move every element of it? */
function isMoved(node, axes) {
  return node !== null && new Set(axes.flatMap(({ node: one, place }) => (one === node ? [place] : []))).size >= sizeOf(node);
}
