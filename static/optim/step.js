// One parameter's step, taken apart: each line of the optimizer's formula with its numbers, checked against what torch
// recorded; and what the step would have been without momentum, decay, or clipping. Pure.

import { evaluate, scalar } from "./evaluate.js";
import { parse } from "./expression.js";
import { FORMULAS } from "./formulas.js";

const EPSILON = { float64: 2 ** -52, float32: 2 ** -23, float16: 2 ** -10, bfloat16: 2 ** -7 };
/** Roundings that add up in the longest of the formulas. */
const ROUNDINGS = 64;

/**
 * Take a step apart.
 *
 * @param {object} given
 * @param {any} given.update as it stands in a trace
 * @param {any} given.before the update that left the state which this one found; null for the first
 * @param {number} given.at which of its parameters
 * @param {string} [given.dtype] of the parameter
 * @param {any} [given.unclipped] the gradient that backward left, where the program changed it since
 * @returns {{reason: string} | {lines: any[], scope: any, shape: number[], after: any, agrees: boolean, others: any[], inner: number | null}}
 */
export function explainStep({ update, before, at, dtype = "float32", unclipped = null }) {
  const formula = FORMULAS[update.optimizer];
  const parameter = update.parameters[at];
  if (!formula) return { reason: "unknown" };
  if (parameter.gradient === null && !formula.isFlat) return { reason: "no-gradient" };
  const start = scopeOf({ formula, update, before, at, dtype });
  if (start === null) return { reason: "too-large" };
  const options = optionsOf(update, parameter);
  const done = run(formula, options, start);
  const inner = formula.isFlat ? start.inner.data[0] : null;
  const after = done.scope.p_new ?? start.p;
  const margin = { epsilon: EPSILON[dtype] ?? EPSILON.float32, isRough: update.optimizer === "Muon" };
  return {
    lines: done.lines.map((line) => checked(line, { parameter, start, margin })),
    scope: start,
    shape: start.p.shape,
    after,
    agrees: (inner === null || inner === 1) && isClose(after, tensorOf(parameter.after), { ...margin, size: start.p, step: after }),
    others: othersOf({ formula, options, start, unclipped }),
    inner,
  };
}

/** Options of the step; where a parameter's group has its own, those stand with its state. */
function optionsOf(update, parameter) {
  const own = Object.keys(update.options).filter((name) => Object.hasOwn(parameter.state, name));
  return { ...update.options, ...Object.fromEntries(own.map((name) => [name, parameter.state[name]])) };
}

/** Every name that the formulas may ask for; null where elements were not kept. */
function scopeOf({ formula, update, before, at, dtype }) {
  const parameter = update.parameters[at];
  const [p, g] = [tensorOf(parameter.before), formula.isFlat ? null : tensorOf(parameter.gradient)];
  if (!p || (!g && !formula.isFlat)) return null;
  const options = optionsOf(update, parameter);
  const scope = { ...numbersOf(options, dtype), p, t: scalar(parameter.state.step ?? 1) };
  if (g) scope.g = g;
  if (p.shape.length === 2) Object.assign(scope, { rows: scalar(p.shape[0]), columns: scalar(p.shape[1]) });
  if (formula.isFlat) return withDirection(scope, { update, before, at });
  const held = before?.parameters[at]?.state ?? {};
  for (const [name, [state, first]] of Object.entries(formula.held)) {
    const value = Object.hasOwn(held, state) ? tensorOf(held[state]) : firstOf(first, options);
    if (value) scope[name] = value;
  }
  return scope;
}

function firstOf(first, options) {
  if (first === null) return null;
  return scalar(typeof first === "string" ? options[first] : first);
}

function numbersOf(options, dtype) {
  const numbers = Object.entries(options).filter(([, value]) => typeof value === "number");
  const scope = Object.fromEntries(numbers.map(([name, value]) => [name, scalar(value)]));
  // Adafactor's first epsilon is the dtype's own unless it is given.
  if (options.eps1 === null) scope.eps1 = scalar(EPSILON[dtype] ?? EPSILON.float32);
  return scope;
}

/** LBFGS keeps one flat direction for all parameters, with the first of them. */
function withDirection(scope, { update, before, at }) {
  const { state } = update.parameters[0];
  const [d, flat] = [tensorOf(state.d ?? null), tensorOf(state.prev_flat_grad ?? null)];
  if (!d || !flat) return null;
  const sizes = update.parameters.map((parameter) => tensorOf(parameter.before)?.data.length ?? NaN);
  const start = sizes.slice(0, at).reduce((sum, size) => sum + size, 0);
  const part = ({ data }) => ({ shape: scope.p.shape, data: data.slice(start, start + sizes[at]) });
  const inner = state.n_iter - (before?.parameters[0].state.n_iter ?? 0);
  const own = state.n_iter === 1 ? {} : { d: part(d) };
  return { ...scope, ...own, g_flat: part(flat), tau: tensorOf(state.t), iterations: scalar(state.n_iter), inner: scalar(inner), given: part(d) };
}

/** Run the lines that torch runs. */
function run(formula, options, start) {
  const scope = { ...start };
  const lines = [];
  for (const line of formula.lines) {
    if (line.when && !line.when(options, scope)) continue;
    const tree = parse(line.is);
    const value = evaluate(tree, scope);
    const entry = { ...line, tree, scope: { ...scope }, value: formula.isSparse ? touched(value, line.to, scope) : value };
    scope[line.to] = entry.value;
    lines.push(entry);
  }
  return { scope, lines };
}

/** A sparse gradient moves only the elements that it names; the others stay as they were. */
function touched(value, name, scope) {
  const former = name === "p_new" ? scope.p : scope[`${name}'`];
  if (!former) return value;
  const data = value.data.map((x, k) => (scope.g.data[k] === 0 ? former.data[former.data.length === 1 ? 0 : k] : x));
  return { shape: value.shape, data };
}

/** Beside a line's value stands what the optimizer keeps of it; `agrees` is null where it keeps nothing. */
function checked(line, { parameter, start, margin }) {
  const kept = line.state === undefined ? undefined : parameter.state[line.state];
  const recorded = start.given && line.state ? start.given : kept === undefined ? null : tensorOf(kept);
  if (!recorded) return { ...line, recorded: null, agrees: null };
  const size = line.scope[`${line.to}'`] ?? line.value;
  return { ...line, recorded, agrees: isClose(line.value, recorded, { ...margin, isRough: false, size, step: line.value }) };
}

/** Are two tensors equal but for rounding? `size` is what was added to, `step` what came out. */
function isClose(one, other, { epsilon, isRough, size, step }) {
  if (!other || one.data.length !== other.data.length) return false;
  return one.data.every((x, k) => {
    const y = other.data[k];
    if (Object.is(x, y) || (Number.isNaN(x) && Number.isNaN(y))) return true;
    if (!Number.isFinite(x) || !Number.isFinite(y)) return x === y || Math.abs(x) > 3e38 || Math.abs(y) > 3e38;
    const from = size.data[size.data.length === 1 ? 0 : k];
    const moved = Math.abs(step.data[k] - from);
    const rough = isRough ? moved * 2 ** -5 : moved * 2 ** -12;
    return Math.abs(x - y) <= ROUNDINGS * epsilon * (Math.abs(x) + Math.abs(from)) + rough + 1e-38;
  });
}

/** What the step would have been without a part of it: this step alone, from the same state. */
function othersOf({ formula, options, start, unclipped }) {
  const rows = Object.entries(formula.without).flatMap(([name, change]) => {
    const isSame = Object.entries(change).every(([option, value]) => option !== "t" && (options[option] ?? value) === value);
    if (isSame) return [];
    const changed = { ...options, ...change };
    const numbers = Object.fromEntries(Object.entries(change).map(([option, value]) => [option, scalar(value)]));
    return [{ name, after: run(formula, changed, { ...start, ...numbers }).scope.p_new }];
  });
  const gradient = unclipped === null ? null : tensorOf(unclipped);
  if (gradient && start.g) rows.push({ name: "clipping", after: run(formula, options, { ...start, g: gradient }).scope.p_new });
  return rows;
}

/**
 * A recorded value as a tensor; null where there is none, or its elements were not kept.
 *
 * @param {any} value
 */
export function tensorOf(value) {
  if (value === null || value === undefined) return null;
  if (typeof value !== "object") return scalar(value);
  if (!value.data || value.dtype.startsWith("complex")) return null;
  return { shape: value.shape, data: value.data.flat(Infinity).map(Number) };
}
