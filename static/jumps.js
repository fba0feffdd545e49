// Places of a run that are worth going to, found in what was recorded. Pure.

import { isBroken, magnitudeOf } from "./magnitude.js";
import { ranksOf, topologyOf } from "./topology.js";

/**
 * Where to go: for each goal a position and the node to look at, or null where the run has no such place.
 *
 * @param {any} timeline
 * @returns {{goal: string, place: {position: number, node: string | null} | null}[]}
 */
export function jumpsOf(timeline) {
  return Object.entries(GOALS).map(([goal, find]) => ({ goal, place: find(timeline) }));
}

const GOALS = { "first-nan": firstBroken, "largest-gradient": largestGradient, "loss-rose": firstRise, "lowest-loss": lowestLoss };

/** Every pass's moments of one kind, in order. */
function* momentsOf({ moments, trace, starts, graphs }, kind) {
  for (let m = 0; m < moments.length; m += 1) {
    if (moments[m].kind !== kind) continue;
    const pass = trace.passes[moments[m].pass];
    yield { pass, start: starts[m], topology: topologyOf(graphs.get(pass.graph)) };
  }
}

/** The first NaN or infinity: in the forward pass, on the way back, or in an update. */
function firstBroken(timeline) {
  const { moments, trace, starts, graphs } = timeline;
  for (let m = 0; m < moments.length; m += 1) {
    const { kind } = moments[m];
    const place = kind === "update" ? brokenUpdate(trace.updates[moments[m].update], starts[m]) : null;
    if (place) return place;
    if (kind !== "forward" && kind !== "backward") continue;
    const pass = trace.passes[moments[m].pass];
    const found = firstInPass(topologyOf(graphs.get(pass.graph)), pass, kind);
    if (found) return { position: starts[m] + found.rank, node: found.node };
  }
  return null;
}

function brokenUpdate({ parameters }, position) {
  const broken = parameters.find(({ after }) => isBroken(after));
  return broken ? { position, node: broken.node ?? null } : null;
}

function firstInPass(topology, pass, kind) {
  const numbers = kind === "forward" ? pass.values : pass.gradients;
  const broken = numbers.flatMap((value, i) => (isBroken(value) ? [i] : []));
  if (broken.length === 0) return null;
  const ranks = ranksOf(topology, pass)[kind];
  const first = broken.reduce((a, b) => (ranks[b] < ranks[a] ? b : a));
  return Number.isFinite(ranks[first]) ? { rank: ranks[first], node: topology.graph.nodes[first].id } : null;
}

/** The largest finite gradient that arrived anywhere, in any pass. */
function largestGradient(timeline) {
  let best = null;
  for (const { pass, start, topology } of momentsOf(timeline, "backward")) {
    pass.gradients.forEach((gradient, i) => {
      const size = magnitudeOf(gradient);
      if (size === null || (best && size <= best.size)) return;
      best = { size, pass, start, topology, i };
    });
  }
  if (!best) return null;
  const rank = ranksOf(best.topology, best.pass).backward[best.i];
  return { position: best.start + (Number.isFinite(rank) ? rank : 0), node: best.topology.graph.nodes[best.i].id };
}

/** The first pass whose loss is above the loss before it; a loss that became infinite rose too. */
function firstRise(timeline) {
  let before = null;
  for (const { pass, start, topology } of momentsOf(timeline, "forward")) {
    const loss = lossOf(pass);
    if (loss === null) continue;
    if (before !== null && loss > before) return endOfForward(start, topology, pass);
    before = loss;
  }
  return null;
}

function lowestLoss(timeline) {
  let best = null;
  let count = 0;
  for (const { pass, start, topology } of momentsOf(timeline, "forward")) {
    const loss = lossOf(pass);
    if (loss === null) continue;
    count += 1;
    if (!best || loss < best.loss) best = { loss, place: endOfForward(start, topology, pass) };
  }
  return count > 1 ? best.place : null;
}

function lossOf({ loss }) {
  const number = loss === null || typeof loss === "object" ? NaN : Number(loss);
  return Number.isNaN(number) ? null : number;
}

function endOfForward(start, topology, pass) {
  return { position: start + topology.operations, node: topology.graph.nodes[pass.order[0]]?.id ?? null };
}
