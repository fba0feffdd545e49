// One run of a study as the studio takes it: as a form where the form can hold it, else as a call of the API. Pure.

import { withOptimizer } from "./written.js";

/** The studio shows this many steps of a run at most. */
const MOST_STEPS = 1000;

/** What the server writes options for, where a program is to hold them: the optimizer of any one matrix. */
const ANY = { expression: "x", variables: { x: { value: [[1, 2], [3, 4]], requires_grad: true } }, sum: true, steps: 1, seed: 0 };

/**
 * @param {any} body of the study
 * @param {{name: string, options: any, scheduler?: any, clip_norm?: number | null, clip_value?: number | null, rate: number | null, start?: any, seed?: number}} run
 * @returns {{source?: any, call?: any, into?: {program: string, seed: number}} | null} a form; or a call, whose program is
 *   opened; or that program's optimizer is written `into` another. Null where a program does not show what makes its own.
 */
export function openingOf(body, { name, options, scheduler, clip_norm, clip_value, rate, start = {}, seed = body.seed ?? 0 }) {
  const optimizer = { ...options, ...(rate === null || rate === undefined ? {} : { lr: rate }) };
  const extras = Object.fromEntries(Object.entries({ scheduler: flat(scheduler), clip_norm, clip_value }).filter(([, value]) => value !== null && value !== undefined));
  if (body.expression === undefined) {
    const written = { options: "", schedule: scheduler ? scheduler.name : null, clips: clip_norm || clip_value ? [{ how: "norm", limit: "1" }] : [] };
    return withOptimizer(body.program, name, written) === null ? null : { call: { ...ANY, optimizer: { name, ...optimizer }, ...extras }, into: { program: body.program, seed } };
  }
  const variables = Object.fromEntries(Object.entries(body.variables).map(([variable, entry]) => [variable, variable in start ? { ...entry, value: start[variable] } : entry]));
  const steps = Math.min(MOST_STEPS, body.steps);
  const isPlain = !scheduler && !clip_norm && !clip_value && Object.values(optimizer).every((value) => typeof value === "number");
  if (isPlain) {
    return { source: { mode: "expression", expression: body.expression, variables, optimizer: { name, options: optimizer }, steps, sum: body.sum, seed } };
  }
  return { call: { expression: body.expression, variables, optimizer: { name, ...optimizer }, ...extras, steps, sum: body.sum, seed } };
}

/** A schedule as the API takes it: the plan of a study tells its options apart from its name. */
function flat(scheduler) {
  if (!scheduler) return null;
  const { name, options = {}, schedulers = [] } = scheduler;
  return { name, ...options, ...(schedulers.length > 0 ? { schedulers: schedulers.map(flat) } : {}) };
}
