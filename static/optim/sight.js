// Which step is on show, and which of its elements. Pure.

import { changeOf, isSameValue } from "../scene.js";

/**
 * What `explainStep` asks for, of the update at a frame; null when the moment is none, or does not touch the node.
 *
 * @param {any} scene
 * @param {any} node a leaf
 */
export function stepAt(scene, node) {
  const { timeline, frame } = scene;
  const moment = timeline.moments[frame.moment];
  if (frame.kind !== "update" || !moment) return null;
  const { updates, passes } = timeline.trace;
  const update = updates[moment.update];
  const parameter = changeOf(update, node);
  if (!parameter || update.optimizer === "in-place") return null;
  const left = passes[update.pass]?.accumulated[parameter.node] ?? null;
  return {
    update,
    before: Number.isInteger(update.previous) ? (updates[update.previous] ?? null) : null,
    at: update.parameters.indexOf(parameter),
    dtype: node.dtype ?? "float32",
    unclipped: left !== null && parameter.gradient !== null && !isSameValue(left, parameter.gradient) ? left : null,
  };
}

/** The element that moved most. */
export function largestOf({ after, scope: { p } }) {
  const sizes = after.data.map((x, k) => Math.abs(x - p.data[k]));
  return sizes.reduce((best, size, k) => (size > sizes[best] ? k : best), 0);
}

/** Where an element stands: `[1, 2]`. */
export function placeText(shape, k) {
  const places = [];
  let rest = k;
  for (const size of [...shape].reverse()) {
    places.unshift(rest % size);
    rest = Math.floor(rest / size);
  }
  return `[${places.join(", ")}]`;
}
