// What happened where along the timeline, as marks that leave room between each other. Pure.

/** Rarest first: what happens seldom keeps its mark where there is no room for all. */
const KINDS = ["gap", "print", "update", "zero_grad", "backward"];

/**
 * The marks of a run. Where a kind has more moments than fit, they are thinned evenly.
 *
 * @param {any} timeline
 * @param {number} most how many marks of one kind fit side by side
 * @returns {{kind: string, position: number, place: number}[]} `place` runs from 0 to 1
 */
export function marksOf(timeline, most) {
  const last = Math.max(1, timeline.length - 1);
  return KINDS.flatMap((kind) => thinned(positionsOf(timeline, kind), most, last).map((position) => ({ kind, position, place: position / last })));
}

/** A backward pass is marked where it ends: there its gradients are all known. */
function positionsOf({ moments, starts, length }, kind) {
  const positions = [];
  moments.forEach((moment, m) => {
    if (moment.kind !== kind) return;
    positions.push(kind === "backward" ? (starts[m + 1] ?? length) - 1 : starts[m]);
  });
  return positions;
}

function thinned(positions, most, last) {
  if (positions.length <= most) return positions;
  const kept = new Map();
  for (const position of positions) {
    const slot = Math.floor((position / last) * (most - 1));
    if (!kept.has(slot)) kept.set(slot, position);
  }
  return [...kept.values()];
}
