// How large a recorded value is: one number for scalars, tensors and statistics alike. Pure.

import { HIDDEN, elementsOf } from "./format.js";

/**
 * The largest size among the finite elements; null where there are none.
 *
 * @param {any} value as it stands in a trace
 * @returns {number | null}
 */
export function magnitudeOf(value) {
  if (value === null || value === undefined) return null;
  const { statistics } = Object(value);
  const numbers = (statistics ? [statistics.min, statistics.max] : elementsOf(value)).map(sizeOf).filter(Number.isFinite);
  return numbers.length > 0 ? numbers.reduce((a, b) => Math.max(a, b)) : null;
}

/** Is any element NaN or infinite? */
export function isBroken(value) {
  if (value === null || value === undefined) return false;
  const { statistics } = Object(value);
  if (statistics) return statistics.nan > 0 || statistics.inf > 0;
  return elementsOf(value).some((element) => element !== null && element !== HIDDEN && !Number.isFinite(sizeOf(element)));
}

/** Is there something, and all of it zero? */
export function isZero(value) {
  return magnitudeOf(value) === 0 && !isBroken(value);
}

function sizeOf(element) {
  return element === null || element === undefined ? NaN : Math.abs(Number(element));
}
