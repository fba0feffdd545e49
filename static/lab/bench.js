// What stands on the three benches of the lab: as on a first visit, or as a link or lesson prepared it. Pure.

export const BENCHES = ["race", "sweep", "check"];
export const MOST_RACERS = 8;

/** Subjects to start from; each is an expression of two variables that has something to teach. */
export const SUBJECTS = [
  { id: "ravine", expression: "x**2 + 20*y**2", variables: { x: -4, y: 1 }, rate: "0.04" },
  { id: "rosenbrock", expression: "(1 - x)**2 + 100*(y - x**2)**2", variables: { x: -1.2, y: 1 }, rate: "0.001" },
  { id: "saddle", expression: "x**2 - y**2 + 0.1*y**4", variables: { x: -2, y: 0.01 }, rate: "0.05" },
  { id: "himmelblau", expression: "(x**2 + y - 11)**2 + (x + y**2 - 7)**2", variables: { x: 0, y: 0 }, rate: "0.01" },
];

/** The benches as on a first visit. */
export function firstLab() {
  return {
    bench: "race",
    race: {
      racers: [racer("SGD", { lr: "0.01" }), racer("SGD", { lr: "0.01", momentum: "0.9" }), racer("Adam", { lr: "0.1" })],
      isTuned: false,
      isRandom: false,
      tuning: { start: "0.0001", stop: "1", count: "13" },
      steps: "100",
      target: "",
      isRun: false,
    },
    sweep: {
      configurations: [racer("SGD", {}), racer("SGD", { momentum: "0.9" }), racer("Adam", {})],
      rates: { start: "0.0001", stop: "1", count: "25" },
      starts: {},
      hasStarts: false,
      seeds: "1",
      steps: "100",
      target: "",
      isRun: false,
    },
    check: { tolerance: "1e-5", pass: "1", isRun: false },
  };
}

function racer(name, options) {
  return { name, options, scheduler: null };
}

/**
 * The benches from a link or a lesson: what fits is taken, for anyone may write a link.
 *
 * @param {any} raw
 */
export function labFrom(raw) {
  const first = firstLab();
  const given = Object(raw);
  return {
    bench: BENCHES.includes(given.bench) ? given.bench : first.bench,
    race: { ...fieldsFrom(first.race, given.race), racers: racersFrom(given.race?.racers, first.race.racers).slice(0, MOST_RACERS) },
    sweep: {
      ...fieldsFrom(first.sweep, given.sweep),
      configurations: racersFrom(given.sweep?.configurations, first.sweep.configurations),
      starts: startsFrom(given.sweep?.starts),
    },
    check: fieldsFrom(first.check, given.check),
  };
}

/** Texts and switches of the same kind as on a first visit; a stretch (start, stop, count) field by field. */
function fieldsFrom(first, given) {
  const fields = Object.entries(first).map(([name, value]) => {
    const other = Object(given)[name];
    if (isStretch(value)) return [name, fieldsFrom(value, other)];
    return [name, typeof other === typeof value && typeof value !== "object" ? (typeof other === "string" ? other.slice(0, 40) : other) : value];
  });
  return Object.fromEntries(fields);
}

function isStretch(value) {
  return value !== null && typeof value === "object" && "start" in value;
}

const isName = (name) => typeof name === "string" && /^\w{1,40}$/.test(name);

function racersFrom(given, first) {
  if (!Array.isArray(given)) return first;
  const racers = given.filter((one) => isName(one?.name)).map(({ name, options, scheduler }) => ({
    name,
    options: textsFrom(options),
    scheduler: isName(scheduler?.name) ? { name: scheduler.name, options: textsFrom(scheduler.options) } : null,
  }));
  return racers.length > 0 ? racers.slice(0, 24) : first;
}

function textsFrom(options) {
  const entries = Object.entries(Object(options)).filter(([name, value]) => isName(name) && (typeof value === "string" || typeof value === "boolean"));
  return Object.fromEntries(entries.map(([name, value]) => [name, typeof value === "string" ? value.slice(0, 80) : value]));
}

function startsFrom(given) {
  const entries = Object.entries(Object(given)).filter(([name]) => isName(name));
  return Object.fromEntries(entries.slice(0, 8).map(([name, stretch]) => [name, fieldsFrom({ start: "", stop: "", count: "" }, stretch)]));
}
