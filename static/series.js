// The curves of a run: one number a pass for the loss and for each parameter, as torch gave them.

import { HIDDEN, elementsOf } from "./format.js";
import { topologyOf } from "./topology.js";

/** Tensors up to this many elements get one curve an element. */
const MOST_ELEMENTS = 9;

/** More curves than this no eye can follow. */
export const MOST_CURVES = 24;

/**
 * The loss of each pass.
 *
 * @returns {{name: string, numbers: (number | null)[], marks: {pass: number, value: string}[]}} a gap (null) where
 *   there is no number; `marks` tells where that is because it was NaN or infinite
 */
export function lossOf(trace) {
  return curve("loss", trace.passes.map((pass) => (typeof pass.loss === "object" ? null : pass.loss)));
}

/**
 * A curve for each followed scalar, and for each element of small followed tensors.
 *
 * @param {"value" | "gradient"} quantity the leaf's value in the forward pass, or its `.grad` after the backward pass
 */
export function parametersOf(trace, quantity) {
  const columns = new Map();
  const graphs = new Map(trace.graphs.map((graph) => [graph.id, graph]));
  trace.passes.forEach((pass, p) => {
    const graph = graphs.get(pass.graph);
    if (graph) addPass(columns, graph, pass, { p, quantity });
  });
  const found = [...columns].map(([name, numbers]) => curve(name, padded(numbers, trace.passes.length)));
  return found.filter(({ numbers, marks }) => marks.length > 0 || numbers.some((number) => number !== null));
}

function addPass(columns, graph, pass, { p, quantity }) {
  for (const i of leavesOf(graph)) {
    const node = graph.nodes[i];
    const value = quantity === "value" ? pass.values[i] : (pass.accumulated[node.id] ?? pass.gradients[i]);
    for (const [name, number] of namedElements(node, value ?? null)) {
      if (!columns.has(name) && columns.size >= MOST_CURVES) return;
      if (!columns.has(name)) columns.set(name, []);
      columns.get(name)[p] = number;
    }
  }
}

const leaves = new WeakMap();

function leavesOf(graph) {
  const known = leaves.get(graph);
  if (known) return known;
  const found = topologyOf(graph).graph.nodes.flatMap((node, i) => (node.kind === "leaf" ? [i] : []));
  leaves.set(graph, found);
  return found;
}

/** A scalar under its name; a small tensor's elements under `W[0, 1]`. */
function namedElements(node, value) {
  const name = node.variable ?? node.label ?? node.id;
  if (value === null) return [];
  if (typeof value !== "object") return [[name, value]];
  const elements = elementsOf(value);
  if (elements.length === 0 || elements.length > MOST_ELEMENTS || value.dtype.startsWith("complex")) return [];
  return elements.map((element, k) => [`${name}[${placeOf(k, value.shape).join(", ")}]`, element]);
}

/** The indices of the k-th element in row-major order. */
export function placeOf(k, shape) {
  const place = [];
  let rest = k;
  for (const size of [...shape].reverse()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return place;
}

function padded(numbers, length) {
  return Array.from({ length }, (_, p) => numbers[p] ?? null);
}

function curve(name, recorded) {
  const values = recorded.map((value) => (value === HIDDEN ? null : value));
  const numbers = values.map((value) => (value !== null && Number.isFinite(Number(value)) ? Number(value) : null));
  const marks = values.flatMap((value, pass) => {
    return value === null || Number.isFinite(Number(value)) ? [] : [{ pass, value: String(value) }];
  });
  return { name, numbers, marks };
}
