// A stretch of the run that is played again and again. Pure.

/**
 * A loop with one end put elsewhere; null when that end was there already.
 *
 * @param {{from: number, to: number} | null} loop
 * @param {{edge: "from" | "to", position: number, last: number}} change
 */
export function withEdge(loop, { edge, position, last }) {
  if (loop?.[edge] === position) return null;
  const from = edge === "from" ? position : (loop?.from ?? 0);
  const to = edge === "to" ? position : (loop?.to ?? last);
  if (from < to) return { from, to };
  if (edge === "from") return position < last ? { from: position, to: last } : null;
  return position > 0 ? { from: 0, to: position } : null;
}

/** The loop as far as a run reaches: after another run it may lie beyond the end. */
export function loopWithin(loop, last) {
  return loop && loop.to <= last ? loop : null;
}

/**
 * Where a move inside a loop ends: the last frame is shown before it begins anew.
 *
 * @param {number} position where the move began
 * @param {number} place where it would end without the loop
 */
export function looped(loop, position, place) {
  if (!loop) return place;
  return position >= loop.to ? loop.from : Math.min(place, loop.to);
}
