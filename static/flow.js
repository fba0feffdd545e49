// Gradient flow: norms of gradients and updates by layer over the passes of a run, from what was recorded. Pure.
//
// A layer is what the parameters `encoder.0.weight` and `encoder.0.bias` have in common; a parameter of no module is a
// layer of its own. Norms of small tensors are exact, those of large ones are torch's own.

import { elementsOf } from "./format.js";
import { squareOf } from "./folded.js";
import { isBroken } from "./magnitude.js";
import { ranksOf, topologyOf } from "./topology.js";

export const QUANTITIES = ["gradient", "update", "ratio"];

/**
 * The flow of a run: layers from the input on, and for each quantity a row of numbers a layer, one for each pass.
 *
 * A number is null where nothing is known, NaN where it is not a number or infinite. `ratio` is the norm of the updates
 * that followed a pass over the norm of the weights before.
 *
 * @param {any} trace
 * @returns {{layers: {name: string, leaves: Map<string, string[]>}[], count: number, gradient: (number|null)[][], update: (number|null)[][], ratio: (number|null)[][]}}
 */
export function flowOf(trace) {
  const layers = layersOf(trace);
  const rows = new Map(layers.map(({ name }, row) => [name, row]));
  const blank = () => layers.map(() => new Array(trace.passes.length).fill(null));
  const flow = { layers, count: trace.passes.length, gradient: blank(), update: blank(), ratio: blank() };
  const graphs = new Map(trace.graphs.map((graph) => [graph.id, graph]));
  trace.passes.forEach((pass, p) => addGradients(flow, { pass, p, topology: topologyOf(graphs.get(pass.graph)) }));
  addUpdates(flow, trace, { graphs, rows });
  return flow;
}

/** All layers of all graphs, in the order in which the first pass over each came to them. */
function layersOf(trace) {
  const layers = new Map();
  for (const graph of trace.graphs) {
    const pass = trace.passes.find((one) => one.graph === graph.id);
    for (const { name, id } of pass ? orderedLeaves(topologyOf(graph), pass) : []) {
      const layer = layers.get(name) ?? { name, leaves: new Map() };
      layers.set(name, layer);
      layer.leaves.set(graph.id, [...(layer.leaves.get(graph.id) ?? []), id]);
    }
  }
  return [...layers.values()];
}

function orderedLeaves(topology, pass) {
  const { forward } = ranksOf(topology, pass);
  const leaves = topology.graph.nodes.flatMap((node, i) => (node.kind === "leaf" ? [{ name: layerOf(node), id: node.id, rank: firstUse(topology, forward, i) }] : []));
  return leaves.sort((a, b) => a.rank - b.rank);
}

function firstUse({ consumers, sources }, forward, i) {
  return consumers[i].reduce((first, j) => Math.min(first, forward[sources[j]]), Infinity);
}

/** `encoder.0` for `encoder.0.weight`; a plain name is its own layer. */
export function layerOf({ variable, label, id }) {
  const name = variable ?? label ?? id;
  const end = name.lastIndexOf(".");
  return end > 0 ? name.slice(0, end) : name;
}

function addGradients(flow, { pass, p, topology }) {
  if (pass.call === "forward") return;
  flow.layers.forEach(({ leaves }, row) => {
    const gradients = (leaves.get(pass.graph) ?? []).map((id) => pass.gradients[topology.places.get(id)] ?? null).filter((gradient) => gradient !== null);
    if (gradients.length > 0) flow.gradient[row][p] = normOf(gradients);
  });
}

/** The norm of several recorded values together. */
function normOf(values) {
  return values.some(isBroken) ? NaN : Math.sqrt(values.reduce((sum, value) => sum + squareOf(value), 0));
}

/** The updates between one pass and the next add up to one. */
function addUpdates(flow, { updates, passes }, { graphs, rows }) {
  const steps = new Map();
  for (const update of updates) {
    const pass = passes[update.pass ?? -1];
    if (!pass) continue;
    const { places, graph } = topologyOf(graphs.get(pass.graph));
    for (const parameter of update.parameters) {
      const node = graph.nodes[places.get(parameter.node)] ?? { variable: parameter.variable };
      const row = node.variable || node.id ? rows.get(layerOf(node)) : undefined;
      if (row !== undefined) addStep(steps, `${row} ${update.pass}`, parameter);
    }
  }
  for (const [key, { step, weight }] of steps) {
    const [row, p] = key.split(" ").map(Number);
    flow.update[row][p] = step === null ? null : Math.sqrt(step);
    flow.ratio[row][p] = step === null || weight === 0 ? null : Math.sqrt(step / weight);
  }
}

function addStep(steps, key, parameter) {
  const known = steps.get(key) ?? { step: 0, weight: 0 };
  const square = stepSquare(parameter);
  const isLost = square === null || known.step === null;
  steps.set(key, { step: isLost ? null : known.step + square, weight: known.weight + (isBroken(parameter.before) ? NaN : squareOf(parameter.before)) });
}

/** The squared norm of one parameter's step: from its elements, or as torch measured it; null where neither is there. */
export function stepSquare({ before, after, step_norm: norm }) {
  if (norm !== undefined && norm !== null) return Number.isFinite(Number(norm)) ? Number(norm) ** 2 : NaN;
  const [from, to] = [elementsOf(before), elementsOf(after)];
  if (from.length === 0 || from.length !== to.length) return null;
  return from.reduce((sum, element, k) => sum + (Number(to[k]) - Number(element)) ** 2, 0);
}

/**
 * The ends of a logarithmic scale over some rows.
 *
 * @returns {{low: number, high: number} | null} null where there is no positive number
 */
export function scaleOf(rows) {
  let [low, high] = [Infinity, 0];
  for (const row of rows) {
    for (const number of row) {
      if (number === null || !(number > 0) || !Number.isFinite(number)) continue;
      low = Math.min(low, number);
      high = Math.max(high, number);
    }
  }
  return high > 0 ? { low, high } : null;
}

/**
 * The layers with the largest and the smallest number in one pass, zeros and gaps left out.
 *
 * @returns {{high: {row: number, number: number}, low: {row: number, number: number}, factor: number} | null}
 */
export function extremesOf(rows, p) {
  const known = rows.map((row, at) => ({ row: at, number: row[p] ?? null })).filter(({ number }) => number !== null && number > 0 && Number.isFinite(number));
  if (known.length < 2) return null;
  const high = known.reduce((a, b) => (b.number > a.number ? b : a));
  const low = known.reduce((a, b) => (b.number < a.number ? b : a));
  return { high, low, factor: high.number / low.number };
}

/** The passes that a map of so many columns shows: all, or every n-th and the last. */
export function columnsOf(count, most) {
  if (count <= most) return Array.from({ length: count }, (_, p) => p);
  const step = Math.ceil(count / most);
  const columns = [];
  for (let p = 0; p < count; p += step) columns.push(p);
  if (columns.at(-1) !== count - 1) columns.push(count - 1);
  return columns;
}
