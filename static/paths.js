// The chain rule written out: every way from the loss to a node, with the product along it. Pure.
//
// The gradient of a node is the sum, over all paths, of the product of the local derivatives on the path. There may be
// more paths than atoms, so only the heaviest are listed; their number and their sum are found without listing them.

/** How many paths are listed at most. */
export const MOST_PATHS = 12;

/**
 * The paths along which gradient came to a node in a pass.
 *
 * One walk over the nodes above it, in the engine's order, keeps for each the sum over its paths, their number, and
 * the heaviest of them. Null where a step on the way is not one number.
 *
 * @param {any} scene with a topology, a pass and its ranks
 * @param {number} i place of the node
 * @returns {{count: number, sum: number, gradient: number, seed: number, paths: {product: number, edges: number[]}[]} | null}
 *   the edges of a path run from the loss to the node
 */
export function pathsTo({ topology, pass, ranks }, i, most = MOST_PATHS) {
  const gradient = pass?.gradients[i] ?? null;
  if (!isNumber(gradient)) return null;
  const found = new Map();
  for (const above of ancestorsOf(topology, pass, ranks, i)) {
    const tally = tallyOf({ topology, pass, found, most }, above);
    if (tally === null) return null;
    found.set(above, tally);
  }
  const { count, sum, best, seed } = found.get(i);
  const paths = best.map((entry) => ({ product: entry.product, edges: edgesOf(entry) }));
  return { count, sum, gradient: Number(gradient), seed, paths };
}

/** A number, or one of the strings that stand for the numbers JSON cannot write. */
function isNumber(value) {
  return typeof value === "number" || value === "NaN" || value === "Infinity" || value === "-Infinity";
}

/** The node and all from which gradient reached it, in the order in which the engine ran them. */
function ancestorsOf({ consumers, sources }, pass, ranks, i) {
  const seen = new Set([i]);
  const stack = [i];
  while (stack.length > 0) {
    for (const j of consumers[stack.pop()]) {
      if (!hasFlow(pass, j) || seen.has(sources[j])) continue;
      seen.add(sources[j]);
      stack.push(sources[j]);
    }
  }
  seen.delete(i);
  const order = [...seen].sort((a, b) => ranks.backward[a] - ranks.backward[b]);
  return [...order, i];
}

function hasFlow(pass, j) {
  return (pass.flows[j] ?? null) !== null;
}

/** A node's paths from those of the nodes above it. */
function tallyOf({ topology, pass, found, most }, i) {
  const arrivals = topology.consumers[i].filter((j) => hasFlow(pass, j));
  if (arrivals.length === 0) return rootTally(pass.gradients[i]);
  const tally = { count: 0, sum: 0, best: [], seed: 1 };
  for (const j of arrivals) {
    const above = found.get(topology.sources[j]);
    const derivative = pass.derivatives[j] ?? null;
    if (!above || !isNumber(derivative)) return null;
    tally.count += above.count;
    tally.sum += Number(derivative) * above.sum;
    tally.seed = above.seed;
    for (const entry of above.best) tally.best.push({ product: entry.product * Number(derivative), edge: j, above: entry });
  }
  tally.best.sort(heavierFirst).splice(most);
  return tally;
}

/** Where backward() began: what it was given, usually 1, is the first factor of every path. */
function rootTally(gradient) {
  if (!isNumber(gradient ?? null)) return null;
  const seed = Number(gradient);
  return { count: 1, sum: seed, seed, best: [{ product: seed, edge: null, above: null }] };
}

/** What is not a number first: one path of them spoils the sum. */
function heavierFirst(one, other) {
  const weight = ({ product }) => (Number.isNaN(product) ? Infinity : Math.abs(product));
  const [a, b] = [weight(one), weight(other)];
  return a === b ? 0 : b - a;
}

function edgesOf(entry) {
  const edges = [];
  for (let at = entry; at.edge !== null; at = at.above) edges.push(at.edge);
  return edges.reverse();
}

/** Is the sum over the paths the gradient that the engine found, as far as its own precision goes? */
export function isWhole({ sum, gradient }) {
  if (Object.is(sum, gradient) || sum === gradient) return true;
  return Math.abs(sum - gradient) <= 1e-4 * Math.max(Math.abs(sum), Math.abs(gradient), 1e-30);
}

/**
 * What to light up along a path: class names by id of line and box.
 *
 * @param {any} graph
 * @param {string[]} edges ids
 * @returns {Map<string, string>}
 */
export function marksAlong(graph, edges) {
  const marks = new Map();
  const wanted = new Set(edges);
  graph.edges.forEach(({ id, source, target }) => {
    if (!wanted.has(id)) return;
    for (const part of [id, source, target]) marks.set(part, "trail");
  });
  for (const { id, tail, head, edges: places } of graph.bundles ?? []) {
    if (!places.some((j) => wanted.has(graph.edges[j].id))) continue;
    for (const part of [id, tail, head]) marks.set(part, "trail");
  }
  return marks;
}
