// The chain rule at a node as a formula with its numbers: once for KaTeX, once as plain text. Pure.

import { contributionsTo, derivativesOf } from "./chain.js";
import { formatNumber } from "./format.js";
import { isFollowed } from "./topology.js";

/** More terms than this make a formula that nobody reads. */
const MOST_TERMS = 4;

/** Letters for what the program gave no name, by the part it plays. */
const LETTERS = { node: ["v", "q"], consumer: ["u", "r"], input: ["w", "s"], loss: ["L", "E"] };

/**
 * How the gradient of a node came about: the sum of upstream × local over those who used its value.
 *
 * @param {any} scene
 * @param {number} i place of the node
 * @returns {{latex: string, text: string, names: {symbol: string, node: any}[]} | null}
 */
export function gradientFormula(scene, i) {
  const contributions = contributionsTo(scene, i);
  const { nodes } = scene.topology.graph;
  if (!scene.pass || contributions.length === 0) return null;
  const shown = contributions.slice(0, MOST_TERMS);
  const symbols = symbolsOf(scene, { node: [nodes[i]], consumer: shown.map(({ from }) => from) });
  const own = symbols.get(nodes[i]);
  const terms = shown.map(({ edge, from, flow }, k) => {
    const j = scene.topology.edgePlaces.get(edge.id);
    const isTwin = shown.some((other, at) => at !== k && other.from === from);
    return termOf({ scene, symbols, from, j, flow, variable: isTwin ? primed(own, edge.slot) : own });
  });
  const total = scene.pass.gradients[i] ?? null;
  const hasMore = contributions.length > shown.length;
  return write({ left: partial(symbols.loss, own), terms, total, symbols, hasMore, sign: "=" });
}

/**
 * What one input of a node gets: upstream × local = downstream; `+=` where it is not the only one to send there.
 *
 * @param {any} scene
 * @param {number} i place of the node
 * @returns {{latex: string, text: string, names: {symbol: string, node: any}[]}[]}
 */
export function inputFormulas(scene, i) {
  const { graph, targets, edgePlaces, consumers } = scene.topology;
  const rows = derivativesOf(scene, i).filter(({ flow, to }) => flow !== null && isFollowed(to));
  return rows.slice(0, MOST_TERMS).map(({ edge, to, flow }) => {
    const symbols = symbolsOf(scene, { node: [graph.nodes[i]], input: [to] });
    const j = edgePlaces.get(edge.id);
    const isTwin = rows.some((other) => other.edge !== edge && other.to === to);
    const own = symbols.get(to);
    const variable = isTwin ? primed(own, edge.slot) : own;
    const term = termOf({ scene, symbols, from: graph.nodes[i], j, flow, variable });
    const isOne = consumers[targets[j]].length === 1;
    return write({ left: partial(symbols.loss, own), terms: [term], total: flow, symbols, hasMore: false, sign: isOne ? "=" : "+=" });
  });
}

/** One contribution: its symbols, and its numbers where upstream and local are one number each. */
function termOf({ scene, symbols, from, j, flow, variable }) {
  const { pass, topology } = scene;
  const upstream = pass.gradients[topology.sources[j]] ?? null;
  const local = pass.derivatives[j] ?? null;
  const isNumbers = isScalar(upstream) && isScalar(local);
  const [above, rule] = [partial(symbols.loss, symbols.get(from)), partial(symbols.get(from), variable)];
  const jacobian = { latex: `\\left(${rule.latex}\\right)^{\\!\\top}\\!${above.latex}`, text: `(${rule.text})ᵀ · ${above.text}` };
  const product = { latex: `${above.latex}\\cdot ${rule.latex}`, text: `${above.text} · ${rule.text}` };
  const numbers = isNumbers ? times(numberOf(upstream), numberOf(local)) : isScalar(flow) ? numberOf(flow) : null;
  return { symbols: isNumbers || isScalar(flow) ? product : jacobian, numbers };
}

function isScalar(value) {
  return value !== null && typeof value !== "object";
}

/** The lines of a formula: symbols, then numbers, then the result. */
function write({ left, terms, total, symbols, hasMore, sign }) {
  const plus = (parts) => ({ latex: parts.map(({ latex }) => latex).join(" + ") + (hasMore ? " + \\cdots" : ""), text: parts.map(({ text }) => text).join(" + ") + (hasMore ? " + …" : "") });
  const lines = [plus(terms.map((term) => term.symbols))];
  const numbers = terms.map((term) => term.numbers);
  if (numbers.every(Boolean)) lines.push(plus(numbers));
  if (isScalar(total)) lines.push(numberOf(total));
  const first = sign === "=" ? "&=" : "&\\mathrel{+}=";
  const latex = `\\begin{aligned}${left.latex} ${lines.map((line, k) => `${k === 0 ? first : "&="} ${line.latex}`).join(" \\\\[3pt] ")}\\end{aligned}`;
  const text = `${left.text} ${sign} ${lines.map((line) => line.text).join(" = ")}`;
  return { latex, text, names: symbols.names };
}

function partial(above, below) {
  return { latex: `\\frac{\\partial ${above.latex}}{\\partial ${below.latex}}`, text: `∂${above.text}/∂${below.text}` };
}

/** A value that goes in twice: which of its uses is meant. */
function primed({ latex, text }, slot) {
  return { latex: `{${latex}}^{(${slot + 1})}`, text: `${text}⁽${"¹²³⁴⁵⁶⁷⁸⁹"[slot] ?? slot + 1}⁾` };
}

function times(one, other) {
  return { latex: `${one.latex} \\times ${bracketed(other).latex}`, text: `${one.text} × ${bracketed(other).text}` };
}

function bracketed({ latex, text }) {
  return text.startsWith("-") ? { latex: `(${latex})`, text: `(${text})` } : { latex, text };
}

/** A number as it is printed everywhere, in the letters of mathematics. */
export function numberOf(value) {
  const text = formatNumber(value);
  const [mantissa, exponent] = text.split("e");
  if (text === "NaN" || text === "True" || text === "False") return { latex: `\\mathrm{${text}}`, text };
  if (exponent !== undefined) return { latex: `${mantissa}{\\cdot}10^{${Number(exponent)}}`, text };
  return { latex: text.replace("∞", "\\infty "), text };
}

/**
 * A symbol for each node of a formula: the program's own name, else a letter that is still free.
 *
 * @param {any} scene
 * @param {Record<string, any[]>} parts nodes by the part they play
 */
function symbolsOf({ topology, pass }, parts) {
  const root = topology.graph.nodes[pass.order[0]] ?? null;
  const nodes = [root, ...Object.values(parts).flat()].filter(Boolean);
  const taken = new Set(nodes.map(({ variable }) => variable).filter(Boolean));
  const free = (part) => LETTERS[part].find((letter) => !taken.has(letter)) ?? LETTERS[part][0];
  const symbols = new Map();
  const names = [];
  const add = (node, letter) => {
    if (symbols.has(node)) return;
    const own = node.variable ? nameSymbol(node.variable) : null;
    symbols.set(node, own ?? { latex: letter, text: letter.replace(/_\{?(\d+)\}?/, "$1") });
    if (!own) names.push({ symbol: symbols.get(node).text, node });
  };
  if (root) add(root, free("loss"));
  for (const [part, list] of Object.entries(parts)) {
    const many = new Set(list.filter((node) => !symbols.has(node) && !node.variable)).size > 1;
    let k = 0;
    for (const node of list) add(node, many && !symbols.has(node) ? `${free(part)}_{${(k += 1)}}` : free(part));
  }
  return { loss: root ? symbols.get(root) : { latex: "L", text: "L" }, names, get: (node) => symbols.get(node) };
}

/** A name of the program; null for one in letters that the formula's fonts do not have. */
function nameSymbol(name) {
  if (/^[a-zA-Z]$/.test(name)) return { latex: name, text: name };
  if (!/^[\w.[\]]{1,24}$/.test(name)) return null;
  return { latex: `\\mathrm{${name.replaceAll("_", "\\_")}}`, text: name };
}
