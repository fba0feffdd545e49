// Scales of the lab's charts: a stretch of numbers onto a share of the picture, and round ticks. Pure.

/**
 * A scale over what is finite among the numbers (for a logarithm: and above zero); null if nothing is.
 *
 * @param {number[]} numbers
 * @param {boolean} isLog
 * @returns {{isLog: boolean, low: number, high: number} | null}
 */
export function scaleOver(numbers, isLog) {
  const fit = numbers.filter((number) => Number.isFinite(number) && (!isLog || number > 0));
  if (fit.length === 0) return null;
  const [low, high] = fit.reduce(([a, b], number) => [Math.min(a, number), Math.max(b, number)], [Infinity, -Infinity]);
  if (isLog) return low < high ? { isLog, low, high } : { isLog, low: low / 2, high: high * 2 };
  return low < high ? { isLog, low, high } : { isLog, low: low - 1, high: high + 1 };
}

/** Where a number lies, 0 at the low end and 1 at the high one; NaN where the scale has no place for it. */
export function shareOf({ isLog, low, high }, number) {
  if (!isLog) return (number - low) / (high - low);
  return number > 0 ? Math.log(number / low) / Math.log(high / low) : NaN;
}

/** The number at a share. */
export function numberAt({ isLog, low, high }, share) {
  return isLog ? low * (high / low) ** share : low + share * (high - low);
}

/** Round numbers on a scale: about `count` of them; on a logarithm powers of ten, or of a hundred and so on. */
export function ticksOn({ isLog, low, high }, count = 5) {
  return isLog ? powers(low, high, count) : rounds(low, high, count);
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
