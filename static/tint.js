// Colours for the nodes of a graph by a number or by the module they ran in: which step of a scale each one has. Pure.

import { isBroken, magnitudeOf } from "./magnitude.js";
import { nodeView } from "./scene.js";

export const TINTS = ["none", "gradient", "value", "module", "time"];
/** Steps of the logarithmic scale, and hues for modules. */
export const STEPS = 7;
export const HUES = 8;
/** A scale never spans less than this many powers of ten: noise is not to look like a trend. */
const LEAST_SPAN = 1;

/**
 * The colours of a frame: class names by node id, and what the legend says about them.
 *
 * @param {any} scene
 * @param {string} by one of TINTS
 * @returns {{classes: Map<string, string>, low: number | null, high: number | null, modules: string[], has: {zero: boolean, broken: boolean}}}
 */
export function tintsOf(scene, by) {
  const tints = { classes: new Map(), low: null, high: null, modules: [], has: { zero: false, broken: false } };
  if (by === "none" || !scene?.topology) return tints;
  if (by === "module") addModules(scene.topology.graph.nodes, tints);
  else if (by === "time") addTimes(scene, tints);
  else if (scene.pass) addSizes(scene, by, tints);
  for (const group of scene.topology.graph.groups ?? []) addGroup(group, tints);
  return tints;
}

/** A folded group has the strongest colour of what lies in it: where to look further. */
function addGroup({ id, members }, tints) {
  const inside = members.map((member) => tints.classes.get(member)).filter(Boolean);
  const strongest = ["tint-broken", ...Array.from({ length: STEPS }, (_, k) => `tint-${STEPS - 1 - k}`), "tint-zero"].find((name) => inside.includes(name));
  const name = strongest ?? inside[0];
  if (name) tints.classes.set(id, name);
}

/** Nodes by when the engine ran them: of a folded group, its last one counts. */
function addTimes({ topology, pass }, tints) {
  const { nodes } = topology.graph;
  const count = pass?.order.length ?? 0;
  if (count === 0) return;
  Object.assign(tints, { low: 1, high: count });
  pass.order.forEach((i, k) => tints.classes.set(nodes[i].id, `tint-${Math.floor((k * STEPS) / count)}`));
}

/** The scale spans the whole pass, so that colours do not change while it is played. */
function addSizes(scene, by, tints) {
  const { nodes } = scene.topology.graph;
  const all = by === "gradient" ? scene.pass.gradients : scene.pass.values;
  const sizes = all.map(magnitudeOf).filter((size) => size !== null && size > 0);
  if (sizes.length > 0) {
    tints.low = sizes.reduce((a, b) => Math.min(a, b));
    tints.high = sizes.reduce((a, b) => Math.max(a, b));
  }
  nodes.forEach((node, i) => {
    const name = sizeClass(nodeView(scene, i)[by], tints);
    if (name) tints.classes.set(node.id, name);
  });
}

function sizeClass(value, tints) {
  if (isBroken(value)) return (tints.has.broken = true), "tint-broken";
  const size = magnitudeOf(value);
  if (size === null) return null;
  if (size === 0) return (tints.has.zero = true), "tint-zero";
  return `tint-${stepOf(size, tints)}`;
}

/** The step of a size between the smallest and the largest, on a logarithmic scale. */
export function stepOf(size, { low, high }) {
  const top = Math.log10(high);
  const span = Math.max(LEAST_SPAN, top - Math.log10(low));
  const share = 1 - (top - Math.log10(size)) / span;
  return Math.min(STEPS - 1, Math.max(0, Math.floor(share * STEPS)));
}

/** Modules by their path, as deep as tells them apart. */
function addModules(nodes, tints) {
  const paths = nodes.map(({ module }) => module ?? "");
  const depth = depthOf(paths.filter(Boolean));
  const named = paths.map((path) => path.split(".").slice(0, depth).join("."));
  tints.modules = [...new Set(named.filter(Boolean))];
  nodes.forEach((node, i) => {
    if (named[i]) tints.classes.set(node.id, `tint-hue-${tints.modules.indexOf(named[i]) % HUES}`);
  });
}

function depthOf(paths) {
  const deepest = paths.reduce((most, path) => Math.max(most, path.split(".").length), 1);
  for (let depth = 1; depth < deepest; depth += 1) {
    const count = new Set(paths.map((path) => path.split(".").slice(0, depth).join("."))).size;
    if (count > 1) return depth;
  }
  return deepest;
}
