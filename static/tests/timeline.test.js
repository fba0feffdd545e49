import assert from "node:assert/strict";
import { test } from "node:test";

import * as timelines from "../timeline.js";
import { chain, descent, quadratic } from "./fixtures/build.js";

const { frameAt, timelineOf } = timelines;

test("a forward moment has a frame for what is given and one for each operation", () => {
  const timeline = timelineOf(quadratic());
  assert.equal(timeline.length, 1 + 4 + 7 + 1);
  const kinds = Array.from({ length: timeline.length }, (_, i) => frameAt(timeline, i).kind);
  assert.deepEqual(kinds, [...Array(5).fill("forward"), ...Array(7).fill("backward"), "print"]);
});

test("positions outside the run are brought back into it", () => {
  const timeline = timelineOf(quadratic());
  assert.equal(frameAt(timeline, -5).position, 0);
  assert.equal(frameAt(timeline, 1e9).position, 12);
  assert.equal(frameAt(timeline, Number.NaN).position, 0);
});

test("a trace without moments has one empty frame", () => {
  const timeline = timelineOf({ graphs: [], passes: [], updates: [], timeline: [] });
  const frame = frameAt(timeline, 0);
  assert.equal(frame.kind, null);
  assert.equal(frame.graph, null);
  assert.equal(timelines.positionAfter(timeline, 0, "phase"), 0);
});

test("steps are counted by passes, and a step's phases are its moments", () => {
  const timeline = timelineOf(descent());
  assert.equal(timeline.stepCount, 2);
  const second = frameAt(timeline, timeline.length - 1);
  assert.equal(second.step, 1);
  const kinds = timelines.phasesOf(timeline, second).map((phase) => phase.kind);
  assert.deepEqual(kinds, ["forward", "backward", "update", "zero_grad"]);
});

test("a zero_grad before the first forward belongs to the first step", () => {
  const trace = descent();
  const timeline = timelineOf({ ...trace, timeline: [{ kind: "zero_grad" }, ...trace.timeline] });
  assert.equal(frameAt(timeline, 0).step, 0);
  assert.equal(frameAt(timeline, 0).pass, -1);
  assert.equal(frameAt(timeline, 1).pass, 0);
});

test("where a loop begins with zero_grad, so does each of its steps", () => {
  const trace = descent();
  const clear = { kind: "zero_grad" };
  const [first, second] = [trace.timeline.slice(0, 3), trace.timeline.slice(4, 7)];
  const timeline = timelineOf({ ...trace, timeline: [clear, ...first, clear, ...second] });
  assert.deepEqual(timeline.steps, [0, 0, 0, 0, 1, 1, 1, 1]);
  assert.deepEqual(timeline.stepStarts, [0, 4]);
});

test("stepping by phase lands on the last frame of each phase, both ways", () => {
  const timeline = timelineOf(descent());
  const forwards = [];
  for (let place = -1; forwards.length < 8; ) forwards.push((place = timelines.positionAfter(timeline, place, "phase")));
  assert.deepEqual(forwards, [2, 6, 7, 8, 11, 15, 16, 17]);
  assert.equal(timelines.positionBefore(timeline, 15, "phase"), 11);
  assert.equal(timelines.positionBefore(timeline, 14, "phase"), 11);
  assert.equal(timelines.positionBefore(timeline, 1, "phase"), 0);
});

test("stepping by step lands where a step's gradients are all known", () => {
  const timeline = timelineOf(descent());
  assert.equal(timelines.positionAfter(timeline, 0, "step"), 6);
  assert.equal(timelines.positionAfter(timeline, 6, "step"), 15);
  assert.equal(timelines.positionAfter(timeline, 15, "step"), 17);
  assert.equal(timelines.positionBefore(timeline, 15, "step"), 6);
});

test("a pass and an update are found on the timeline", () => {
  const timeline = timelineOf(descent());
  assert.equal(timelines.positionOfPass(timeline, 1), 15);
  assert.equal(timelines.positionOfUpdate(timeline, 1), 16);
  assert.equal(timelines.positionOfPass(timeline, 7), null);
  assert.equal(timelines.positionOfUpdate(timeline, 7), null);
});

test("a moment whose pass has not arrived yet is left out until it has", () => {
  const trace = descent();
  const half = { ...trace, passes: trace.passes.slice(0, 1), updates: [] };
  assert.deepEqual(
    timelineOf(half).moments.map((moment) => moment.kind),
    ["forward", "backward", "zero_grad", "zero_grad"],
  );
});

test("a thousand passes cost a few numbers each", () => {
  const timeline = timelineOf(chain(20, 1000));
  assert.equal(timeline.length, 1000 * (20 + 20));
  const frame = frameAt(timeline, 20_025);
  assert.deepEqual([frame.kind, frame.pass, frame.k, frame.step], ["backward", 500, 5, 500]);
  assert.equal(timeline.starts.length, 2000);
});
