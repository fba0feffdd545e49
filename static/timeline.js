// Where a run can be looked at: positions are frame numbers, counted over the moments of a trace.
//
// A forward moment has a frame for what is given and one for each operation; a backward moment has one for each node
// the engine ran; any other moment has one. Frames are found by arithmetic and never kept, so a run of a thousand
// passes costs a few numbers for each moment.

import { topologyOf } from "./topology.js";

const timelines = new WeakMap();

export const GRAINS = ["node", "phase", "step"];

/**
 * The timeline of a trace; the same object for the same trace.
 *
 * Of the arrays, one entry a moment: `starts` (its first position), `shown` (the pass whose numbers are on show, -1
 * before the first), `reached` (how far that pass has come), `steps` (the iteration it belongs to).
 *
 * @param {{timeline: any[], passes: any[], graphs: any[], updates: any[]}} trace
 */
export function timelineOf(trace) {
  const known = timelines.get(trace);
  if (known) return known;
  const timeline = build(trace);
  timelines.set(trace, timeline);
  return timeline;
}

function build(trace) {
  const graphs = new Map(trace.graphs.map((graph) => [graph.id, graph]));
  const moments = trace.timeline.filter((moment) => isComplete(moment, trace));
  const arrays = { starts: [], shown: [], reached: [], steps: [], gradientEvents: [], stepStarts: [0] };
  const timeline = { trace, graphs, moments, length: 0, stepCount: 1, landmarks: { phase: [], step: [] }, ...arrays };
  const seen = new Set();
  moments.forEach((moment, m) => addMoment(timeline, moment, m, seen));
  timeline.stepCount = Math.max(1, seen.size);
  return timeline;
}

/** While a run streams in, a moment may name a pass or an update that is not here yet. */
function isComplete(moment, trace) {
  if (isPassMoment(moment)) return moment.pass < trace.passes.length;
  return moment.kind !== "update" || moment.update < trace.updates.length;
}

function isPassMoment(moment) {
  return moment.kind === "forward" || moment.kind === "backward";
}

function addMoment(timeline, moment, m, seen) {
  const { shown, reached, steps, gradientEvents } = timeline;
  if (isPassMoment(moment) && !seen.has(moment.pass)) {
    if (seen.size > 0) timeline.stepStarts.push(stepStart(timeline, m));
    seen.add(moment.pass);
  }
  const isPass = isPassMoment(moment);
  timeline.starts.push(timeline.length);
  shown.push(isPass ? moment.pass : (shown[m - 1] ?? -1));
  reached.push(isPass ? moment.kind : (reached[m - 1] ?? null));
  steps.push(Math.max(0, seen.size - 1));
  gradientEvents.push(touchesGradients(timeline, moment) ? m : (gradientEvents[m - 1] ?? -1));
  timeline.length += frameCount(timeline, moment);
  addLandmarks(timeline, moment, timeline.length - 1);
}

/** Where a loop begins with `zero_grad`, the clearing before a pass belongs to the pass's own step. */
function stepStart({ moments, steps }, m) {
  const isClear = (at) => moments[at]?.kind === "zero_grad";
  const first = moments.findIndex(isPassMoment);
  if (!isClear(first - 1)) return m;
  let start = m;
  while (isClear(start - 1)) {
    start -= 1;
    steps[start] += 1;
  }
  return start;
}

function touchesGradients(timeline, moment) {
  if (moment.kind === "zero_grad" || moment.kind === "gap") return true;
  return moment.kind === "backward" && timeline.trace.passes[moment.pass].call === "backward";
}

function frameCount(timeline, moment) {
  if (!isPassMoment(moment)) return 1;
  const pass = timeline.trace.passes[moment.pass];
  if (moment.kind === "backward") return Math.max(1, pass.order.length);
  return 1 + topologyOf(timeline.graphs.get(pass.graph)).operations;
}

/** A phase is best looked at when it is done; a step when its gradients are all there. */
function addLandmarks(timeline, moment, last) {
  const { landmarks, trace } = timeline;
  if (moment.kind !== "print") landmarks.phase.push(last);
  const isBare = moment.kind === "forward" && trace.passes[moment.pass].call === "forward";
  if (moment.kind === "backward" || isBare) landmarks.step.push(last);
}

/**
 * The frame at a position: the moment it lies in and its number there.
 *
 * `pass` is the index of the pass on show or -1, `graph` its graph (the first one before any pass), `k` the number of
 * the frame among `count`.
 */
export function frameAt(timeline, position) {
  const last = Math.max(0, timeline.length - 1);
  const place = Math.min(Math.max(0, Math.floor(position) || 0), last);
  const m = momentAt(timeline, place);
  const moment = timeline.moments[m] ?? null;
  const pass = timeline.shown[m] ?? -1;
  const start = timeline.starts[m] ?? 0;
  return {
    position: place,
    moment: m,
    kind: moment?.kind ?? null,
    k: place - start,
    count: endOf(timeline, m) - start,
    pass,
    reached: timeline.reached[m] ?? null,
    step: timeline.steps[m] ?? 0,
    graph: graphOf(timeline, pass),
  };
}

function graphOf(timeline, pass) {
  const { trace, graphs } = timeline;
  if (pass >= 0) return graphs.get(trace.passes[pass].graph);
  return trace.graphs[0] ?? null;
}

/** The position after a moment's last frame. */
function endOf(timeline, m) {
  return timeline.starts[m + 1] ?? timeline.length;
}

/** The moment in which a position lies. */
export function momentAt(timeline, position) {
  return Math.max(0, firstAbove(timeline.starts, position) - 1);
}

/** The index of the first entry above a number in a sorted array. */
function firstAbove(sorted, number) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] > number) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The next position at a grain: the next node, the end of the next phase, or the next step's gradients.
 *
 * @param {"node"|"phase"|"step"} grain
 */
export function positionAfter(timeline, position, grain) {
  const last = Math.max(0, timeline.length - 1);
  if (grain === "node") return Math.min(last, position + 1);
  const marks = timeline.landmarks[grain];
  return marks[firstAbove(marks, position)] ?? last;
}

/** The position before, at a grain. */
export function positionBefore(timeline, position, grain) {
  if (grain === "node") return Math.max(0, position - 1);
  const marks = timeline.landmarks[grain];
  return marks[firstAbove(marks, position - 1) - 1] ?? 0;
}

/** The position at which a pass's numbers are all there; null when the timeline does not hold it. */
export function positionOfPass(timeline, pass) {
  const { moments } = timeline;
  let found = null;
  for (let m = moments.length - 1; m >= 0; m -= 1) {
    if (!isPassMoment(moments[m]) || moments[m].pass !== pass) continue;
    if (moments[m].kind === "backward") return endOf(timeline, m) - 1;
    found ??= endOf(timeline, m) - 1;
  }
  return found;
}

/** The position at which an update shows; null when the timeline does not hold it. */
export function positionOfUpdate(timeline, update) {
  const m = timeline.moments.findIndex((moment) => moment.kind === "update" && moment.update === update);
  return m < 0 ? null : timeline.starts[m];
}

/** The moments of a frame's step, prints left out: what the phase chips show. */
export function phasesOf(timeline, frame) {
  const from = timeline.stepStarts[frame.step] ?? 0;
  const to = timeline.stepStarts[frame.step + 1] ?? timeline.moments.length;
  const phases = [];
  for (let m = from; m < to; m += 1) {
    const { kind } = timeline.moments[m];
    if (kind === "print") continue;
    phases.push({ kind, moment: m, start: timeline.starts[m], end: endOf(timeline, m) - 1 });
  }
  return phases;
}
