import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { formatNumber } from "../format.js";
import { firstLab, labFrom } from "../lab/bench.js";
import { boundLinesOf } from "../lab/bound.js";
import { configurationOf, labelOf, numberOf, optionsOf } from "../lab/configuration.js";
import { openingOf } from "../lab/handing.js";
import { emptyRace, pathsOf, pointAt, sortedRows, standingsOf, windowOf, withRaceEvent } from "../lab/race.js";
import { cellCount, checkBody, faultsOf, raceBody, sweepBody } from "../lab/requests.js";
import { logGrid, numberAt, scaleOver, shareOf, ticksAmong, ticksOn } from "../lab/scales.js";
import { createLab } from "../lab/opening.js";
import { createStudies } from "../lab/studies.js";
import { boundaryOf, cellInRow, cellOf, columnOf, emptySweep, placeOf, shadesOf, summaryRows, verdictOf, withSweepEvent } from "../lab/sweep.js";
import { ProblemError } from "../api.js";
import { sourceFrom } from "../source.js";
import { createStore } from "../store.js";

const option = (name, kind, fields = {}) => ({ name, kind, default: null, required: false, execution: false, ...fields });
const CATALOG = {
  optimizers: [
    { name: "SGD", options: [option("lr", "float"), option("momentum", "float"), option("nesterov", "bool"), option("foreach", "bool", { execution: true })] },
    { name: "Adam", options: [option("lr", "float"), option("betas", "floats", { default: [0.9, 0.999] })] },
  ],
  schedulers: [{ name: "StepLR", options: [option("step_size", "int", { required: true }), option("gamma", "float")] }],
};
const SOURCE = sourceFrom({ mode: "expression", expression: "x**2 + c*y**2", variables: { x: { value: -4, requires_grad: true }, y: { value: "1", requires_grad: true }, c: { value: 20, requires_grad: false } }, seed: 3 });

test("a scale finds a number's share, and the number of a share", () => {
  const log = scaleOver([0.01, NaN, 0, 100, Infinity], true);
  assert.deepEqual(log, { isLog: true, low: 0.01, high: 100 });
  assert.equal(shareOf(log, 1), 0.5);
  assert.ok(Math.abs(numberAt(log, 0.25) - 0.1) < 1e-12);
  assert.equal(shareOf(log, 0), 0);
  assert.ok(Number.isNaN(shareOf(log, -1)));
  const plain = scaleOver([4, 8], false);
  assert.deepEqual([shareOf(plain, 5), numberAt(plain, 0.5)], [0.25, 6]);
  assert.equal(scaleOver([NaN, 0], true), null);
  assert.deepEqual(scaleOver([7], false), { isLog: false, low: 6, high: 8 });
});

test("a logarithm over numbers below zero goes both ways from it", () => {
  const scale = scaleOver([-4, 0, 100, NaN, -Infinity], true);
  assert.deepEqual([scale.low, scale.high, scale.linear], [-4, 100, 0.1]);
  assert.deepEqual([shareOf(scale, -4), shareOf(scale, 100)], [0, 1]);
  const shares = [-4, -1, -0.01, 0, 0.01, 1, 100].map((number) => shareOf(scale, number));
  assert.deepEqual(shares, [...shares].sort((a, b) => a - b));
  const ticks = ticksOn(scale);
  assert.ok(ticks.includes(0) && ticks.some((tick) => tick < 0) && ticks.some((tick) => tick > 1));
  assert.deepEqual(ticks, [...ticks].sort((a, b) => a - b));
  assert.ok(ticks.every((tick) => tick >= -4 && tick <= 100));
  const alone = shareOf(scaleOver([-3], true), -3);
  assert.ok(alone > 0 && alone < 1);
  assert.ok(ticksOn(scaleOver([-1e30, 5], true)).length < 12);
  assert.deepEqual(ticksOn(scaleOver([-2480, 27], true)).filter((tick) => tick > 0), [10]);
});

test("ticks are round and few", () => {
  assert.deepEqual(ticksOn({ isLog: false, low: 0, high: 100 }), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(ticksOn({ isLog: false, low: -0.3, high: 0.3 }, 3), [-0.2, 0, 0.2]);
  assert.deepEqual(ticksOn({ isLog: true, low: 0.02, high: 3000 }), [0.1, 1, 10, 100, 1000]);
  assert.deepEqual(ticksOn({ isLog: true, low: 1e-30, high: 1 }).length <= 6, true);
  assert.deepEqual(ticksOn({ isLog: true, low: 2, high: 6 }), [2, 3, 4, 5, 6]);
  assert.deepEqual(logGrid({ start: 0.01, stop: 1, count: 3 }).map((rate) => Number(rate.toPrecision(6))), [0.01, 0.1, 1]);
});

test("a configuration is read by the kinds of torch's own options", () => {
  const written = { name: "SGD", options: { lr: "1e-2", momentum: "", nesterov: true, clip_norm: "1" }, scheduler: { name: "StepLR", options: { step_size: "10" } } };
  assert.deepEqual(configurationOf(written, CATALOG, "r"), { body: { name: "SGD", lr: 0.01, nesterov: true, clip_norm: 1, scheduler: { name: "StepLR", step_size: 10 } }, faults: [] });
  assert.deepEqual(configurationOf({ name: "Adam", options: { betas: "(0.8, 0.99)" } }, CATALOG, "r").body.betas, [0.8, 0.99]);
  assert.deepEqual(optionsOf(CATALOG, "SGD").map(({ name }) => name), ["lr", "momentum", "nesterov"]);
  assert.equal(labelOf(written), "SGD lr=1e-2 nesterov clip_norm=1 StepLR");
});

test("what cannot be read is told at its place, and all at once", () => {
  const written = { name: "Adam", options: { lr: "fast", betas: "0.9; 0.99" }, scheduler: { name: "StepLR", options: { step_size: "", gamma: "x" } } };
  const { faults } = configurationOf(written, CATALOG, "race/racers/1");
  assert.deepEqual(faults, [
    { path: "race/racers/1/options/lr", code: "not-float" },
    { path: "race/racers/1/options/betas", code: "not-floats" },
    { path: "race/racers/1/scheduler/gamma", code: "not-float" },
    { path: "race/racers/1/scheduler/step_size", code: "missing" },
  ]);
  for (const text of ["", "1e", "0x10", "Infinity", "1,5"]) assert.equal(numberOf(text), null, text);
});

test("a race asks for what stands on its bench", () => {
  const lab = firstLab();
  const { body, faults } = raceBody({ ...lab, race: { ...lab.race, isTuned: true, target: "0.5" } }, SOURCE, CATALOG);
  assert.deepEqual(faults, []);
  assert.deepEqual(body.racers[1], { name: "SGD", lr: 0.01, momentum: 0.9 });
  assert.deepEqual(body.tuning, { start: 0.0001, stop: 1, count: 13 });
  assert.deepEqual([body.target, body.steps, body.seed, body.surface], [0.5, 100, 3, undefined]);
  assert.deepEqual(body.variables.c, { value: 20, requires_grad: false });
  const program = sourceFrom({ mode: "program", program: "import torch", seed: 0 });
  assert.deepEqual([raceBody(lab, program, CATALOG).body.program, raceBody(lab, program, CATALOG).body.surface], ["import torch", 41]);
  const planes = [lab, { ...lab, race: { ...lab.race, isRandom: true } }].map((one) => raceBody(one, program, CATALOG).body.directions);
  assert.deepEqual(planes, ["pca", "random"]);
  assert.equal(body.directions, undefined);
  const alone = raceBody({ ...lab, race: { ...lab.race, racers: lab.race.racers.slice(0, 1), steps: "0" } }, SOURCE, CATALOG).faults;
  assert.deepEqual(alone.map(({ code }) => code), ["too-few-racers", "too-small"]);
});

test("a sweep asks for grids, and counts its runs beforehand", () => {
  const lab = firstLab();
  const sweep = { ...lab.sweep, hasStarts: true, starts: { x: { start: "-2", stop: "2", count: "10" }, gone: { start: "0", stop: "1", count: "2" } }, seeds: "2" };
  const { body, faults } = sweepBody({ ...lab, sweep }, SOURCE, CATALOG);
  assert.deepEqual(faults, []);
  assert.deepEqual(body.starts, { x: { start: -2, stop: 2, count: 10 } });
  assert.deepEqual(body.seeds, [3, 4]);
  assert.equal(cellCount({ ...lab, sweep }, SOURCE), 3 * 25 * 10 * 2);
  assert.equal(cellCount({ ...lab, sweep: { ...sweep, seeds: "many" } }, SOURCE), null);
  assert.deepEqual(sweepBody({ ...lab, sweep: { ...sweep, rates: { start: "0", stop: "-1", count: "5" } } }, SOURCE, CATALOG).faults.map(({ path }) => path), ["sweep/rates/start", "sweep/rates/stop"]);
});

test("a check asks for its tolerance", () => {
  assert.equal(checkBody(firstLab(), SOURCE).body.tolerance, 1e-5);
  assert.deepEqual(checkBody({ check: { tolerance: "2" } }, SOURCE).faults, [{ path: "check/tolerance", code: "out-of-range" }]);
});

test("the server's faults lead to the fields", () => {
  const errors = [{ pointer: "/racers/1/lr", detail: "negative" }, { pointer: "/configurations/0/scheduler/gamma", detail: "unknown" }, { pointer: "/rates/count", detail: "many" }, { detail: "all" }];
  assert.deepEqual(faultsOf("race", { errors }).map(({ path }) => path), ["race/racers/1/options/lr", "race/configurations/0/scheduler/gamma", "race/rates/count"]);
  const forms = [{ name: "Adam", options: { lr: "1" } }, { name: "SGD", options: { lr: "-1", momentum: "2" }, scheduler: { name: "StepLR", options: {} } }];
  const placed = (code, parameters) => faultsOf("sweep", { code, parameters }, forms, "words")[0];
  assert.deepEqual(placed("negative-option", { optimizer: "SGD", option: "momentum" }), { path: "sweep/configurations/1/options/momentum", detail: "words" });
  assert.equal(placed("scheduler-needs", { scheduler: "StepLR", option: "step_size" }).path, "sweep/configurations/1/scheduler/step_size");
  assert.equal(placed("misspelt-optimizer", { name: "Adam" }).path, "sweep/configurations/0/options/name");
  assert.equal(placed("limit-runs", {}).path, "sweep/rates/count");
  assert.equal(placed("busy", {}), undefined);
});

test("a link's lab is taken as far as it fits", () => {
  assert.deepEqual(labFrom(null), firstLab());
  const raw = { bench: "sweep", race: { steps: "7", isTuned: "yes", racers: [{ name: "<b>" }, { name: "Adam", options: { lr: "1", deep: {} }, scheduler: {} }, 3], tuning: { count: "5" } }, sweep: { starts: { x: { start: "1" }, "a b": {} } }, check: 3 };
  const lab = labFrom(raw);
  assert.deepEqual([lab.bench, lab.race.steps, lab.race.isTuned, lab.race.tuning.count, lab.race.tuning.start], ["sweep", "7", false, "5", "0.0001"]);
  assert.deepEqual(lab.race.racers, [{ name: "Adam", options: { lr: "1" }, scheduler: null }]);
  assert.deepEqual(lab.sweep.starts, { x: { start: "1", stop: "", count: "" } });
  assert.deepEqual(labFrom(JSON.parse(JSON.stringify(lab))), lab);
});

const RACE = [
  { event: "plan", racers: [{ label: "SGD lr=0.1", name: "SGD", options: {}, lr: 0.1 }, { label: "Adam lr=1", name: "Adam", options: {}, lr: 1 }, { label: "Muon", name: "Muon", options: {}, lr: 1 }], rates: "tuned", steps: 2, target: 1 },
  { event: "tuned", racer: 0, lr: 0.03 },
  { event: "racer", racer: 1, losses: [4, "Infinity", "NaN"], path: { x: [1, 100, "NaN"], y: [1, -100, "NaN"] }, initial: 4, final: "NaN", best: 4, reached: null, diverged: 1, failure: null },
  { event: "racer", racer: 0, losses: [4, 2, 1], path: { x: [1, 0.5, 0], y: [1, 0.8, 0.6] }, initial: 4, final: 1, best: 1, reached: 2, diverged: null, failure: null },
  { event: "racer", racer: 2, losses: null, path: null, initial: null, final: null, best: null, reached: null, diverged: null, failure: { code: "raised", title: "t", detail: "d" } },
  { event: "end", cut: null },
];

test("a race's standings are sorted; what has no number comes last either way", () => {
  const race = RACE.reduce(withRaceEvent, emptyRace());
  assert.ok(race.isOver);
  const rows = standingsOf(race);
  assert.deepEqual(rows.map(({ rate }) => rate), [0.03, 1, 1]);
  const order = (column, isDown) => sortedRows(rows, { column, isDown }).map(({ k }) => k);
  assert.deepEqual(order("final", false), [0, 1, 2]);
  assert.deepEqual(order("final", true), [0, 1, 2]);
  assert.deepEqual(order("best", true), [1, 0, 2]);
  assert.deepEqual(order("label", false), [1, 2, 0]);
  assert.deepEqual(order("diverged", false), [1, 0, 2]);
});

test("a path that flies off does not make the others a dot", () => {
  const race = RACE.reduce(withRaceEvent, emptyRace());
  const paths = pathsOf(race, ["x", "y"]);
  assert.deepEqual(paths.map(({ k }) => k), [0, 1]);
  const many = [...Array.from({ length: 40 }, (_, i) => [i / 40, 1 - i / 40]), [1e9, -1e9], [NaN, 0.5]];
  const [[left, right], [low, high]] = windowOf([{ points: many }]);
  assert.ok(left > -1 && left < 0 && right > 0.9 && right < 2 && low < 0.1 && high > 0.9 && high < 2);
  assert.equal(windowOf([]), null);
  const [[from, to]] = windowOf([{ points: [[3, 3]] }]);
  assert.ok(from < 3 && to > 3);
  assert.deepEqual([0, 3, 9].map((step) => pointAt({ points: [[0, 0], [1, 1], [2, 2]], steps: [0, 2, 4] }, step)), [0, 1, 2]);
  assert.deepEqual([1, 9].map((step) => pointAt({ points: [[0, 0], [1, 1]] }, step)), [1, 1]);
  assert.deepEqual(pathsOf({ ...race, projection: { points: [[[1, "NaN"]]] } }, [])[0].points, [[1, NaN]]);
});

const PLAN = { event: "plan", configurations: [{ label: "SGD", name: "SGD", options: {} }, { label: "SGD m", name: "SGD", options: { momentum: 0.5 } }, { label: "Adam", name: "Adam", options: {} }], rates: [0.01, 0.1, 1], starts: [{ x: 0 }, { x: 1 }], seeds: [5, 6], cells: 36, steps: 10 };

test("cells have their places, in rows and columns too", () => {
  for (let cell = 0; cell < 36; cell += 1) assert.equal(cellOf(PLAN, placeOf(PLAN, cell)), cell);
  assert.deepEqual(placeOf(PLAN, 35), { configuration: 2, rate: 2, start: 1, seed: 1 });
  assert.equal(cellInRow(PLAN, 5, 2), cellOf(PLAN, { configuration: 1, rate: 2, start: 0, seed: 1 }));
  assert.equal(columnOf([0.01, 0.1, 1], 0.1), 1);
  assert.ok(Math.abs(columnOf([0.01, 0.1, 1], 1000) - 5) < 1e-9);
});

function sweepOf(...events) {
  return [PLAN, ...events].reduce(withSweepEvent, emptySweep());
}

test("pieces come in any order, and every verdict is told", () => {
  const piece = (first, final, fields = {}) => ({ event: "cells", first, initial: final.map(() => 4), final, best: final, reached: final.map(() => null), diverged: final.map(() => null), ...fields });
  const sweep = sweepOf(piece(4, [8, "NaN"], { diverged: [null, 3] }), piece(0, [1, 0.001, "NaN", 4]), { event: "failures", failures: [{ cell: 2, code: "raised", title: "t", detail: "d" }] });
  assert.equal(sweep.done, 6);
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6].map((cell) => verdictOf(sweep, cell)), ["fell", "fell", "failed", "fell", "rose", "diverged", "waiting"]);
  const { lowest, highest, isLog, shade } = shadesOf(sweep);
  assert.deepEqual([lowest, highest, isLog, shade(0.001), shade(4)], [0.001, 4, true, 0, 8]);
  assert.equal(shade(0), 0);
  const [row] = summaryRows(sweep);
  assert.deepEqual(row, { label: "SGD", rate: 0.01, runs: 4, fell: 3, best: 0.001, middle: 1 });
});

test("boundary and bound are drawn where they hold", () => {
  const sweep = sweepOf({ event: "summary", best: 1, boundary: [[1, 2, null, 1], [null, null, null, null], [2, 2, 2, 2]] }, { event: "curvature", points: [{ at: "start", start: 1, seed: 0, bound: 0.2 }, { at: "start", start: 0, seed: 0, bound: null }, { at: "best", cell: 1, bound: 0.1 }] });
  assert.deepEqual(boundaryOf(sweep), [1, 2, null, 1, null, null, null, null, 2, 2, 2, 2]);
  assert.deepEqual(boundaryOf({ ...sweep, summary: null }), []);
  const lines = boundLinesOf(sweep);
  assert.deepEqual([lines[2], lines[0], lines[8]], [0.2, null, null]);
  assert.ok(Math.abs(lines[6] - 0.3) < 1e-12);
});

test("a run goes to the studio as a form, or as a call where the form cannot hold it", () => {
  const { body } = sweepBody(firstLab(), SOURCE, CATALOG);
  const { source } = openingOf(body, { name: "SGD", options: { momentum: 0.9 }, rate: 0.01, start: { x: 7 }, seed: 4 });
  assert.deepEqual([source.optimizer, source.variables.x.value, source.variables.y.value, source.seed, source.steps], [{ name: "SGD", options: { momentum: 0.9, lr: 0.01 } }, 7, 1, 4, 100]);
  const scheduler = { name: "ChainedScheduler", options: {}, schedulers: [{ name: "StepLR", options: { step_size: 3 }, schedulers: [] }] };
  const { call } = openingOf(body, { name: "SGD", options: { nesterov: true, momentum: 0.9 }, rate: 0.01, scheduler, clip_norm: null });
  assert.deepEqual([call.optimizer.nesterov, call.scheduler, "clip_norm" in call, call.seed], [true, { name: "ChainedScheduler", schedulers: [{ name: "StepLR", step_size: 3 }] }, false, 0]);
  assert.equal(openingOf({ program: "print(1)" }, { name: "SGD", options: {}, rate: 1 }), null);
  const program = "import torch\nopt = torch.optim.SGD([w], lr=1)\n";
  const opening = openingOf({ program, seed: 3 }, { name: "Adam", options: { betas: [0.8, 0.9] }, rate: 0.01, seed: 5 });
  assert.deepEqual([opening.call.optimizer, opening.into], [{ name: "Adam", betas: [0.8, 0.9], lr: 0.01 }, { program, seed: 5 }]);
});

function studiesOver(stream) {
  const store = createStore({ findings: {}, settings: { language: "en" } });
  const soon = (f) => queueMicrotask(f);
  return { store, studies: createStudies({ store, stream, soon }) };
}

test("a lesson prepares the lab, and what was found before goes", () => {
  const opened = [];
  const store = createStore({ lab: { bench: "check" }, findings: { race: {} }, playing: true, dialog: "examples", problem: null });
  const lab = createLab({ store, actions: { open: (fields) => opened.push(fields) } });
  lab.openLab();
  assert.deepEqual([store.get().lab, store.get().playing, store.get().dialog, opened.length], [{ bench: "check", isOpen: true }, false, null, 0]);
  lab.openLab({ source: { expression: "x**2", variables: { x: 3 } }, bench: "race", race: { steps: "9" } });
  assert.deepEqual([store.get().lab.bench, store.get().lab.race.steps, store.get().findings], ["race", "9", {}]);
  assert.deepEqual([opened[0].mode, opened[0].variables], ["expression", { x: { value: 3, requires_grad: true } }]);
  lab.leaveLab();
  assert.equal(store.get().lab.isOpen, false);
  assert.equal(lab.studiesBy(() => "made"), lab.studiesBy(() => "made again"));
});

test("every lesson's lab fits, whole", () => {
  const lessons = JSON.parse(readFileSync(new URL("../../app/examples/gallery.json", import.meta.url), "utf8")).filter(({ lab }) => lab);
  assert.ok(lessons.length >= 6);
  for (const { id, lab } of lessons) {
    const { source, bench, ...benches } = lab;
    const taken = labFrom(lab);
    const kept = JSON.parse(JSON.stringify(taken[bench]));
    for (const list of ["racers", "configurations"]) for (const one of kept[list] ?? []) if (one.scheduler === null) delete one.scheduler;
    for (const [name, value] of Object.entries(benches[bench])) assert.deepEqual(kept[name], value, `${id}: ${name}`);
    assert.ok(source.expression);
  }
});

test("a study is summed as it comes; a refusal keeps what was found", async () => {
  const { store, studies } = studiesOver(async function* () {
    yield* RACE.slice(0, 3);
    throw new ProblemError({ code: "busy", parameters: {} });
  });
  await studies.run("race", { steps: 2 });
  const { status, problem, data, body } = store.get().findings.race;
  assert.deepEqual([status, problem.code, data.racers[1].diverged, body.steps], ["failed", "busy", 1, 2]);
});

test("a study that is cancelled stays as far as it came, and its rest is not heard", async () => {
  const gate = {};
  const opened = new Promise((resolve) => (gate.open = resolve));
  const { store, studies } = studiesOver(async function* (_, __, { signal }) {
    yield RACE[0];
    await opened;
    signal.throwIfAborted();
    yield RACE[2];
  });
  const done = studies.run("race", {});
  await Promise.resolve();
  studies.cancel("race");
  gate.open();
  await done;
  assert.equal(store.get().findings.race.status, "cancelled");
  assert.equal(store.get().findings.race.data.racers.length, 0);
});

test("over one variable the height of a path is its loss", () => {
  const race = { racers: [{ racer: 0, path: { x: [1, 2, "NaN"] }, losses: [3, 4, "Infinity"] }, null, { racer: 2, path: null, losses: [1] }] };
  assert.deepEqual(pathsOf(race, ["x"]), [{ k: 0, points: [[1, 3], [2, 4], [NaN, Infinity]] }]);
});

test("round rates bear their numbers, as far apart as there is room for", () => {
  const rates = Array.from({ length: 25 }, (_, k) => formatNumber(10 ** (-4 + k / 6)));
  assert.deepEqual(ticksAmong(rates, 5).map((k) => rates[k]), ["1e-04", "0.001", "0.01", "0.1", "1"]);
  assert.deepEqual(ticksAmong(["0.1", "0.2", "0.3"], 1), [0, 1, 2]);
  assert.deepEqual(ticksAmong(["0.1"], 3), [0]);
  assert.deepEqual(ticksAmong([], 1), []);
});
