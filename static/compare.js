// Two moments, of one run or of two, side by side: which node is which, and what changed. Pure.

import { elementsOf, formatNumber } from "./format.js";
import { nodeView, sceneAt } from "./scene.js";
import { frameAt, momentAt, timelineOf } from "./timeline.js";
import { topologyOf } from "./topology.js";

const partnerships = new WeakMap();

/** What a trace shows at a position; null before it has a graph. */
export function sideOf(trace, position) {
  if (!trace || trace.graphs.length === 0) return null;
  const timeline = timelineOf(trace);
  const frame = frameAt(timeline, position);
  return frame.graph ? { trace, timeline, frame, scene: sceneAt(timeline, frame) } : null;
}

/**
 * Which node of one graph is which of another: by place where the graphs are equal, else by variable, by source text,
 * and by what surrounds it.
 *
 * @param {any} graph
 * @param {any} other
 * @returns {{of: Map<number, number>, isEqual: boolean, alone: number[], otherAlone: number[]}} `of` from places in
 *   `graph` to places in `other`
 */
export function partnersOf(graph, other) {
  const known = partnerships.get(graph);
  if (known?.other === other) return known.found;
  const found = findPartners(graph, other);
  partnerships.set(graph, { other, found });
  return found;
}

function findPartners(graph, other) {
  const isEqual = isSameStructure(graph, other);
  const of = new Map(isEqual ? graph.nodes.map((_, i) => [i, i]) : []);
  const taken = new Set(of.values());
  const pair = (i, k) => (of.set(i, k), taken.add(k));
  if (!isEqual) {
    for (const key of [byVariable, byLabel]) pairByKey({ graph, other, of, taken, pair }, key);
    while (pairBySurroundings({ graph, other, of, taken, pair }));
  }
  const alone = graph.nodes.flatMap((_, i) => (of.has(i) ? [] : [i]));
  const otherAlone = other.nodes.flatMap((_, k) => (taken.has(k) ? [] : [k]));
  return { of, isEqual, alone, otherAlone };
}

/** Equal ids name equal places: ids are given by the order of the walk. */
function isSameStructure(graph, other) {
  if (graph === other) return true;
  if (graph.nodes.length !== other.nodes.length || graph.edges.length !== other.edges.length) return false;
  const agree = (fields, one, two) => fields.every((field) => one[field] === two[field]);
  return graph.nodes.every((node, i) => agree(["kind", "name", "variable"], node, other.nodes[i])) && graph.edges.every((edge, j) => agree(["source", "target", "slot"], edge, other.edges[j]));
}

/** Operations of one name may differ in kind of work; leaves and constants of one name are the same variable. */
function byVariable({ variable, kind }) {
  return variable ? `${kind === "constant" || kind === "leaf" ? "given" : "made"} ${variable}` : null;
}

function byLabel({ label, name }) {
  return label ? `${name} ${label.replaceAll(" ", "")}` : null;
}

/** Those whose key is the only one of its kind on both sides belong together. */
function pairByKey({ graph, other, of, taken, pair }, key) {
  const places = (nodes, isFree) => {
    const found = new Map();
    nodes.forEach((node, i) => {
      const own = isFree(i) ? key(node) : null;
      if (own !== null) found.set(own, found.has(own) ? null : i);
    });
    return found;
  };
  const others = places(other.nodes, (k) => !taken.has(k));
  for (const [own, i] of places(graph.nodes, (at) => !of.has(at))) {
    const k = others.get(own) ?? null;
    if (i !== null && k !== null) pair(i, k);
  }
}

/** The same operation between partners of partners; the one with the most of them first. */
function pairBySurroundings({ graph, other, of, taken, pair }) {
  let isFound = false;
  const [here, there] = [topologyOf(graph), topologyOf(other)];
  graph.nodes.forEach((node, i) => {
    if (of.has(i)) return;
    const near = (topology, at) => [...topology.inputs[at].map((j) => topology.targets[j]), ...topology.consumers[at].map((j) => topology.sources[j])];
    const wanted = new Set(near(here, i).flatMap((at) => (of.has(at) ? [of.get(at)] : [])));
    if (wanted.size === 0) return;
    let best = { k: -1, count: 0 };
    for (const k of new Set([...wanted].flatMap((at) => near(there, at)))) {
      if (taken.has(k) || other.nodes[k].name !== node.name || other.nodes[k].kind !== node.kind) continue;
      const count = near(there, k).filter((at) => wanted.has(at)).length;
      if (count > best.count) best = { k, count };
    }
    if (best.k < 0) return;
    pair(i, best.k);
    isFound = true;
  });
  return isFound;
}

/**
 * How a number or tensor changed; null where there is none on either side.
 *
 * @returns {{kind: "same" | "changed" | "came" | "went" | "shape", delta: number | null, size: number, relative: number,
 *   place: string | null} | null} `delta` is that of the element that changed most (at `place`); of statistics that of
 *   the norm. `size` and `relative` are what to sort by; a change from or to no finite number is infinite.
 */
export function changeOf(before, after) {
  const [has, had] = [(after ?? null) !== null, (before ?? null) !== null];
  if (!has && !had) return null;
  if (!has || !had) return { kind: has ? "came" : "went", delta: null, size: 0, relative: 0, place: null };
  const pairs = elementPairs(before, after);
  if (!pairs) return { kind: "shape", delta: null, size: Infinity, relative: Infinity, place: null };
  let worst = { delta: 0, size: 0, relative: 0, k: 0 };
  pairs.forEach(([one, other], k) => {
    const found = differenceOf(one, other);
    if (found.size > worst.size) worst = { ...found, k };
  });
  const { delta, size, relative, k } = worst;
  return { kind: size === 0 ? "same" : "changed", delta, size, relative, place: placeText(after, k) };
}

/** Elements side by side; of what was not kept whole the norms; null where shapes differ. */
function elementPairs(before, after) {
  const shapes = [before, after].map((value) => JSON.stringify(Object(value).shape ?? []));
  if (shapes[0] !== shapes[1]) return null;
  const [ones, others] = [elementsOf(before).flat(Infinity), elementsOf(after).flat(Infinity)];
  if (Object(before).statistics || Object(after).statistics) return [[Object(before).statistics?.norm ?? null, Object(after).statistics?.norm ?? null]];
  return ones.map((one, k) => [one, others[k]]);
}

function differenceOf(before, after) {
  const [one, other] = [Number(before), Number(after)];
  if (Object.is(one, other) || one === other) return { delta: 0, size: 0, relative: 0 };
  const delta = other - one;
  if (!Number.isFinite(delta)) return { delta, size: Infinity, relative: Infinity };
  return { delta, size: Math.abs(delta), relative: Math.abs(delta) / Math.max(Math.abs(one), Math.abs(other)) };
}

function placeText(value, k) {
  const { shape, data } = Object(value);
  if (!data || shape.length === 0) return null;
  const place = [];
  let rest = k;
  for (const size of [...shape].reverse()) {
    place.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return place.join(", ");
}

/**
 * What changed between two sides, node by node.
 *
 * @param {any} before as `sideOf` gives it
 * @param {any} after
 * @returns {{changes: {i: number, k: number, value: any, gradient: any, from: any, to: any}[], partners: any}} places
 *   `i` are in the graph of `after`, `k` in that of `before`; `from` and `to` are what the nodes show
 */
export function changesBetween(before, after) {
  const partners = partnersOf(after.scene.topology.graph, before.scene.topology.graph);
  const changes = [...partners.of].map(([i, k]) => {
    const [from, to] = [nodeView(before.scene, k), nodeView(after.scene, i)];
    return { i, k, from, to, value: changeOf(from.value, to.value), gradient: changeOf(from.gradient, to.gradient) };
  });
  return { changes, partners };
}

/** The changes that are any, the largest first: by how much, or by which share of the number. */
export function largestFirst(changes, by) {
  const weight = ({ value, gradient }) => Math.max(value?.[by] ?? 0, gradient?.[by] ?? 0);
  const isAny = (change) => change !== null && change.kind !== "same";
  const kept = changes.filter(({ value, gradient }) => isAny(value) || isAny(gradient));
  return kept.map((change) => ({ change, weight: weight(change) })).sort((a, b) => (a.weight === b.weight ? 0 : b.weight - a.weight)).map(({ change }) => change);
}

/** A change as it stands on a node: "+2", "−0.5", "=", "new", "gone". */
export function changeText(change, words) {
  if (change === null) return "";
  if (change.kind === "same") return "=";
  if (change.kind !== "changed") return words[change.kind];
  if (Number.isNaN(change.delta)) return "NaN";
  return change.delta > 0 ? `+${formatNumber(change.delta)}` : formatNumber(change.delta).replace(/^-/, "−");
}

/**
 * The position of another run that answers to a frame of this one: the same pass, as far along.
 *
 * @param {any} timeline of the other run
 * @param {any} frame of this one
 */
export function positionLike(timeline, frame, own) {
  const isSame = timeline.length === own.length && timeline.moments.every(({ kind }, m) => kind === own.moments[m].kind);
  if (isSame) return frame.position;
  const wanted = frame.kind === "forward" ? "forward" : "backward";
  const passes = timeline.moments.flatMap(({ kind, pass }, m) => (kind === wanted || (kind === "forward" && timeline.trace.passes[pass].call === "forward") ? [m] : []));
  const m = passes[Math.min(Math.max(0, frame.step), passes.length - 1)];
  return m === undefined ? 0 : (timeline.starts[m + 1] ?? timeline.length) - 1;
}

/** Where a pin stands: where it was put, or, of another program, where one is in this one. */
export function pinnedSide(pin, state) {
  if (!pin?.trace) return null;
  if (pin.position !== null) return sideOf(pin.trace, pin.position);
  const own = sideOf(state.trace, state.position);
  return own && sideOf(pin.trace, positionLike(timelineOf(pin.trace), own.frame, own.timeline));
}

/** The place of a side in words: the step and what happens in it. */
export function placeOf({ timeline, frame }) {
  const m = momentAt(timeline, frame.position);
  return { step: frame.step + 1, count: timeline.stepCount, kind: timeline.moments[m]?.kind ?? null, node: frame.k + 1, nodes: frame.count };
}
