// What a race found: its events summed, its standings, and where its racers ran. Pure.

/** The race before its first event. */
export function emptyRace() {
  return { plan: null, tuned: [], racers: [], projection: null, surface: null, cut: null, isOver: false };
}

/** A race with one more event. */
export function withRaceEvent(race, event) {
  switch (event.event) {
    case "plan":
      return { ...race, plan: event };
    case "tuned":
      return { ...race, tuned: placed(race.tuned, event) };
    case "racer":
      return { ...race, racers: placed(race.racers, event) };
    case "projection":
      return { ...race, projection: event };
    case "surface":
      return { ...race, surface: event };
    case "end":
      return { ...race, cut: event.cut, isOver: true };
    default:
      return race;
  }
}

function placed(list, event) {
  const copy = [...list];
  copy[event.racer] = event;
  return copy;
}

/** JSON has words for what is no finite number. */
export function numberFrom(value) {
  return value === null || value === undefined ? null : Number(value);
}

/**
 * The standings: one row a racer, with its number `k` in the race.
 *
 * @param {any} race
 */
export function standingsOf(race) {
  return (race.plan?.racers ?? []).map((planned, k) => {
    const racer = race.racers[k] ?? null;
    return {
      k,
      label: planned.label,
      rate: numberFrom(race.tuned[k]?.lr ?? planned.lr),
      final: numberFrom(racer?.final),
      best: numberFrom(racer?.best),
      reached: numberFrom(racer?.reached),
      diverged: numberFrom(racer?.diverged),
      failure: racer?.failure ?? null,
      isIn: racer !== null,
    };
  });
}

/** The length of the longest of the racers' lists, once every racer is here; null before, and where none ran. */
function longest({ plan, racers }, list) {
  const isWhole = plan.racers.every((_, k) => racers[k]);
  return (isWhole && Math.max(...racers.map((racer) => racer[list]?.length ?? 0))) || null;
}

/** How many steps there are to look through: those that were asked for, or fewer where every run ended sooner. */
export function stepsOf(race) {
  return Math.min(race.plan.steps, (longest(race, "losses") ?? Infinity) - 1);
}

/** How many steps were taken by a program that ends before those that were asked for; else null. */
export function stepsOfProgram(race) {
  const taken = longest(race, "rates");
  return taken !== null && taken < race.plan.steps ? taken : null;
}

export const COLUMNS = ["label", "rate", "final", "best", "reached", "diverged"];

/**
 * Rows in order of a column; what has no number comes last whichever way, and equals stay in the order of the race.
 *
 * @param {any[]} rows
 * @param {{column: string, isDown: boolean}} order
 */
export function sortedRows(rows, { column, isDown }) {
  const turn = isDown ? -1 : 1;
  const isNone = (value) => value === null || Number.isNaN(value);
  return [...rows].sort((one, other) => {
    const [a, b] = [one[column], other[column]];
    if (typeof a === "string") return turn * a.localeCompare(b) || one.k - other.k;
    if (isNone(a) || isNone(b)) return Number(isNone(a)) - Number(isNone(b)) || one.k - other.k;
    return turn * (a < b ? -1 : a > b ? 1 : 0) || one.k - other.k;
  });
}

/**
 * Where the racers ran: over one variable at the height of the loss, over two, or onto the main directions of all paths.
 *
 * @param {any} race
 * @param {string[]} names the one or two variables, if there are no more
 * @returns {{points: number[][], k: number, steps?: number[]}[]} `steps` where not each step has a point
 */
export function pathsOf(race, names) {
  if (names.length === 1) {
    return race.racers.flatMap((racer) => (racer?.path?.[names[0]] ? [{ k: racer.racer, points: racer.path[names[0]].map((x, i) => [Number(x), Number(racer.losses[i])]) }] : []));
  }
  if (names.length === 2) {
    return race.racers.flatMap((racer) => {
      const [x, y] = names.map((name) => racer?.path?.[name]);
      return x && y ? [{ k: racer.racer, points: x.map((one, i) => [Number(one), Number(y[i])]) }] : [];
    });
  }
  const { points = [], steps } = race.projection ?? {};
  return points.map((path, k) => ({ k, points: path.map((point) => point.map(Number)), steps }));
}

/** The number of a path's latest point at a step. */
export function pointAt({ points, steps }, step) {
  const at = steps ? steps.findLastIndex((one) => one <= step) : step;
  return Math.max(0, Math.min(at, points.length - 1));
}

/** A path that flies off further than this, in lengths of what the others need, is followed no longer. */
const FAR = 4;

/**
 * The stretch of both axes that shows the paths: a racer that flew off does not make the others a dot.
 *
 * @param {{points: number[][]}[]} paths
 * @returns {[number, number][] | null}
 */
export function windowOf(paths) {
  const axes = [0, 1].map((axis) => paths.flatMap(({ points }) => points.map((point) => point[axis])).filter(Number.isFinite));
  if (axes.some((values) => values.length === 0)) return null;
  return /** @type {[number, number][]} */ (axes.map((values) => {
    const sorted = [...values].sort((a, b) => a - b);
    const at = (share) => sorted[Math.floor(share * (sorted.length - 1))];
    const [low, high] = [at(0.05), at(0.95)];
    const reach = FAR * Math.max(high - low, 1e-9 * (Math.abs(low) + Math.abs(high)));
    const near = sorted.filter((value) => value >= low - reach && value <= high + reach);
    const half = Math.max((near.at(-1) - near[0]) / 2, 0.05 * Math.max(1, Math.abs(near[0])));
    const middle = (near.at(-1) + near[0]) / 2;
    return [middle - half * 1.3, middle + half * 1.3];
  }));
}
