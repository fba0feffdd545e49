// The numbers that were given by hand, as the nodes of the graph show them: which text they are of, and how that text
// changes with them. Pure.

import { textOf, valueOf } from "./names.js";
import { numberOfVariable, withNumber } from "./numerals.js";

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Is a text a number that may be written into a program? */
export function isNumber(text) {
  return NUMBER.test(text.trim()) && Number.isFinite(Number(text));
}

/**
 * The number from which a node's value is made, as it was written; null if it was not made of one.
 *
 * @param {any} state the page's state: what was written, and how what is on show was
 * @param {any} node
 * @returns {string | null}
 */
export function givenOf({ source, traceMode }, node) {
  if (traceMode !== source.mode || !node?.variable || (node.kind !== "leaf" && node.kind !== "constant")) return null;
  if (source.mode === "program") return numberOfVariable(source.program, node.variable, node.span)?.text ?? null;
  const entry = source.variables[node.variable];
  return entry && typeof valueOf(entry.value) === "number" ? textOf(entry.value) : null;
}

/**
 * What was written, with another number for a node.
 *
 * @param {any} source
 * @param {any} node one for which `givenOf` gives a number
 * @param {string} text the new number
 */
export function withGiven(source, node, text) {
  if (source.mode === "program") {
    const place = numberOfVariable(source.program, node.variable, node.span);
    return { ...source, program: withNumber(source.program, place, likeness(place.text, text.trim())) };
  }
  const entry = { ...source.variables[node.variable], value: Number(text) };
  return { ...source, variables: { ...source.variables, [node.variable]: entry } };
}

/** A whole number in the place of one with a point keeps the point: `torch.tensor(3)` would be of integers. */
export function likeness(former, text) {
  const plain = text.replace(/^\+/, "");
  return /[.e]/i.test(former) && !/[.e]/i.test(plain) ? `${plain}.0` : plain;
}
