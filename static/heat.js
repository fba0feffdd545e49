// Tensors as coloured tables: rows and cells of a tensor, and the step of the colour scale for each element.

import { elementsOf } from "./format.js";
import { placeOf } from "./series.js";

/** Steps on each side of zero; the style sheet has a colour for each from -STEPS to STEPS. */
export const STEPS = 5;

/**
 * The scale of some elements: the largest finite size.
 *
 * @param {any[]} elements
 */
export function scaleOf(elements) {
  const sizes = elements.map((element) => Math.abs(Number(element))).filter(Number.isFinite);
  return sizes.reduce((a, b) => Math.max(a, b), 0);
}

/**
 * The colour step of an element: -STEPS … STEPS, or the word for what is not finite.
 *
 * @returns {number | "nan" | "inf"}
 */
export function heatOf(element, scale) {
  const number = Number(element);
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return "inf";
  if (number === 0 || scale === 0) return 0;
  return Math.sign(number) * Math.max(1, Math.round((Math.abs(number) / scale) * STEPS));
}

/**
 * A tensor as a list of tables, one for each place in its leading dimensions; a vector is one row.
 *
 * @param {{shape: number[], data: any[]}} value
 * @returns {{place: number[], rows: {number: any, heat: number | string}[][]}[]}
 */
export function tablesOf(value) {
  const elements = elementsOf(value);
  const scale = scaleOf(elements);
  const width = value.shape.at(-1) ?? 1;
  const height = value.shape.at(-2) ?? 1;
  const leading = value.shape.slice(0, -2);
  const cells = elements.map((number) => ({ number, heat: heatOf(number, scale) }));
  const size = width * height;
  return Array.from({ length: size === 0 ? 0 : cells.length / size }, (_, t) => ({
    place: placeOf(t, leading),
    rows: Array.from({ length: height }, (_, r) => cells.slice(t * size + r * width, t * size + (r + 1) * width)),
  }));
}
