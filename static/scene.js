// What each node and edge shows at one frame. Pure: numbers come from the trace, none is computed here.

import { blockedIn } from "./missing.js";
import { isGiven, ranksOf, topologyOf } from "./topology.js";

const latest = new WeakMap();

/**
 * The scene of a frame; ask `nodeView` and `edgeView` for the parts that are visible. The views of one frame share it.
 *
 * @param {any} timeline as `timelineOf` gives it
 * @param {any} frame as `frameAt` gives it
 */
export function sceneAt(timeline, frame) {
  const known = latest.get(timeline);
  if (known?.frame.position === frame.position) return known;
  const scene = build(timeline, frame);
  latest.set(timeline, scene);
  return scene;
}

function build(timeline, frame) {
  const pass = frame.pass >= 0 ? timeline.trace.passes[frame.pass] : null;
  const topology = frame.graph ? topologyOf(frame.graph) : null;
  const ranks = pass && topology ? ranksOf(topology, pass) : null;
  const scene = { timeline, frame, pass, topology, ranks, ...reach(frame) };
  return { ...scene, moved: pass ? appliedUpdates(timeline, frame) : [], active: new Set(activeNodes(scene)) };
}

/** A phase that is over has come further than any rank but that of a node which never ran. */
const OVER = Number.MAX_SAFE_INTEGER;

/** How far each phase has come; -1 before it begins. */
function reach(frame) {
  if (frame.pass < 0) return { forwardReach: -1, backwardReach: -1 };
  if (frame.kind === "forward") return { forwardReach: frame.k, backwardReach: -1 };
  if (frame.kind === "backward") return { forwardReach: OVER, backwardReach: frame.k };
  return { forwardReach: OVER, backwardReach: frame.reached === "backward" ? OVER : -1 };
}

/** The nodes at work in this frame, by index. */
function activeNodes({ timeline, frame, pass, topology, ranks }) {
  if (!pass) return [];
  if (frame.kind === "backward") return pass.order.slice(frame.k, frame.k + 1);
  if (frame.kind === "forward" && frame.k > 0) return ranks.computed.slice(frame.k - 1, frame.k);
  const { nodes } = topology.graph;
  if (frame.kind === "forward") return nodes.flatMap((node, i) => (isGiven(node) ? [i] : []));
  if (frame.kind !== "update") return [];
  const update = timeline.trace.updates[timeline.moments[frame.moment].update];
  return nodes.flatMap((node, i) => (node.kind === "leaf" && changeOf(update, node) ? [i] : []));
}

/** The updates between the pass on show and the frame, the latest first. */
function appliedUpdates(timeline, frame) {
  const { moments, trace } = timeline;
  const updates = [];
  for (let m = frame.moment; m >= 0 && !["forward", "backward"].includes(moments[m].kind); m -= 1) {
    if (moments[m].kind === "update") updates.push(trace.updates[moments[m].update]);
  }
  return updates;
}

/** A leaf's change in an update: by id where the leaf is in the graph of the update's pass, else by name. */
export function changeOf(update, node) {
  const byId = update.parameters.find((parameter) => parameter.node === node.id);
  if (byId && (!node.variable || !byId.variable || byId.variable === node.variable)) return byId;
  return update.parameters.find((parameter) => parameter.variable && parameter.variable === node.variable) ?? null;
}

/**
 * What a node shows: `state` ("pending", "known", "ran"), whether it is active, its forward value and its gradient as
 * far as the frame has come; a leaf's gradient is its `.grad`, `piled` when that holds more than this pass gave.
 */
export function nodeView(scene, i) {
  const { topology, pass, ranks } = scene;
  const node = topology.graph.nodes[i];
  const active = scene.active.has(i);
  if (!pass || ranks.forward[i] > scene.forwardReach) {
    return { state: "pending", active: false, value: null, gradient: null, piled: false, blocks: false, moved: false };
  }
  const ran = ranks.backward[i] <= scene.backwardReach;
  const change = node.kind === "leaf" ? lastChange(scene, node) : null;
  const value = change ? change.after : pass.values[i];
  const held = node.kind === "leaf" ? leafGradient(scene, i, ran) : null;
  const gradient = held ? held.value : ran ? pass.gradients[i] : null;
  return {
    state: ran ? "ran" : "known",
    active,
    value: value ?? null,
    gradient: gradient ?? null,
    piled: held?.piled ?? false,
    blocks: ran && node.kind !== "leaf" && blockedIn(topology, pass).has(i),
    moved: change !== null && scene.frame.kind === "update" && active,
  };
}

function lastChange(scene, node) {
  for (const update of scene.moved) {
    const change = changeOf(update, node);
    if (change) return change;
  }
  return null;
}

/** A leaf's `.grad` at the frame: what this pass left there, or what earlier passes did. */
function leafGradient(scene, i, ran) {
  const { pass, frame, timeline } = scene;
  const { id } = scene.topology.graph.nodes[i];
  if (pass.call !== "backward") {
    return ran ? { value: pass.gradients[i], piled: false } : heldGradient(timeline, frame.moment - 1, scene.topology, i);
  }
  if (frame.kind === "backward") {
    if (!ran) return heldGradient(timeline, frame.moment - 1, scene.topology, i);
    return { value: pass.accumulated[id] ?? null, piled: isPiled(pass, i, id) };
  }
  return heldGradient(timeline, frame.moment, scene.topology, i);
}

function isPiled(pass, i, id) {
  const total = pass.accumulated[id] ?? null;
  return total !== null && !isSameValue(total, pass.gradients[i] ?? null);
}

/** Are two recorded values equal, element for element? */
export function isSameValue(one, other) {
  if (one === other) return true;
  if (one === null || other === null || typeof one !== "object" || typeof other !== "object") return false;
  return JSON.stringify(one) === JSON.stringify(other);
}

/**
 * What a leaf's `.grad` holds after a moment: found by going back over backward passes and `zero_grad`.
 *
 * @returns {{value: any, piled: boolean}}
 */
export function heldGradient(timeline, moment, topology, i) {
  const { moments, gradientEvents } = timeline;
  const leaf = { graph: topology.graph, node: topology.graph.nodes[i] };
  for (let m = gradientEvents[moment] ?? -1; m >= 0; m = gradientEvents[m - 1] ?? -1) {
    if (moments[m].kind === "gap") break; // what happened there is not known
    const found = moments[m].kind === "backward" ? accumulationAt(timeline, m, leaf) : null;
    if (found) return found;
    if (moments[m].kind === "zero_grad" && isClearedAt(timeline, m, leaf)) break;
  }
  return { value: null, piled: false };
}

/** What a backward moment left in a leaf's `.grad`; null if it did not touch the leaf. */
function accumulationAt({ trace, graphs, moments }, m, { graph, node }) {
  const pass = trace.passes[moments[m].pass];
  if (pass.call !== "backward") return null;
  const other = graphs.get(pass.graph);
  const place = placeIn(other, graph, node);
  const id = place === null ? null : other.nodes[place].id;
  return id !== null && id in pass.accumulated ? { value: pass.accumulated[id], piled: isPiled(pass, place, id) } : null;
}

/**
 * Did a `zero_grad` clear this leaf? One optimizer of several clears its own parameters only, and names them. Of a
 * moment without names, what was cleared shows when a leaf next accumulates.
 */
function isClearedAt(timeline, zero, leaf) {
  const { moments, shown, trace } = timeline;
  const latest = shown[zero] >= 0 ? trace.passes[shown[zero]].graph : null;
  const isHere = latest === leaf.graph.id;
  const { cleared } = moments[zero];
  if (cleared) return cleared.some(({ node, variable }) => (isHere && node ? node === leaf.node.id : variable !== null && variable === leaf.node.variable));
  for (let m = zero + 1; m < moments.length; m += 1) {
    const next = moments[m].kind === "backward" ? accumulationAt(timeline, m, leaf) : null;
    if (next) return !next.piled;
  }
  return true;
}

/** Where a leaf of one graph stands in another: the same place in the same graph, else the leaf of the same name. */
function placeIn(other, graph, node) {
  const { places } = topologyOf(other);
  if (other === graph) return places.get(node.id);
  const place = other.nodes.findIndex((one) => one.kind === "leaf" && one.variable && one.variable === node.variable);
  return place < 0 ? null : place;
}

/**
 * What an edge shows: `active` names the direction in which something runs along it now, `flow` the gradient that has
 * run along it.
 */
export function edgeView(scene, j) {
  const { topology, pass, ranks, frame } = scene;
  const [source, target] = [topology.sources[j], topology.targets[j]];
  if (!pass || ranks.forward[source] > scene.forwardReach) return { state: "pending", active: null, flow: null };
  const flow = pass.flows[j] ?? null;
  const ran = ranks.backward[source] <= scene.backwardReach && flow !== null;
  return { state: ran ? "ran" : "known", active: direction(scene, frame, source, target, ran), flow: ran ? flow : null };
}

function direction(scene, frame, source, target, ran) {
  if (frame.kind === "forward" && frame.k > 0) return scene.active.has(source) ? "forward" : null;
  if (frame.kind !== "backward" || !ran) return null;
  const accumulates = scene.topology.graph.nodes[target].kind === "leaf" && scene.active.has(target);
  return scene.active.has(source) || accumulates ? "backward" : null;
}
