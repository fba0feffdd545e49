import assert from "node:assert/strict";
import { test } from "node:test";
import { lessonOf, placeOfStep, textIn } from "../lessons.js";
import { packState, unpackState } from "../share.js";
import { firstSource } from "../source.js";
import { createStore } from "../store.js";
import { createTeaching } from "../teaching.js";
import { frameAt, timelineOf } from "../timeline.js";
import { descent, quadratic } from "./fixtures/build.js";

const GALLERY = [{ id: "one" }, { id: "two" }, { id: "three" }];

test("a lesson knows its number and its neighbours", () => {
  assert.equal(lessonOf(GALLERY, null), null);
  assert.equal(lessonOf(GALLERY, "four"), null);
  const { number, count, previous, next } = lessonOf(GALLERY, "one");
  assert.deepEqual([number, count, previous, next.id], [1, 3, null, "two"]);
  assert.equal(lessonOf(GALLERY, "three").next, null);
});

test("a language that a lesson lacks is English", () => {
  assert.equal(textIn({ en: "a", zh: "b" }, "zh"), "b");
  assert.equal(textIn({ en: "a" }, "zh"), "a");
});

test("a step leads to its node, at the end of the way forward or back", () => {
  const timeline = timelineOf(quadratic());
  const kindAt = (step) => frameAt(timeline, placeOfStep(timeline, step).position).kind;
  assert.equal(placeOfStep(timeline, { select: "y", at: "forward" }).selection, "n0");
  assert.equal(kindAt({ select: "y", at: "forward" }), "forward");
  assert.equal(kindAt({ select: "a", at: "backward" }), "backward");
  assert.equal(placeOfStep(timeline, { select: "a * x ** 2", at: "backward" }).selection, "n2");
  assert.deepEqual(placeOfStep(timeline, { at: "end" }), { position: timeline.length - 1, selection: null });
});

test("the end of a run is its last frame, and a step about a missing node leads nowhere", () => {
  const timeline = timelineOf(descent());
  assert.equal(placeOfStep(timeline, { select: "y", at: "end" }).position, timeline.length - 1);
  assert.deepEqual(placeOfStep(timeline, { select: "gone", at: "end" }), { position: null, selection: null });
});

test("a link keeps the lesson, and only a lesson", async () => {
  const state = { source: firstSource(), position: 0, selection: null, settings: { direction: "TB" } };
  assert.equal((await unpackState(await packState({ ...state, lesson: "fan-out" }))).lesson, "fan-out");
  assert.equal((await unpackState(await packState({ ...state, lesson: null }))).lesson, null);
  assert.equal((await unpackState(await packState({ ...state, lesson: "<b>" }))).lesson, null);
});

test("opening a program with steps begins a lesson; a fix is put in, shown and run", () => {
  const done = [];
  const store = createStore({ lesson: null, source: { mode: "program" } });
  const basic = {
    loadExample: ({ id }) => done.push(`load ${id}`),
    setSource: (fields) => done.push(fields),
    goToSource: (place) => done.push(place),
    run: () => done.push("run"),
    moveToProgram: () => done.push("move"),
  };
  const actions = createTeaching({ store, actions: basic });
  actions.loadExample({ id: "one", steps: [{}] });
  assert.equal(store.get().lesson, "one");
  actions.applyFix({ text: "x", place: { line: 1, column: 1 } });
  assert.deepEqual(done, ["load one", { program: "x" }, { line: 1, column: 1 }, "run"]);
  actions.endLesson();
  assert.equal(store.get().lesson, null);
  actions.loadExample({ id: "two", steps: [] });
  assert.equal(store.get().lesson, null);
});

test("a step that is asked for while its lesson still runs is shown when it has run", async () => {
  const store = createStore({ lesson: null, trace: descent(), source: firstSource() });
  const run = { finish: () => {} };
  const actions = {
    loadExample: () => new Promise((resolve) => (run.finish = () => resolve(store.set({ trace: quadratic() })))),
    pause: () => {},
    setPosition: (position) => store.set({ position }),
    select: (selection) => store.set({ selection }),
    reveal: async (selection) => store.set({ selection }),
  };
  const teaching = createTeaching({ store, actions });
  teaching.loadExample({ id: "one", steps: [{}] });
  const shown = teaching.showStep({ select: "a * x ** 2", at: "backward" });
  assert.equal(store.get().selection, undefined);
  run.finish();
  await shown;
  assert.equal(store.get().selection, "n2");
  teaching.loadExample({ id: "two", steps: [{}] });
  const late = teaching.showStep({ select: "a" });
  store.set({ lesson: null });
  run.finish();
  await late;
  assert.equal(store.get().selection, "n2");
});
