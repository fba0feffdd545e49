// A formula as it is typeset: from a tree into KaTeX's language, once in symbols and once in numbers. Pure.

import { numberOf } from "../formula.js";
import { WHOLE, evaluate, placeIn } from "./evaluate.js";

/** The letters of torch's own documentation, where it has some. */
const SYMBOLS = {
  p: "\\theta_{t-1}",
  p_new: "\\theta_t",
  g: "g_t",
  t: "t",
  lr: "\\gamma",
  weight_decay: "\\lambda",
  momentum: "\\mu",
  dampening: "\\tau",
  beta1: "\\beta_1",
  beta2: "\\beta_2",
  eps: "\\epsilon",
  eps1: "\\epsilon_1",
  eps2: "\\epsilon_2",
  alpha: "\\alpha",
  rho: "\\rho_t",
  rho_inf: "\\rho_\\infty",
  beta: "\\beta_t",
  lr_decay: "\\zeta",
  momentum_decay: "\\psi",
  lambd: "\\lambda_0",
  t0: "t_0",
  etaplus: "\\eta^{+}",
  etaminus: "\\eta^{-}",
  step_size_min: "\\Gamma_{\\min}",
  step_size_max: "\\Gamma_{\\max}",
  beta2_decay: "\\tau",
  ns_a: "a",
  ns_b: "b",
  ns_c: "c",
  ns_steps: "k",
  m_hat: "\\hat m_t",
  v_hat: "\\hat v_t",
  mu_next: "\\mu_{t+1}",
  eta: "\\eta_t",
  mu: "\\mu_t",
  tau: "t_k",
  g_flat: "g_k",
  rows: "A",
  columns: "B",
};

/** Options whose letter means something else in one optimizer. */
const OWN = { Adadelta: { rho: "\\rho" }, Adafactor: { d: "d" }, LBFGS: { d: "d_k" } };

/** The symbol of a name; a prime is what was held one step ago. */
export function symbolOf(name, optimizer) {
  if (name.endsWith("'")) return symbolOf(name.slice(0, -1), optimizer).replace(/_t$/, "_{t-1}");
  return OWN[optimizer]?.[name] ?? SYMBOLS[name] ?? `${name}_t`;
}

/** The tree in symbols. */
export function inSymbols(tree, optimizer) {
  return write(tree, { leaf: (name) => symbolOf(name, optimizer), whole: null }).latex;
}

/**
 * The tree in numbers, for one element of a tensor.
 *
 * @param {any} tree
 * @param {Record<string, any>} scope
 * @param {{shape: number[], k: number}} place which element of which shape
 */
export function inNumbers(tree, scope, place) {
  const number = (value) => numberOf(numberFrom(value.data[placeIn(value, place.shape, place.k)])).latex;
  return write(tree, { leaf: (name) => number(scope[name]), whole: (part) => number(evaluate(part, scope)) }).latex;
}

/** JSON has words for what is no finite number; so have printed numbers. */
function numberFrom(number) {
  return Number.isFinite(number) ? number : String(number);
}

const SUM = 1;
const PRODUCT = 2;
const ATOM = 4;

/** @returns {{latex: string, rank: number}} */
function write(tree, words) {
  switch (tree.kind) {
    case "number":
      return { latex: String(tree.value), rank: ATOM };
    case "name":
      return leaf(words.leaf(tree.name));
    case "minus":
      return { latex: `-${within(write(tree.of, words), PRODUCT)}`, rank: SUM };
    case "call":
      return words.whole && WHOLE.has(tree.name) ? leaf(words.whole(tree)) : call(tree, words);
    case "@":
      return words.whole ? leaf(words.whole(tree)) : pair(tree, words, "\\,");
    default:
      return operation(tree, words);
  }
}

/** A number below zero is bracketed like a sum. */
function leaf(latex) {
  return { latex, rank: latex.startsWith("-") ? SUM : latex.includes("{\\cdot}") ? PRODUCT : ATOM };
}

function within({ latex, rank }, least) {
  return rank >= least ? latex : `(${latex})`;
}

function operation({ kind, left, right }, words) {
  const [one, other] = [write(left, words), write(right, words)];
  if (kind === "+") return { latex: `${one.latex} + ${within(other, other.latex.startsWith("-") ? PRODUCT : SUM)}`, rank: SUM };
  if (kind === "-") return { latex: `${one.latex} - ${within(other, PRODUCT)}`, rank: SUM };
  if (kind === "/") return { latex: `\\frac{${one.latex}}{${other.latex}}`, rank: PRODUCT };
  if (kind === "^") return { latex: `${within(one, ATOM)}^{${other.latex}}`, rank: PRODUCT };
  return pair({ left, right }, words, words.whole ? " \\cdot " : " \\, ");
}

function pair({ left, right }, words, sign) {
  return { latex: `${within(write(left, words), PRODUCT)}${sign}${within(write(right, words), PRODUCT)}`, rank: PRODUCT };
}

const CALLS = {
  sqrt: ([of]) => `\\sqrt{${of}}`,
  abs: ([of]) => `|${of}|`,
  norm: ([of]) => `\\lVert ${of} \\rVert`,
  rowmean: ([of]) => `\\overline{${of}}^{\\,\\mathrm{row}}`,
  colmean: ([of]) => `\\overline{${of}}^{\\,\\mathrm{col}}`,
  mean: ([of]) => `\\overline{${of}}`,
  orthogonal: ([of]) => `\\mathrm{NS}_{k}(${of};\\, a, b, c)`,
  choose: ([s, up, down, same]) => `[\\,${s} > 0 :\\ ${up};\\ \\ ${s} < 0 :\\ ${down};\\ \\ ${s} = 0 :\\ ${same}\\,]`,
};

function call({ name, of }, words) {
  const parts = of.map((part) => write(part, words).latex);
  const latex = CALLS[name]?.(parts) ?? `${name === "max" || name === "min" ? `\\${name}` : `\\mathrm{${name}}`}(${parts.join(",\\, ")})`;
  return { latex, rank: ATOM };
}
