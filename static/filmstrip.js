// A run as a film of few frames, and its changes as CSS that plays by itself. Pure.

import { frameAt, positionAfter } from "./timeline.js";

/** Most frames of a film; a run has thousands. */
const MOST_FRAMES = 90;
/** Most texts that a film of many nodes may hold. */
const MOST_TEXTS = 9_000;
const LEAST_FRAMES = 12;
/** How long a frame stands, and how long the last one does, in seconds. */
const SECONDS = 0.5;
const LAST_SECONDS = 2.5;

/**
 * The positions that a film shows: all of them, or the first step node by node and then whole steps, evenly chosen.
 *
 * @param {any} timeline
 * @param {string} graph id of the graph that is filmed
 * @param {number} parts how many boxes it has
 * @returns {number[]} rising
 */
export function filmOf(timeline, graph, parts) {
  const most = Math.max(LEAST_FRAMES, Math.min(MOST_FRAMES, Math.floor(MOST_TEXTS / Math.max(1, 3 * parts))));
  const isShown = (position) => {
    const frame = frameAt(timeline, position);
    return frame.graph?.id === graph && frame.kind !== "print";
  };
  const all = Array.from({ length: Math.min(timeline.length, 20 * most) }, (_, position) => position).filter(isShown);
  if (timeline.length <= 20 * most && all.length <= most) return all;
  const first = all.slice(0, Math.floor(most / 2)).filter((position) => frameAt(timeline, position).step === frameAt(timeline, all[0]).step);
  const steps = [];
  for (let at = first.at(-1) ?? 0, next; (next = positionAfter(timeline, at, "step")) > at; at = next) if (isShown(next)) steps.push(next);
  return [...first, ...spread(steps, most - first.length)];
}

/** Some of a list, the last one among them, as evenly as can be. */
function spread(list, most) {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, i) => list[Math.round(((i + 1) * list.length) / most) - 1]);
}

/**
 * The style sheet of a film: one class for each way in which something changes.
 *
 * @param {number} count how many frames there are
 */
export function createReel(count) {
  const seconds = (count - 1) * SECONDS + LAST_SECONDS;
  const classes = new Map();

  /**
   * The class under which a property takes one value in each frame; none where it never changes.
   *
   * @param {string} property
   * @param {string[]} values by frame; the last is what shows where nothing moves
   */
  function classOf(property, values) {
    if (values.every((value) => value === values[0])) return null;
    const key = `${property}:${values.join("|")}`;
    if (!classes.has(key)) classes.set(key, { name: `k${classes.size}`, property, values });
    return classes.get(key).name;
  }

  /** People who want no motion see the last frame; so does a program that knows no animation. */
  function sheet() {
    const moving = [...classes.values()].map(({ name, property, values }) => {
      const stops = values.flatMap((value, i) => (value === values[i - 1] ? [] : [`${percent((i * SECONDS) / seconds)}{${property}:${value}}`]));
      return `.${name}{animation:${name} ${seconds}s infinite step-end}@keyframes ${name}{${stops.join("")}}`;
    });
    const still = [...classes.values()].map(({ name, property, values }) => `.${name}{${property}:${values.at(-1)}}`);
    const bar = `.bar{transform-origin:0 0;animation:bar ${seconds}s infinite linear}@keyframes bar{0%{transform:scaleX(0)}100%{transform:scaleX(1)}}`;
    return `${still.join("")}@media (prefers-reduced-motion:no-preference){${bar}${moving.join("")}}`;
  }

  return { classOf, sheet, seconds };
}

function percent(share) {
  return `${Number((100 * share).toFixed(3))}%`;
}
