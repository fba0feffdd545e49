// One element of a tensor that was written out as a list, and the text with another number in its place. Pure.

import { givenOf, likeness, withGiven } from "./givens.js";
import { valueOf } from "./names.js";
import { MAKERS, numbersIn, withNumber } from "./numerals.js";

/** What a list of numbers consists of: nothing in it is computed. */
const LIST = /^[[\](),\s\d.eE_+-]*$/;

/**
 * Where a number that may be moved was written: of a scalar its own literal, of a tensor one number of its list.
 *
 * @param {any} state the page's state
 * @param {{node: any, place: number}} axis
 * @returns {boolean}
 */
export function isGivenAxis(state, { node, place }) {
  if (place < 0) return givenOf(state, node) !== null;
  if (state.traceMode !== state.source.mode || !node?.variable) return false;
  if (state.source.mode === "program") return numberOfElement(state.source.program, node, place) !== null;
  return listOf(state.source, node) !== null;
}

/**
 * What was written, with another number for an axis.
 *
 * @param {any} source
 * @param {{node: any, variable: string, place: number, value: number}} axis
 */
export function withAxis(source, { node, variable, place, value }) {
  if (place < 0) return withGiven(source, node ?? { variable }, String(value));
  if (source.mode === "program") {
    const number = numberOfElement(source.program, node, place);
    return { ...source, program: withNumber(source.program, number, likeness(number.text, String(value))) };
  }
  const counter = { left: place };
  const list = replaced(listOf(source, node), value, counter);
  return { ...source, variables: { ...source.variables, [variable]: { ...source.variables[variable], value: list } } };
}

function listOf({ variables }, { variable, shape }) {
  const value = valueOf(variables[variable]?.value);
  return Array.isArray(value) && value.flat(Infinity).length === sizeOf(shape) ? value : null;
}

function replaced(item, value, counter) {
  if (Array.isArray(item)) return item.map((one) => replaced(one, value, counter));
  counter.left -= 1;
  return counter.left === -1 ? value : item;
}

function sizeOf(shape) {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * One number of the list of which a variable's tensor is made: `W = torch.tensor([[1.0, -2.0]])`.
 *
 * @param {string} program
 * @param {{variable: string, shape: number[], span?: {line: number} | null}} node
 * @param {number} place in row-major order
 * @returns {{from: number, to: number, text: string} | null} null where there is no such list, or more than one
 */
export function numberOfElement(program, { variable, shape, span = null }, place) {
  const last = variable.split(".").at(-1) ?? "";
  if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(last)) return null;
  const pattern = new RegExp(`^[ \\t]*(?:self\\s*\\.\\s*)?${last}[ \\t]*(?::[^=\\n]+)?=[ \\t]*(?:${MAKERS}\\s*\\(\\s*(?:data\\s*=\\s*)?)+(?=\\[)`, "gmu");
  const found = [...program.matchAll(pattern)].flatMap((match) => {
    const numbers = listAt(program, match.index + match[0].length);
    return numbers?.length === sizeOf(shape) ? [{ line: program.slice(0, match.index).split("\n").length, numbers }] : [];
  });
  const own = found.length === 1 ? found : found.filter(({ line }) => line === span?.line);
  return own.length === 1 ? own[0].numbers[place] : null;
}

/** The numbers of the list that begins at an offset; null if it holds anything else. */
function listAt(program, from) {
  let depth = 0;
  for (let to = from; to < program.length; to += 1) {
    depth += { "[": 1, "]": -1 }[program[to]] ?? 0;
    if (depth > 0) continue;
    if (!LIST.test(program.slice(from, to + 1))) return null;
    return numbersIn(program).filter((number) => number.from > from && number.to <= to);
  }
  return null;
}
