// What a sweep found: its pieces put together, its cells, its rows, its boundary. Pure.

const COLUMNS = ["initial", "final", "best", "reached", "diverged"];

/** The sweep before its first event. */
export function emptySweep() {
  return { plan: null, cells: null, done: 0, failures: new Map(), curvature: [], summary: null, cut: null, isOver: false };
}

/** A sweep with one more event; the arrays of cells are filled in place, and the object around them is new. */
export function withSweepEvent(sweep, event) {
  switch (event.event) {
    case "plan":
      return { ...emptySweep(), plan: event, cells: emptyCells(event.cells) };
    case "cells":
      fill(sweep.cells, event);
      return { ...sweep, done: sweep.done + event.final.length };
    case "failures":
      return { ...sweep, failures: new Map([...sweep.failures, ...event.failures.map((failure) => [failure.cell, failure])]) };
    case "curvature":
      return { ...sweep, curvature: [...sweep.curvature, ...event.points] };
    case "summary":
      return { ...sweep, summary: event };
    case "end":
      return { ...sweep, cut: event.cut, isOver: true };
    default:
      return sweep;
  }
}

/** NaN is a real loss, so what is not there yet is told by `isKnown`. */
function emptyCells(count) {
  const numbers = COLUMNS.map((name) => [name, new Float64Array(count).fill(NaN)]);
  return { ...Object.fromEntries(numbers), isKnown: new Uint8Array(count) };
}

function fill(cells, event) {
  for (const name of COLUMNS) event[name].forEach((value, i) => (cells[name][event.first + i] = value === null ? NaN : Number(value)));
  cells.isKnown.fill(1, event.first, event.first + event.final.length);
}

/**
 * The order of the cells: configuration, rate, start, seed, the last fastest.
 *
 * @param {any} plan
 */
export function placeOf({ rates, starts, seeds }, cell) {
  const seed = cell % seeds.length;
  const start = Math.floor(cell / seeds.length) % starts.length;
  const rate = Math.floor(cell / (seeds.length * starts.length)) % rates.length;
  return { configuration: Math.floor(cell / (seeds.length * starts.length * rates.length)), rate, start, seed };
}

/** The cell at a place. */
export function cellOf({ rates, starts, seeds }, { configuration, rate, start, seed }) {
  return ((configuration * rates.length + rate) * starts.length + start) * seeds.length + seed;
}

/**
 * The cell in a row of the heat map: rows go over configurations, then starts, then seeds; columns over rates.
 *
 * @param {any} plan
 * @param {number} row
 * @param {number} rate
 */
export function cellInRow(plan, row, rate) {
  const each = plan.starts.length * plan.seeds.length;
  const inner = row % each;
  return cellOf(plan, { configuration: Math.floor(row / each), rate, start: Math.floor(inner / plan.seeds.length), seed: inner % plan.seeds.length });
}

/** How many rows the heat map has. */
export function rowCount({ configurations, starts, seeds }) {
  return configurations.length * starts.length * seeds.length;
}

/** What became of a run: not there yet, failed, diverged, ended above its start, or a loss. */
export function verdictOf({ cells, failures }, cell) {
  if (!cells.isKnown[cell]) return "waiting";
  if (failures.has(cell)) return "failed";
  if (!Number.isNaN(cells.diverged[cell]) || !Number.isFinite(cells.final[cell])) return "diverged";
  return cells.final[cell] > cells.initial[cell] ? "rose" : "fell";
}

/** Steps of colour from the lowest loss to the highest. */
export const SHADES = 9;
const DEPTH = 1e-10;

/**
 * The scale of the colours: over the final losses of runs that fell; in logarithms where they lie far apart, and then
 * everything below a ten-thousand-millionth of the highest counts as the lowest.
 *
 * @param {any} sweep
 */
export function shadesOf(sweep) {
  const finals = [...sweep.cells.final].filter((_, cell) => verdictOf(sweep, cell) === "fell");
  const lowest = finals.reduce((a, b) => Math.min(a, b), Infinity);
  const highest = finals.reduce((a, b) => Math.max(a, b), -Infinity);
  const floor = Math.max(lowest, highest * DEPTH);
  const isLog = lowest >= 0 && highest / floor > 20;
  const span = isLog ? Math.log(highest / floor) : highest - lowest;
  const shade = (loss) => {
    if (!(span > 0)) return 0;
    const share = (isLog ? Math.log(Math.max(loss, floor) / floor) : loss - lowest) / span;
    return Math.min(SHADES - 1, Math.max(0, Math.floor(share * SHADES)));
  };
  return { lowest, highest, isLog, shade };
}

/**
 * The boundary of each row: the index of the lowest rate that did not descend; null where all did, or it is not known.
 *
 * @param {any} sweep
 */
export function boundaryOf({ plan, summary }) {
  if (!summary) return [];
  const each = plan.starts.length * plan.seeds.length;
  return Array.from({ length: rowCount(plan) }, (_, row) => summary.boundary[Math.floor(row / each)]?.[row % each] ?? null);
}

/**
 * The bound 2/λ of each row's start, where the curvature is known there; null elsewhere. It holds for gradient descent
 * without momentum.
 */
export function boundsOf({ plan, curvature }) {
  const found = new Map(curvature.filter(({ at, bound }) => at === "start" && bound !== null).map((point) => [`${point.start}/${point.seed}`, Number(point.bound)]));
  const each = plan.starts.length * plan.seeds.length;
  return Array.from({ length: rowCount(plan) }, (_, row) => {
    const [start, seed] = [Math.floor((row % each) / plan.seeds.length), row % plan.seeds.length];
    return found.get(`${start}/${seed}`) ?? found.get(`${start}/${plan.seeds[seed]}`) ?? null;
  });
}

/** Where a rate lies among the columns: 0 in the middle of the first; between them, and beyond, by its logarithm. */
export function columnOf(rates, rate) {
  if (rates.length < 2) return 0;
  const [first, last] = [Math.log(rates[0]), Math.log(rates.at(-1))];
  return ((Math.log(rate) - first) / (last - first)) * (rates.length - 1);
}

/**
 * The table beside the heat map: for each configuration and rate how many runs fell, and the best and middle loss.
 *
 * @param {any} sweep
 */
export function summaryRows(sweep) {
  const { plan, cells } = sweep;
  return plan.configurations.flatMap(({ label }, configuration) =>
    plan.rates.map((rate, at) => {
      const all = plan.starts.flatMap((_, start) => plan.seeds.map((__, seed) => cellOf(plan, { configuration, rate: at, start, seed })));
      const known = all.filter((cell) => cells.isKnown[cell]);
      const fell = known.filter((cell) => verdictOf(sweep, cell) === "fell");
      const finals = fell.map((cell) => cells.final[cell]).sort((a, b) => a - b);
      return { label, rate, runs: known.length, fell: fell.length, best: finals[0] ?? null, middle: finals[Math.floor(finals.length / 2)] ?? null };
    }),
  );
}
