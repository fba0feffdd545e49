// What folded parts of a graph show at one frame: groups, and lines that stand for several edges. Pure.
//
// A group of thousands of nodes is asked in every frame, so what does not depend on the frame is found once for a pass.

import { HIDDEN, elementsOf } from "./format.js";
import { edgeView, nodeView } from "./scene.js";

const groupSpans = new WeakMap();
const bundleSpans = new WeakMap();
const frames = new WeakMap();

/**
 * What a folded group shows: it waits until its first node is known, and has run when all of its nodes have.
 *
 * @param {any} scene
 * @param {{members: string[]}} group ids of the nodes inside
 */
export function groupView(scene, group) {
  const { ranks, forwardReach, backwardReach, active } = scene;
  if (!ranks) return { state: "pending", active: false };
  const { places, first, last } = groupSpan(scene, group);
  if (first > forwardReach) return { state: "pending", active: false };
  return { state: last >= 0 && last <= backwardReach ? "ran" : "known", active: isAnyIn(active, places) };
}

/** The nodes of a group, the rank of the first that is known, and of the last that runs; -1 where none runs. */
function groupSpan({ topology, ranks }, group) {
  const known = groupSpans.get(group);
  if (known?.ranks === ranks) return known;
  const places = known?.topology === topology ? known.places : placesOf(topology, group);
  const span = { topology, ranks, places, first: Infinity, last: -1 };
  for (const i of places) {
    span.first = Math.min(span.first, ranks.forward[i]);
    if (ranks.backward[i] !== Infinity) span.last = Math.max(span.last, ranks.backward[i]);
  }
  groupSpans.set(group, span);
  return span;
}

/** The places of a group's nodes in its graph. */
export function placesOf(topology, group) {
  return new Set(group.members.map((id) => topology.places.get(id)).filter((i) => i !== undefined));
}

function isAnyIn(active, places) {
  for (const i of active) if (places.has(i)) return true;
  return false;
}

/**
 * What a line shows that stands for several edges.
 *
 * @param {any} scene
 * @param {number[]} edges places of the edges
 */
export function bundleView(scene, edges) {
  if (!scene.ranks) return { state: "pending", active: null };
  const { first, last, all } = bundleSpan(scene, edges);
  if (first > scene.forwardReach) return { state: "pending", active: null };
  return { state: last >= 0 && last <= scene.backwardReach ? "ran" : "known", active: directionOf(scene, all) };
}

function bundleSpan({ topology, ranks, pass }, edges) {
  const known = bundleSpans.get(edges);
  if (known?.ranks === ranks) return known;
  const span = { ranks, all: known?.all ?? new Set(edges), first: Infinity, last: -1 };
  for (const j of edges) {
    const source = topology.sources[j];
    span.first = Math.min(span.first, ranks.forward[source]);
    if ((pass.flows[j] ?? null) !== null) span.last = Math.max(span.last, ranks.backward[source]);
  }
  bundleSpans.set(edges, span);
  return span;
}

/** Only edges at a node that is at work now can have something running along them. */
function directionOf(scene, edges) {
  const { inputs, consumers } = scene.topology;
  for (const i of scene.active) {
    for (const j of [...inputs[i], ...consumers[i]]) {
      const active = edges.has(j) ? edgeView(scene, j).active : null;
      if (active) return active;
    }
  }
  return null;
}

/**
 * What part of the squared norm of all leaves' gradients belongs to the leaves in a group, between 0 and 1; the parts
 * of groups that share nothing add up. Null while no leaf has a gradient, HIDDEN while one is to be guessed.
 *
 * @param {any} scene
 * @param {{members: string[]}} group
 * @returns {number | string | null}
 */
export function shareOf(scene, group) {
  if (!scene.ranks) return null;
  const { squares, total, isHidden } = leafSquares(scene);
  if (isHidden) return HIDDEN;
  if (total === 0) return null;
  let sum = 0;
  for (const [i, square] of squares) if (groupSpan(scene, group).places.has(i)) sum += square;
  return sum / total;
}

/** The squared norm of each leaf's `.grad` as far as the frame has come. */
function leafSquares(scene) {
  const known = frames.get(scene);
  if (known) return known;
  const leaves = scene.topology.graph.nodes.flatMap(({ kind }, i) => (kind === "leaf" ? [i] : []));
  const gradients = leaves.map((i) => nodeView(scene, i).gradient);
  const squares = new Map(leaves.map((i, k) => [i, squareOf(gradients[k])]));
  const found = { squares, total: [...squares.values()].reduce((a, b) => a + b, 0), isHidden: gradients.includes(HIDDEN) };
  frames.set(scene, found);
  return found;
}

const kept = new WeakMap();

/** The squared norm of a recorded value, as far as it is finite; 0 where there is none. */
export function squareOf(value) {
  if (value === null || value === undefined) return 0;
  if (typeof value !== "object") return finite(Number(value) ** 2);
  const known = kept.get(value);
  if (known !== undefined) return known;
  const { statistics } = value;
  const square = statistics ? finite(Number(statistics.norm ?? 0) ** 2) : elementsOf(value).reduce((sum, element) => sum + finite(Number(element ?? 0) ** 2), 0);
  kept.set(value, square);
  return square;
}

function finite(number) {
  return Number.isFinite(number) ? number : 0;
}
