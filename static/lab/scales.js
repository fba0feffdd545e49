// Scales of the lab's charts: a stretch of numbers onto a share of the picture, and round ticks. Pure.

/** A symmetric logarithm is linear below this share of the largest size. */
const LINEAR = 1e-3;

/**
 * @typedef {{isLog: boolean, low: number, high: number, linear?: number}} Scale
 *   `linear`: of a symmetric logarithm, which is nearly linear between this number and its opposite
 */

/**
 * A scale over what is finite among the numbers; null if nothing is. A logarithm over numbers below zero, too, is a
 * symmetric one; zero alone lies on the lower edge of a common one.
 *
 * @param {number[]} numbers
 * @param {boolean} isLog
 * @returns {Scale | null}
 */
export function scaleOver(numbers, isLog) {
  const finite = numbers.filter(Number.isFinite);
  const hasNegative = finite.some((number) => number < 0);
  const fit = isLog && !hasNegative ? finite.filter((number) => number > 0) : finite;
  if (fit.length === 0) return null;
  const [low, high] = fit.reduce(([a, b], number) => [Math.min(a, number), Math.max(b, number)], [Infinity, -Infinity]);
  if (isLog && hasNegative) return { isLog, ...stretch(low, high), linear: LINEAR * Math.max(-low, high) };
  if (isLog) return low < high ? { isLog, low, high } : { isLog, low: low / 2, high: high * 2 };
  return { isLog, ...stretch(low, high) };
}

function stretch(low, high) {
  return low < high ? { low, high } : { low: low - 1, high: high + 1 };
}

/** Where a number lies, 0 at the low end and 1 at the high one; NaN where the scale has no place for it. */
export function shareOf({ isLog, low, high, linear }, number) {
  if (!isLog) return (number - low) / (high - low);
  if (linear) {
    const [at, first, last] = [number, low, high].map((one) => Math.asinh(one / linear));
    return (at - first) / (last - first);
  }
  if (number === 0) return 0;
  return number > 0 ? Math.log(number / low) / Math.log(high / low) : NaN;
}

/** The number at a share of a scale that is no symmetric one. */
export function numberAt({ isLog, low, high }, share) {
  return isLog ? low * (high / low) ** share : low + share * (high - low);
}

/** Round numbers on a scale: about `count` of them; on a logarithm powers of ten, or of a hundred and so on. */
export function ticksOn({ isLog, low, high, linear }, count = 5) {
  if (linear) return bothWays({ low, high, linear }, count);
  return isLog ? powers(low, high, count) : rounds(low, high, count);
}

/** Powers of ten below zero and above, as many on each side as there is room for, and zero between them. */
function bothWays({ low, high, linear }, count) {
  const side = (end) => powersFrom(Math.max(linear * 10, end / 1e9), end, Math.ceil(count / 2)) ?? powersFrom(linear * 3, end, 1) ?? [];
  const middle = low <= 0 && high >= 0 ? [0] : [];
  return [...side(-low).map((tick) => -tick).reverse(), ...middle, ...side(high)];
}

/** Powers of ten alone: round numbers between two of them would lie on each other; null if there is none. */
function powersFrom(low, high, count) {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  if (!(first <= last)) return null;
  return first === last || count === 1 ? [Number((10 ** last).toPrecision(12))] : powers(low, high, count);
}

function rounds(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((one) => one >= raw * 0.999) ?? raw;
  const [first, last] = [Math.ceil(low / step - 1e-9), Math.floor(high / step + 1e-9)];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, k) => Number(((first + k) * step).toPrecision(12)));
}

function powers(low, high, count) {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  if (last - first < 1) return rounds(low, high, count).filter((tick) => tick > 0);
  const stride = Math.max(1, Math.ceil((last - first + 1) / count));
  return Array.from({ length: Math.floor((last - first) / stride) + 1 }, (_, k) => 10 ** (first + k * stride)).map((tick) => Number(tick.toPrecision(12)));
}

/** `count` numbers from `start` to `stop` at equal ratios, both ends included. */
export function logGrid({ start, stop, count }) {
  if (count < 2) return [start];
  return Array.from({ length: count }, (_, k) => start * (stop / start) ** (k / (count - 1)));
}

/**
 * Which of many marks bear their numbers: evenly, at least so far apart, and rather `0.01` than `0.006813`.
 *
 * @param {string[]} texts
 * @param {number} nearest
 * @returns {number[]} places among the texts
 */
export function ticksAmong(texts, nearest) {
  const ways = Array.from({ length: nearest + 1 }, (_, wider) => nearest + wider).flatMap((stride) =>
    Array.from({ length: stride }, (_, first) => texts.map((_, k) => k).filter((k) => k % stride === first)).filter((places) => places.length > 1));
  const lengthOf = (places) => places.reduce((sum, k) => sum + texts[k].length, 0) / places.length;
  const best = (one, other) => (lengthOf(other) < lengthOf(one) ? other : one);
  return ways.length > 0 ? ways.reduce(best) : [0].filter((k) => k in texts);
}
