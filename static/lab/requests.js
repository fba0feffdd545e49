// The benches' forms as requests of the API, and what cannot be read in them. Pure.

import { valueOf } from "../names.js";
import { variablesOf } from "../source.js";
import { configurationOf, numberOf } from "./configuration.js";

/**
 * What is studied: the expression with its variables, or the program.
 *
 * @param {any} source as the store has it
 */
export function subjectOf(source) {
  if (source.mode === "program") return { program: source.program };
  const entries = variablesOf(source).map(({ name, value, requires_grad }) => [name, { value: valueOf(value), requires_grad }]);
  return { expression: source.expression, variables: Object.fromEntries(entries), sum: source.sum };
}

/** The followed variables that have one number as their value: what may be a start, or an axis. */
export function scalarsOf(source) {
  if (source.mode === "program") return [];
  return variablesOf(source).flatMap(({ name, value, requires_grad }) => {
    const number = valueOf(value);
    return requires_grad && typeof number === "number" ? [{ name, value: number }] : [];
  });
}

/** Points on each axis of a slice; the server takes fewer where a program has to run for each of them. */
const SURFACE = 41;

/** One scalar variable or two are shown as they are; more are seen in a slice. */
export function hasOwnPlane(source) {
  const count = scalarsOf(source).length;
  return source.mode === "expression" && count <= 2 && variablesOf(source).filter(({ requires_grad }) => requires_grad).length === count;
}

/**
 * @param {any} lab
 * @param {any} source
 * @param {any} catalog
 * @returns {{body: any, faults: {path: string, code: string}[]}}
 */
export function raceBody({ race }, source, catalog) {
  const form = reader();
  const racers = race.racers.map((racer, i) => form.take(configurationOf(racer, catalog, `race/racers/${i}`)));
  if (race.racers.length < 2) form.fault("race/racers", "too-few-racers");
  const body = {
    ...subjectOf(source),
    seed: source.seed,
    steps: form.whole("race/steps", race.steps, 1),
    racers,
    ...form.target("race/target", race.target),
    ...(race.isTuned ? { tuning: form.stretch("race/tuning", race.tuning, true) } : {}),
    ...(hasOwnPlane(source) ? {} : { surface: SURFACE, directions: race.isRandom ? "random" : "pca" }),
  };
  return { body, faults: form.faults };
}

/** As `raceBody`. */
export function sweepBody({ sweep }, source, catalog) {
  const form = reader();
  const configurations = sweep.configurations.map((one, i) => form.take(configurationOf(one, catalog, `sweep/configurations/${i}`)));
  const seeds = form.whole("sweep/seeds", sweep.seeds, 1);
  const body = {
    ...subjectOf(source),
    configurations,
    rates: form.stretch("sweep/rates", sweep.rates, true),
    ...(sweep.hasStarts ? { starts: startsOf(form, sweep, source) } : {}),
    seeds: Array.from({ length: Math.min(seeds, 1000) }, (_, k) => source.seed + k),
    steps: form.whole("sweep/steps", sweep.steps, 1),
    ...form.target("sweep/target", sweep.target),
  };
  return { body, faults: form.faults };
}

function startsOf(form, sweep, source) {
  const known = scalarsOf(source).map(({ name }) => name).filter((name) => name in sweep.starts);
  return Object.fromEntries(known.map((name) => [name, form.stretch(`sweep/starts/${name}`, sweep.starts[name], false)]));
}

/** As `raceBody`. */
export function checkBody({ check }, source) {
  const form = reader();
  const tolerance = form.number("check/tolerance", check.tolerance, (number) => number > 0 && number <= 1);
  const which = source.mode === "program" ? { pass: form.whole("check/pass", check.pass, 1) - 1 } : {};
  return { body: { ...subjectOf(source), ...which, seed: source.seed, tolerance }, faults: form.faults };
}

/** How many runs a sweep asks for. */
export function cellCount({ sweep }, source) {
  const { body, faults } = sweepBody({ sweep }, source, null);
  if (faults.some(({ path }) => !path.includes("configurations"))) return null;
  const starts = Object.values(body.starts ?? {}).reduce((all, { count }) => all * count, 1);
  return body.configurations.length * body.rates.count * starts * body.seeds.length;
}

/** Reads fields, and gathers what cannot be read. */
function reader() {
  const faults = [];
  const fault = (path, code) => void faults.push({ path, code });
  const number = (path, text, fits = () => true) => {
    const value = numberOf(text);
    if (value === null) fault(path, "not-float");
    else if (!fits(value)) fault(path, "out-of-range");
    return value;
  };
  const whole = (path, text, least) => {
    const value = numberOf(text);
    if (!Number.isSafeInteger(value)) fault(path, "not-int");
    else if (value < least) fault(path, "too-small");
    return value ?? least;
  };
  return {
    faults,
    fault,
    number,
    whole,
    take: ({ body, faults: more }) => {
      faults.push(...more);
      return body;
    },
    target: (path, text) => (text.trim() === "" ? {} : { target: number(path, text) }),
    stretch: (path, { start, stop, count }, isLog) => ({
      start: number(`${path}/start`, start, (value) => !isLog || value > 0),
      stop: number(`${path}/stop`, stop, (value) => !isLog || value > 0),
      count: whole(`${path}/count`, count, 1),
    }),
  };
}

/**
 * The server's faults as those of the form: its pointers lead into the body that was sent, and its other problems name
 * what they are about.
 *
 * @param {string} bench
 * @param {any} problem
 * @param {any[]} [configurations] of the form
 * @param {string} [title] the problem in words
 */
export function faultsOf(bench, problem, configurations = [], title = "") {
  if (!problem) return [];
  const pointed = (problem.errors ?? []).flatMap(({ pointer, detail }) => (typeof pointer === "string" ? [{ path: pathOf(bench, pointer), detail }] : []));
  const named = placeOf(problem, configurations);
  const list = bench === "race" ? "racers" : "configurations";
  return named === null ? pointed : [...pointed, { path: named.replace("*", `${bench}/${list}`), detail: title }];
}

function pathOf(bench, pointer) {
  const [, list, at, name, own] = pointer.split("/");
  if (list !== "racers" && list !== "configurations") return `${bench}${pointer}`;
  const rest = name === "scheduler" ? ["scheduler", own] : ["options", name];
  return [bench, list, at, ...rest].filter((part) => part !== undefined).join("/");
}

/** Where in the form a problem belongs, `*` for the list of configurations; null if it belongs to the whole. */
function placeOf({ code, parameters = {} }, configurations) {
  const { optimizer, scheduler, option, name } = parameters;
  if (code === "limit-runs") return "sweep/rates/count";
  if (code === "racers-count") return "race/racers";
  if (code === "no-such-pass") return "check/pass";
  const find = (fits) => configurations.findIndex(fits);
  const of = (at, rest) => (at < 0 ? null : `*/${at}/${rest}`);
  const ofSchedule = find((one) => one.scheduler && one.scheduler.name === (scheduler ?? optimizer));
  if (option && ofSchedule >= 0) return of(ofSchedule, `scheduler/${option}`);
  if (optimizer && option) return of(find((one) => one.name === optimizer && (option in one.options || option === "lr")), `options/${option}`);
  if (code === "misspelt-optimizer") return of(find((one) => one.name === name), "options/name");
  return null;
}
