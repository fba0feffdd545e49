// The chain rule at one node of one pass: what arrived, what left, and how often a leaf has moved. Pure.

import { changeOf } from "./scene.js";

/**
 * What arrived at a node: a contribution for each edge along which gradient came, in the engine's order.
 *
 * @returns {{edge: any, from: any, flow: any}[]}
 */
export function contributionsTo({ topology, pass, ranks }, i) {
  const { graph, consumers, sources } = topology;
  const arrived = consumers[i].filter((j) => (pass.flows[j] ?? null) !== null);
  arrived.sort((a, b) => ranks.backward[sources[a]] - ranks.backward[sources[b]] || a - b);
  return arrived.map((j) => ({ edge: graph.edges[j], from: graph.nodes[sources[j]], flow: pass.flows[j] }));
}

/**
 * What a node does for each of its inputs: local derivative × upstream = downstream.
 *
 * @returns {{edge: any, to: any, value: any, derivative: any, flow: any}[]}
 */
export function derivativesOf({ topology, pass }, i) {
  const { graph, inputs, targets } = topology;
  return inputs[i].map((j) => ({
    edge: graph.edges[j],
    to: graph.nodes[targets[j]],
    value: pass.values[targets[j]] ?? null,
    derivative: pass.derivatives[j] ?? null,
    flow: pass.flows[j] ?? null,
  }));
}

/**
 * The changes of a leaf up to a frame, the latest first.
 *
 * @param {any} scene
 * @param {any} node
 * @param {number} most how many to give at most
 * @returns {{position: number, update: any, index: number, change: any}[]}
 */
export function historyOf({ timeline, frame }, node, most) {
  const { moments, starts, trace } = timeline;
  const history = [];
  for (let m = frame.moment; m >= 0 && history.length < most; m -= 1) {
    if (moments[m].kind !== "update") continue;
    const update = trace.updates[moments[m].update];
    const change = changeOf(update, node);
    if (change) history.push({ position: starts[m], update, index: moments[m].update, change });
  }
  return history;
}

/** The text of the program at a span, one line of it; null where there is none. */
export function sourceAt(program, span) {
  if (!span) return null;
  const line = program.split("\n")[span.line - 1];
  if (line === undefined) return null;
  const end = span.end_line === span.line ? span.end_column - 1 : undefined;
  // Columns count characters, not the halves of which JavaScript makes some of them.
  return [...line].slice(span.column - 1, end).join("").trim() || line.trim();
}
