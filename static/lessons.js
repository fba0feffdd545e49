// The lessons of the gallery: which comes before and after, and where in a run a step of one is seen.

import { positionOfPass } from "./timeline.js";

/**
 * A lesson among its neighbours; null if the gallery has none of that name.
 *
 * @param {any[]} examples the gallery, in order
 * @param {string | null} id
 */
export function lessonOf(examples, id) {
  const at = examples.findIndex((example) => example.id === id);
  if (at < 0) return null;
  return { lesson: examples[at], number: at + 1, count: examples.length, previous: examples[at - 1] ?? null, next: examples[at + 1] ?? null };
}

/** A text in the chosen language, or else in English. */
export function textIn(texts, language) {
  return texts[language] ?? texts.en ?? "";
}

/**
 * Where a step is seen: a position of the timeline, and the id of the node that it is about; either may be null.
 *
 * @param {any} timeline
 * @param {{select?: string, at?: "forward" | "backward" | "end"}} step
 * @returns {{position: number | null, selection: string | null}}
 */
export function placeOfStep(timeline, { select, at }) {
  const passes = timeline.trace.passes.map((pass, index) => ({ index, node: select ? nodeNamed(timeline.graphs.get(pass.graph), select) : null }));
  const fitting = select ? passes.filter(({ node }) => node) : passes;
  const found = at === "end" ? fitting.at(-1) : fitting[0];
  if (!found) return { position: null, selection: null };
  const isLast = found.index === passes.length - 1;
  const position = at === "end" && isLast ? timeline.length - 1 : endOf(timeline, found.index, at);
  return { position, selection: found.node?.id ?? null };
}

/** The last frame of a pass's way forward, or back. */
function endOf(timeline, pass, at) {
  const kind = at === "forward" ? "forward" : "backward";
  const m = timeline.moments.findIndex((moment) => moment.kind === kind && moment.pass === pass);
  if (m < 0) return positionOfPass(timeline, pass);
  return (timeline.starts[m + 1] ?? timeline.length) - 1;
}

/** The node that the program calls so, or else the first with that source text. */
function nodeNamed(graph, text) {
  const nodes = graph?.nodes ?? [];
  return nodes.find(({ variable }) => variable === text) ?? nodes.find(({ label }) => label === text) ?? null;
}
