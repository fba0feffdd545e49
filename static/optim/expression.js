// The language of the update formulas: text into a tree. Pure.
//
// A formula is written once, as a person would write it in a program; its typeset form and its numbers are both made
// from that one tree, so what is shown is what is computed. A prime marks what an optimizer held before the step.

const TOKEN = /\s*(?:(\d+(?:\.\d+)?(?:e[+-]?\d+)?)|([A-Za-z_]\w*'?)|(.))/y;

/** @typedef {{kind: "number", value: number} | {kind: "name", name: string} | {kind: "minus", of: Tree} | {kind: "call", name: string, of: Tree[]} | {kind: string, left: Tree, right: Tree}} Tree */

const trees = new Map();

/**
 * The tree of a formula's text; the same object for the same text.
 *
 * @param {string} text sums, products, quotients, powers (`^`), matrix products (`@`), calls
 * @returns {any}
 */
export function parse(text) {
  if (!trees.has(text)) trees.set(text, parsed(text));
  return trees.get(text);
}

function parsed(text) {
  const reader = { tokens: tokensOf(text), at: 0, text };
  const tree = sum(reader);
  if (reader.at < reader.tokens.length) fail(reader);
  return tree;
}

function tokensOf(text) {
  const tokens = [];
  const pattern = new RegExp(TOKEN);
  for (let found = pattern.exec(text); found; found = pattern.exec(text)) tokens.push({ number: found[1], name: found[2], sign: found[3] });
  return tokens;
}

function fail({ text, at }) {
  throw new SyntaxError(`token ${at} of ${text}`);
}

function takes(reader, signs) {
  const sign = reader.tokens[reader.at]?.sign;
  if (!sign || !signs.includes(sign)) return null;
  reader.at += 1;
  return sign;
}

function sum(reader) {
  let left = product(reader);
  for (let sign = takes(reader, "+-"); sign; sign = takes(reader, "+-")) left = { kind: sign, left, right: product(reader) };
  return left;
}

function product(reader) {
  let left = signed(reader);
  for (let sign = takes(reader, "*/@"); sign; sign = takes(reader, "*/@")) left = { kind: sign, left, right: signed(reader) };
  return left;
}

function signed(reader) {
  return takes(reader, "-") ? { kind: "minus", of: signed(reader) } : power(reader);
}

function power(reader) {
  const left = atom(reader);
  return takes(reader, "^") ? { kind: "^", left, right: signed(reader) } : left;
}

function atom(reader) {
  if (takes(reader, "(")) return closed(reader, sum(reader));
  const token = reader.tokens[reader.at];
  reader.at += 1;
  if (token?.number) return { kind: "number", value: Number(token.number) };
  if (!token?.name) return fail(reader);
  return takes(reader, "(") ? { kind: "call", name: token.name, of: list(reader) } : { kind: "name", name: token.name };
}

function list(reader) {
  const items = [sum(reader)];
  while (takes(reader, ",")) items.push(sum(reader));
  return closed(reader, items);
}

function closed(reader, inside) {
  return takes(reader, ")") ? inside : fail(reader);
}
