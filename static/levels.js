// How many levels of groups a graph can be opened by. Pure.

/** Nobody chooses among more. */
const MOST = 6;

/**
 * The levels that can be asked for: modules inside each other, and at least one more than are open.
 *
 * @param {any} graph
 */
export function levelsOf({ nodes, clusters = [], groups = [] }) {
  const deepest = nodes.reduce((most, { module }) => Math.max(most, module ? module.split(".").length : 0), 0);
  const opened = clusters.length > 0 || groups.length > 0 ? 1 + depthOf(clusters) : 0;
  return Math.min(MOST, Math.max(deepest + 1, opened + (groups.length > 0 ? 1 : 0)));
}

/** How many frames lie inside each other. */
function depthOf(clusters) {
  const depths = new Map();
  // A frame comes before those inside it.
  for (const { id, boxes } of clusters) for (const box of boxes) depths.set(box, (depths.get(id) ?? 0) + 1);
  return clusters.reduce((most, { id }) => Math.max(most, (depths.get(id) ?? 0) + 1), 0);
}
