// A guess, and how far it is off. Pure.

import { elementsOf, formatNumber } from "./format.js";
import { placeOf } from "./series.js";

/** Relative errors up to these count as near, and as nothing but rounding. */
const NEAR = 0.1;
const ROUNDING = 2e-3;
const ROUNDED = 0.05;
const MOST_FACTOR = 12;
const WORDS = { nan: NaN, inf: Infinity, infinity: Infinity, "∞": Infinity };
const TOKEN = /\s*(\*\*|[-+*/^()]|(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|[a-z∞]+)/iy;

/**
 * The number that a person wrote: also `2*8`, `1/3`, `4**2`, `-inf`; null if it is none.
 *
 * @param {string} text
 * @returns {number | null}
 */
export function readGuess(text) {
  const tokens = tokensOf(text.replaceAll("−", "-").replaceAll("×", "*").trim());
  if (!tokens || tokens.length === 0 || tokens.length > 60) return null;
  const reader = { tokens, at: 0 };
  const number = sum(reader);
  return number === null || reader.at < tokens.length ? null : number;
}

function tokensOf(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) return null;
    tokens.push(match[1]);
  }
  return tokens;
}

function sum(reader) {
  let left = product(reader);
  while (left !== null && ["+", "-"].includes(reader.tokens[reader.at])) {
    const sign = reader.tokens[reader.at++] === "+" ? 1 : -1;
    const right = product(reader);
    left = right === null ? null : left + sign * right;
  }
  return left;
}

function product(reader) {
  let left = power(reader);
  while (left !== null && ["*", "/"].includes(reader.tokens[reader.at])) {
    const isTimes = reader.tokens[reader.at++] === "*";
    const right = power(reader);
    left = right === null ? null : isTimes ? left * right : left / right;
  }
  return left;
}

function power(reader) {
  const token = reader.tokens[reader.at];
  if (token === "-" || token === "+") {
    reader.at += 1;
    const inner = power(reader);
    return inner === null ? null : token === "-" ? -inner : inner;
  }
  const base = atom(reader);
  if (base === null || !["**", "^"].includes(reader.tokens[reader.at])) return base;
  reader.at += 1;
  const exponent = power(reader);
  return exponent === null ? null : base ** exponent;
}

function atom(reader) {
  const token = reader.tokens[reader.at++];
  if (token === "(") {
    const inner = sum(reader);
    return reader.tokens[reader.at++] === ")" ? inner : null;
  }
  if (token === undefined) return null;
  const word = token.toLowerCase();
  if (Object.hasOwn(WORDS, word)) return WORDS[word];
  return /^[\d.]/.test(token) ? Number(token) : null;
}

/**
 * What may be guessed of a value: the number itself; of a tensor an element or its norm, or of a large one what the
 * trace keeps of it.
 *
 * @param {any} value as it stands in a trace
 * @returns {{name: string, actual: number}[]} names: "" for a number, "norm", or an element's place such as "0, 1"
 */
export function targetsOf(value) {
  if (value === null || value === undefined) return [];
  if (typeof value !== "object") return [{ name: "", actual: Number(value) }];
  if (value.statistics) return ["norm", "max", "min", "mean"].filter((name) => value.statistics[name] !== null).map((name) => ({ name, actual: Number(value.statistics[name]) }));
  if (!value.data || value.dtype.startsWith("complex")) return [];
  const elements = elementsOf(value).map(Number);
  const norm = Math.sqrt(elements.reduce((total, element) => total + element * element, 0));
  return [...elements.map((actual, k) => ({ name: placeOf(k, value.shape).join(", "), actual })), { name: "norm", actual: norm }];
}

/**
 * How a guess compares with the number.
 *
 * @param {string} text the guess as it was written: it may be rounded as far as its digits go
 * @param {number} actual
 * @returns {{verdict: string, difference: number, relative: number | null, factor: number | null} | null} null for what
 *   is no number; `relative` is a share of the number, null where that is 0 or not finite
 */
export function judgeGuess(text, actual) {
  const guess = readGuess(text);
  if (guess === null) return null;
  const difference = guess - actual;
  const relative = actual !== 0 && Number.isFinite(actual) ? Math.abs(difference / actual) : null;
  const found = { difference, relative, factor: null };
  if (isExact(guess, actual)) return { ...found, verdict: "exact" };
  if (!Number.isFinite(actual)) return { ...found, verdict: "not-finite" };
  if (actual === 0) return { ...found, verdict: "is-zero" };
  if (isRounded(text, Math.abs(difference), relative)) return { ...found, verdict: "rounded" };
  if (Math.abs(guess + actual) <= ROUNDED * Math.abs(actual)) return { ...found, verdict: "sign" };
  if (relative <= NEAR) return { ...found, verdict: "near" };
  const factor = factorOf(guess, actual);
  return { ...found, factor, verdict: factor === null ? "off" : "factor" };
}

/** The same number as far as the page prints it, which is finer than anybody guesses. */
function isExact(guess, actual) {
  if (Number.isNaN(actual)) return Number.isNaN(guess);
  return guess === actual || formatNumber(guess) === formatNumber(actual);
}

/** Half a unit of the last digit that was written, where several digits were. */
function isRounded(text, difference, relative) {
  if (relative <= ROUNDING) return true;
  const match = /^\s*[-+−]?(\d*)\.?(\d*)\s*$/.exec(text);
  if (!match || relative > ROUNDED) return false;
  const digits = (match[1] + match[2]).replace(/^0+/, "").length;
  return digits >= 2 && difference <= 0.5 * 10 ** -match[2].length * (1 + 1e-9);
}

/** A whole number of times too large (2) or too small (-2): a term counted twice, or one forgotten. */
function factorOf(guess, actual) {
  const ratio = guess / actual;
  for (const [share, sign] of [[ratio, 1], [1 / ratio, -1]]) {
    const whole = Math.round(share);
    if (whole >= 2 && whole <= MOST_FACTOR && Math.abs(share - whole) < 0.01 * whole) return sign * whole;
  }
  return null;
}
