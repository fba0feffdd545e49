// A graph's structure, made ready for looking things up, and the order in which a pass ran over it.
//
// Edges run as the gradient does: from an operation (source) to one of its inputs (target). Data runs the other way.

const topologies = new WeakMap();
const ranks = new WeakMap();

/**
 * Index a graph once: node and edge places by id, edges by the node they leave and reach.
 *
 * @param {{nodes: any[], edges: any[]}} graph
 */
export function topologyOf(graph) {
  const known = topologies.get(graph);
  if (known) return known;
  const places = new Map(graph.nodes.map((node, i) => [node.id, i]));
  const inputs = graph.nodes.map(() => []);
  const consumers = graph.nodes.map(() => []);
  const sources = [];
  const targets = [];
  graph.edges.forEach((edge, j) => {
    sources.push(places.get(edge.source));
    targets.push(places.get(edge.target));
    inputs[sources[j]].push(j);
    consumers[targets[j]].push(j);
  });
  const edgePlaces = new Map(graph.edges.map((edge, j) => [edge.id, j]));
  const operations = graph.nodes.filter((node) => !isGiven(node)).length;
  const topology = { graph, places, edgePlaces, inputs, consumers, sources, targets, operations };
  topologies.set(graph, topology);
  return topology;
}

/** Is this node's value there before anything is computed? */
export function isGiven(node) {
  return node.kind === "leaf" || node.kind === "constant" || node.kind === "ghost";
}

/** Does autograd follow this node? A ghost is what it followed once, and cannot come back to. */
export function isFollowed({ kind }) {
  return kind !== "constant" && kind !== "ghost";
}

/**
 * When each node of a pass comes to light: `forward[i]` and `backward[i]` are frame numbers inside their phases.
 *
 * Leaves and constants are there at forward frame 0; operations follow, each after its inputs. A node that the engine
 * never ran has the backward rank Infinity.
 *
 * @param {{graph: any, inputs: number[][], targets: number[]}} topology
 * @param {{order: number[], gradients: any[]}} pass
 */
export function ranksOf(topology, pass) {
  const known = ranks.get(pass);
  if (known && known.topology === topology) return known;
  const { nodes } = topology.graph;
  const forward = new Array(nodes.length).fill(0);
  const computed = forwardOrder(topology, pass.order).filter((i) => !isGiven(nodes[i]));
  computed.forEach((i, k) => (forward[i] = k + 1));
  const backward = new Array(nodes.length).fill(Infinity);
  pass.order.forEach((i, k) => (backward[i] = k));
  for (let i = 0; i < nodes.length; i += 1) {
    if (backward[i] === Infinity && (pass.gradients[i] ?? null) !== null) backward[i] = lastArrival(topology, backward, i);
  }
  const result = { topology, forward, backward, computed };
  ranks.set(pass, result);
  return result;
}

/** `autograd.grad` hands a leaf's gradient out without running the leaf: it is known when the last flow has arrived. */
function lastArrival(topology, backward, i) {
  const arrivals = topology.consumers[i].map((j) => backward[topology.sources[j]]).filter(Number.isFinite);
  return arrivals.length > 0 ? Math.max(...arrivals) : Infinity;
}

/** Every node after its inputs; otherwise the engine's order from its end to its start. */
function forwardOrder(topology, order) {
  const emitted = [];
  const state = new Uint8Array(topology.graph.nodes.length);
  const wanted = [...order].reverse();
  for (let i = state.length - 1; i >= 0; i -= 1) wanted.push(i);
  for (const root of wanted) emitWithInputs(topology, root, state, emitted);
  return emitted;
}

/** A walk with a stack: graphs are deeper than the page's call stack. */
function emitWithInputs(topology, root, state, emitted) {
  const stack = [root];
  while (stack.length > 0) {
    const i = stack[stack.length - 1];
    if (state[i] === 0) {
      state[i] = 1;
      for (const j of topology.inputs[i]) {
        if (state[topology.targets[j]] === 0) stack.push(topology.targets[j]);
      }
    } else {
      stack.pop();
      if (state[i] === 1) emitted.push(i);
      state[i] = 2;
    }
  }
}

/**
 * The lines of a graph's picture, in the direction of the data: one for each edge, or the bundles of a folded graph.
 *
 * @returns {{id: string, tail: string, head: string}[]}
 */
export function linesOf(graph) {
  if (graph.bundles?.length > 0) return graph.bundles;
  return graph.edges.map(({ id, source, target }) => ({ id, tail: target, head: source }));
}

/**
 * What to light up around a chosen node, edge or group: class names by id.
 *
 * @param {any} graph
 * @param {string | null} chosen
 * @returns {Map<string, string>}
 */
export function marksAround(graph, chosen) {
  const marks = new Map();
  if (chosen === null) return marks;
  for (const { id, tail, head } of linesOf(graph)) {
    if (head === chosen || id === chosen) marks.set(tail, "near input");
    if (tail === chosen || id === chosen) marks.set(head, "near consumer");
    if (head === chosen) marks.set(id, "near input");
    if (tail === chosen) marks.set(id, "near consumer");
  }
  return marks.set(chosen, "chosen");
}
