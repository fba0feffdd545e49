// Why a node has no gradient, exactly zero, or passes none on: what cut it off, or where on the way back it was lost.

import { isFollowed, ranksOf } from "./topology.js";

const CUTS = [
  [/\.detach\(\)/, "detach()"],
  [/\.data\b/, ".data"],
  [/\.item\(\)/, ".item()"],
  [/\.numpy\(\)/, ".numpy()"],
  [/\btorch\.(?:as_)?tensor\(/, "torch.tensor()"],
];

/**
 * The reason, as the key of a text below `missing` and its parameters; null where nothing is missing.
 *
 * @param {{trace: any, topology: any, pass: any}} scene
 * @param {number} i
 * @returns {{key: string, parameters: Record<string, string>} | null}
 */
export function reasonOf({ trace, topology, pass }, i) {
  const node = topology.graph.nodes[i];
  if (node.kind === "ghost") return { key: "ghost", parameters: { how: node.cut } };
  if (node.cut && !isFollowed(node)) return { key: isWhole(node) ? "cut-whole" : "cut", parameters: { how: node.cut } };
  if (node.kind === "constant") return reasonOfConstant(trace, node);
  if (pass?.freed?.includes(i)) return { key: "freed", parameters: {} };
  if (pass && pass.call !== "forward" && (pass.gradients[i] ?? null) === null && pass.order.includes(i)) return { key: "undefined", parameters: {} };
  if (pass && blockedIn(topology, pass).has(i)) return { key: "blocks", parameters: {} };
  const lost = pass && pass.call !== "forward" && isZero(pass.gradients[i] ?? null) ? whereLost(topology, pass, i) : null;
  if (lost !== null) return { key: "zero", parameters: { label: labelOf(topology.graph.nodes[lost]) } };
  return node.cut ? { key: "cut-leaf", parameters: { how: node.cut } } : null;
}

/**
 * Why the engine did not run a followed node in a pass, as the key of a text; null where it ran.
 *
 * `backward()` runs all that the loss was computed from, unless `inputs` names what it is for. Before the first pass
 * begins, what is said is that of the first one.
 *
 * @returns {"no-backward" | "not-run" | "not-run-inputs" | null}
 */
export function unranReason({ topology, timeline, pass: onShow }, i) {
  const pass = onShow ?? timeline.trace.passes.find(({ graph }) => graph === topology.graph.id) ?? null;
  if (!pass || pass.call === "forward") return "no-backward";
  if (ranksOf(topology, pass).backward[i] !== Infinity) return null;
  return pass.call === "grad" ? "not-run" : "not-run-inputs";
}

/** Whole numbers and truth values cannot change by a little. */
function isWhole({ dtype }) {
  return Boolean(dtype) && !/float|complex/.test(dtype);
}

const blocked = new WeakMap();

/**
 * The operations of a pass that received a gradient and passed none on: a dead ReLU, a rounding, a factor of 0.
 *
 * @returns {Set<number>} places of nodes
 */
export function blockedIn({ graph, sources, inputs, targets }, pass) {
  if (blocked.get(pass)?.graph === graph) return blocked.get(pass).places;
  const places = new Set();
  for (const i of new Set(sources)) {
    const flows = inputs[i].filter((j) => isFollowed(graph.nodes[targets[j]])).map((j) => pass.flows[j] ?? null).filter((flow) => flow !== null);
    if (flows.length > 0 && flows.every(isZero) && (pass.gradients[i] ?? null) !== null && !isZero(pass.gradients[i])) places.add(i);
  }
  blocked.set(pass, { graph, places });
  return places;
}

function reasonOfConstant({ diagnostics }, node) {
  if (isWhole(node)) return { key: "integer", parameters: { dtype: node.dtype } };
  const told = diagnostics.find(({ code, span, parameters }) => code === "graph-cut" && (isWithin(span, node.span) || (parameters.variable !== null && parameters.variable === node.variable)));
  const how = told?.parameters.how ?? CUTS.find(([pattern]) => pattern.test(node.label ?? ""))?.[1];
  return how ? { key: "cut", parameters: { how } } : { key: "constant", parameters: {} };
}

/** The operation nearest to a node that still had a gradient and passed on none; null if the way does not show it. */
function whereLost({ graph, sources, targets }, pass, i) {
  const seen = new Set([i]);
  for (const at of seen) {
    for (let j = 0; j < graph.edges.length; j += 1) {
      if (targets[j] !== at) continue;
      if (!isZero(pass.gradients[sources[j]] ?? null) && isZero(pass.flows[j] ?? null)) return sources[j];
      seen.add(sources[j]);
    }
  }
  return null;
}

function isZero(value) {
  if (value === null) return false;
  if (typeof value !== "object") return value === 0;
  const elements = value.data?.flat(Infinity) ?? [];
  if (elements.length > 0) return elements.every((element) => element === 0);
  return value.statistics?.zeros === 1;
}

function isWithin(inner, outer) {
  return Boolean(inner && outer) && inner.line === outer.line && inner.column >= outer.column && (outer.end_line > outer.line || inner.end_column <= outer.end_column);
}

function labelOf(node) {
  return node.label || node.variable || node.name;
}
