// The theoretical bound on the learning rate, beside what was found. Pure.

import { boundsOf, rowCount } from "./sweep.js";

/**
 * The bound of each row of the heat map: 2/λ for gradient descent, 2(1 + μ)/λ with plain momentum; null for every
 * optimizer that has no such bound, and where the curvature is not known.
 *
 * @param {any} sweep
 */
export function boundLinesOf(sweep) {
  const { plan } = sweep;
  const bounds = boundsOf(sweep);
  const each = rowCount(plan) / plan.configurations.length;
  return bounds.map((bound, row) => (bound === null ? null : scaled(bound, plan.configurations[Math.floor(row / each)])));
}

function scaled(bound, { name, options, scheduler, clip_norm: norm, clip_value: value }) {
  const { momentum = 0, nesterov = false, dampening = 0, weight_decay: decay = 0, maximize = false } = options;
  const isBare = name === "SGD" && !nesterov && !dampening && !decay && !maximize && !scheduler && !norm && !value;
  return isBare ? bound * (1 + Number(momentum)) : null;
}
