// The numbers of a formula: a tree and named tensors into a tensor. Pure.
//
// A tensor here is `{shape, data}` with its elements in row-major order; scalars have shape []. What differs in shape
// is broadcast as torch does it. Arithmetic is in float64: what it gives agrees with torch's to the parameter's dtype.

import { orthogonal } from "./orthogonal.js";

/** A scalar. */
export function scalar(number) {
  return { shape: [], data: [Number(number)] };
}

const OPERATORS = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "^": (a, b) => a ** b,
};

/** NaN wins, as in `torch.maximum`. */
const CALLS = {
  sqrt: Math.sqrt,
  abs: Math.abs,
  sign: Math.sign,
  max: (a, b) => Math.max(a, b),
  min: (a, b) => Math.min(a, b),
  /** `choose(s, up, down, same)`: by the sign of s. */
  choose: (s, up, down, same) => (s > 0 ? up : s < 0 ? down : same),
};

const REDUCTIONS = {
  norm: (a) => scalar(norm(a)),
  rms: (a) => scalar(norm(a) / Math.sqrt(a.data.length)),
  mean: (a) => scalar(a.data.reduce((sum, x) => sum + x, 0) / a.data.length),
  rowmean: (a) => rowMeans(a),
  colmean: (a) => columnMeans(a),
  orthogonal: (a, ...numbers) => orthogonal(a, numbers.map(({ data }) => data[0])),
};

/** The calls whose value is no element-by-element affair. */
export const WHOLE = new Set(Object.keys(REDUCTIONS));

/**
 * @param {any} tree as `parse` gives it
 * @param {Record<string, {shape: number[], data: number[]}>} scope
 * @returns {{shape: number[], data: number[]}}
 */
export function evaluate(tree, scope) {
  switch (tree.kind) {
    case "number":
      return scalar(tree.value);
    case "name":
      if (!Object.hasOwn(scope, tree.name)) throw new ReferenceError(tree.name);
      return scope[tree.name];
    case "minus":
      return elementwise((x) => -x, [evaluate(tree.of, scope)]);
    case "@":
      return product(evaluate(tree.left, scope), evaluate(tree.right, scope));
    case "call":
      return call(tree.name, tree.of.map((one) => evaluate(one, scope)));
    default:
      return elementwise(OPERATORS[tree.kind], [evaluate(tree.left, scope), evaluate(tree.right, scope)]);
  }
}

function call(name, values) {
  if (WHOLE.has(name)) return REDUCTIONS[name](...values);
  if (!Object.hasOwn(CALLS, name)) throw new ReferenceError(name);
  return elementwise(CALLS[name], values);
}

function elementwise(operate, values) {
  const shape = values.map((value) => value.shape).reduce(commonShape);
  const count = shape.reduce((all, size) => all * size, 1);
  const data = Array.from({ length: count }, (_, k) => operate(...values.map((value) => value.data[placeIn(value, shape, k)])));
  return { shape, data };
}

function commonShape(one, other) {
  const [long, short] = one.length >= other.length ? [one, other] : [other, one];
  const gap = long.length - short.length;
  return long.map((size, axis) => (axis < gap || short[axis - gap] === 1 ? size : size === 1 ? short[axis - gap] : size));
}

/** Which element of a broadcast tensor stands at place k of the common shape. */
export function placeIn({ shape, data }, common, k) {
  if (data.length === 1) return 0;
  let [place, stride, rest] = [0, 1, k];
  for (let axis = common.length - 1; axis >= 0; axis -= 1) {
    const size = shape[axis - (common.length - shape.length)] ?? 1;
    if (size > 1) place += (rest % common[axis]) * stride;
    stride *= size;
    rest = Math.floor(rest / common[axis]);
  }
  return place;
}

function norm({ data }) {
  return Math.sqrt(data.reduce((sum, x) => sum + x * x, 0));
}

/** Means over the last axis, which stays with size 1. */
function rowMeans({ shape, data }) {
  const size = shape.at(-1) ?? 1;
  const rows = Array.from({ length: data.length / size }, (_, r) => data.slice(r * size, (r + 1) * size).reduce((sum, x) => sum + x, 0) / size);
  return { shape: [...shape.slice(0, -1), 1], data: rows };
}

/** Means over the last axis but one, which stays with size 1; of a matrix. */
function columnMeans({ shape, data }) {
  const [rows, columns] = shape.slice(-2);
  const means = Array.from({ length: columns }, (_, c) => data.filter((_, k) => k % columns === c).reduce((sum, x) => sum + x, 0) / rows);
  return { shape: [1, columns], data: means };
}

function product(a, b) {
  const [rows, inner] = a.shape;
  const columns = b.shape[1];
  const data = Array.from({ length: rows * columns }, (_, k) => {
    const [r, c] = [Math.floor(k / columns), k % columns];
    return Array.from({ length: inner }, (_, i) => a.data[r * inner + i] * b.data[i * columns + c]).reduce((sum, x) => sum + x, 0);
  });
  return { shape: [rows, columns], data };
}
