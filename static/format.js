// How numbers are printed: the rule of `app/layout/numbers.py`, checked against the same cases (tests/numbers.json).

const TENSOR_CHARACTERS = 25;
/** Of a number on an axis: more do not fit beside it. */
const MOST_DIGITS = 8;
/** What stands where a number is to be guessed first. */
export const HIDDEN = "?";

const WORDS = { NaN: "NaN", Infinity: "∞", "-Infinity": "-∞" };

/**
 * Print one number as it stands in a trace: at most 11 characters; a dash where there is none.
 *
 * @param {number | string | boolean | null | undefined} value
 */
export function formatNumber(value) {
  if (value === null || value === undefined) return "—";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value === HIDDEN) return HIDDEN;
  const number = Number(value);
  if (!Number.isFinite(number)) return WORDS[String(number)];
  return formatFinite(number);
}

/**
 * Print the numbers of an axis: with as many more digits as it takes to tell them apart.
 *
 * @param {(number | null)[]} ticks
 * @returns {string[]}
 */
export function formatTicks(ticks) {
  const known = new Set(ticks.filter((tick) => tick !== null)).size;
  const printed = (print) => ticks.map((tick) => (tick === null ? "" : print(tick)));
  let texts = printed(formatNumber);
  for (let digits = 5; digits <= MOST_DIGITS && new Set(texts.filter(Boolean)).size < known; digits += 1) texts = printed((tick) => String(Number(tick.toPrecision(digits))));
  return texts;
}

function formatFinite(number) {
  const size = Math.abs(number);
  const sign = number < 0 ? "-" : "";
  if (size === 0) return "0";
  if (size >= 1e3 && size < 1e6) return sign + String(Math.round(size));
  if (size >= 1e-3 && size < 1e3) return sign + String(Number(size.toPrecision(4)));
  const [mantissa, exponent] = size.toExponential(3).split("e");
  return `${sign}${Number(mantissa)}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

/** Print a part of a whole, between 0 and 1, in per cent: one digit after the point; a dash where there is none. */
export function formatShare(share) {
  if (share === null || share === undefined) return "—";
  if (share === HIDDEN) return HIDDEN;
  const perCent = Number((share * 100).toFixed(1));
  return share > 0 && perCent === 0 ? "< 0.1 %" : `${perCent} %`;
}

/**
 * Print a node's value or gradient: a scalar or a tensor, at most 25 characters.
 *
 * @param {any} value as it stands in a trace
 */
export function formatValue(value) {
  if (value === null || typeof value !== "object") return formatNumber(value);
  const text = formatTensor(value);
  return text.length <= TENSOR_CHARACTERS ? text : `${text.slice(0, TENSOR_CHARACTERS - 1)}…`;
}

function formatTensor(value) {
  if (!value.data) return rangeOfStatistics(value.statistics) || formatShape(value);
  if (value.shape.includes(0)) return "[]";
  if (value.dtype.startsWith("complex")) {
    const text = formatComplex(value.data, value.shape.length);
    return text.length <= TENSOR_CHARACTERS ? text : formatShape(value);
  }
  const elements = elementsOf(value);
  // Every element takes three characters at least, so a longer list cannot fit.
  const text = 3 * elements.length <= TENSOR_CHARACTERS + 2 ? formatNested(value.data) : null;
  return text !== null && text.length <= TENSOR_CHARACTERS ? text : rangeOf(elements) || formatShape(value);
}

/** The elements of a tensor in row-major order, as they stand in the trace; [] when only statistics were kept. */
export function elementsOf(value) {
  if (value === null || typeof value !== "object") return [value];
  return value.data ? value.data.flat(Infinity) : [];
}

function formatNested(data) {
  return Array.isArray(data) ? `[${data.map(formatNested).join(", ")}]` : formatNumber(data);
}

function formatComplex(data, depth) {
  if (depth > 0) return `[${data.map((item) => formatComplex(item, depth - 1)).join(", ")}]`;
  const [real, imaginary] = data.map(formatNumber);
  return `${real}${imaginary.startsWith("-") ? "" : "+"}${imaginary}j`;
}

function rangeOf(elements) {
  const numbers = elements.map(Number);
  const known = numbers.filter((number) => !Number.isNaN(number));
  if (known.length === 0) return numbers.length > 0 ? "NaN" : "";
  const [low, high] = known.reduce(([a, b], x) => [Math.min(a, x), Math.max(b, x)], [Infinity, -Infinity]);
  return between(low, high, known.length < numbers.length);
}

function rangeOfStatistics(statistics) {
  if (!statistics || statistics.min === null || statistics.max === null) return "";
  const { min, max, nan } = statistics;
  return min === "NaN" || max === "NaN" ? "NaN" : between(min, max, nan > 0);
}

function between(low, high, hasNaN) {
  const [first, last] = [formatNumber(low), formatNumber(high)];
  const text = low === high && !hasNaN ? `all ${first}` : `${first} … ${last}`;
  return hasNaN ? `NaN! ${text}` : text;
}

function formatShape({ dtype, shape }) {
  return `${dtype} [${shape.join(", ")}]`;
}
