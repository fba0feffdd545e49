// What a landscape shows: its plane, the path of the run on it, where the run stands, and the losses as far as they came.

import { POINTS, axesOf, isExpression, levelsOf, lowestCell, pathOf, reachedOf, windowOf } from "../landscape.js";
import { gridOf, isAbout, landscapeBody, numberOfPass, planeBody, planesOf } from "../slices.js";
import { useMemo, useRef } from "../vendor/preact.js";
import { useSlice } from "./slice.js";

const EMPTY = [[-1, 1], [-1, 1]];

/**
 * The ground under a run at a frame.
 *
 * `plane` is one of `planes`; `here` holds where the run stands (`at` when its pass began, `now` after its updates), the
 * loss there, the slopes along the axes or null, and how much of the path is behind it.
 *
 * @param {{state: any, scene: any, scalars: any[], ratio: number, t: any}} parts
 */
export function useGround({ state, scene, scalars, ratio, t }) {
  const planes = planesOf(state, scene, scalars);
  const plane = planes.includes(state.terrain.plane) ? state.terrain.plane : planes[0];
  const names = axesOf(scalars, state.terrain);
  const chosen = plane === "axes" ? [names.x, names.y].filter(Boolean).map((name) => scalars.find((one) => one.name === name)) : [];
  const path = useMemo(() => pathOf(state.trace, chosen), [state.trace, plane, names.x, names.y, ...chosen.map(({ node, value }) => (node ? 0 : value))]);
  const windows = windowOf(path, state.terrain.zoom, ratio);
  const asked = plane === "axes" ? landscapeBody(state, scene, cellsOf(chosen, windows)) : planeBody(state, scene, plane, 1 / state.terrain.zoom);
  const slice = useSlice(useCalm(asked, state), state.settings.language);
  const isFit = slice !== null && !slice.problem && isAbout(slice, plane, chosen);
  const relief = useMemo(() => (isFit ? reliefOf(slice) : null), [isFit && slice.losses]);
  const shared = { planes, plane, names, relief, slice: isFit ? slice.slice : null, problem: slice?.problem ?? null, isAsking: asked !== null && (slice === null || slice.isLate) };
  if (plane === "axes") return { ...shared, axes: chosen, path, windows, here: hereOf(scene, chosen, path) };
  const axes = [1, 2].map((n) => ({ name: t(`landscape.direction-${plane}`, { n }) }));
  return { ...shared, axes, windows: relief?.windows ?? EMPTY, ...walkOf(shared.slice, state, scene) };
}

/** While a program runs, or its run is played, nothing new is asked: each answer takes a run of its own. */
function useCalm(body, state) {
  const last = useRef(null);
  const isBusy = state.playing || state.run.status === "running";
  if (!isBusy || isExpression(state)) last.current = body;
  return last.current;
}

/** The last axis is the fastest, so that a row of the answer is a row of the picture. */
function cellsOf(axes, windows) {
  const cells = (k, count) => ({ ...axes[k], from: windows[k][0], to: windows[k][1], count });
  return axes.length === 1 ? [cells(0, POINTS.curve)] : [cells(1, POINTS.up), cells(0, POINTS.across)];
}

function reliefOf(slice) {
  const grid = gridOf(slice);
  return { ...grid, levels: levelsOf(grid.losses), lowest: lowestCell(grid.losses) };
}

function hereOf({ frame, moved }, axes, path) {
  const { pass, at, loss } = path[Math.max(0, frame.pass)];
  const slopes = axes.map(({ gradient }) => gradient);
  return { pass, at, loss, now: axes.map(({ value }) => value), slopes: slopes.some((slope) => slope === null) ? null : slopes, reached: reachedOf(path, frame.pass, moved.length > 0) };
}

/** The path in a plane through all parameters, as the server told it; nothing before it did. */
function walkOf(slice, { trace }, { frame, moved }) {
  const nowhere = [NaN, NaN];
  if (!slice) return { path: [], here: { pass: Math.max(0, frame.pass), at: [0, 0], now: nowhere, loss: NaN, slopes: null, reached: 0 } };
  const path = (slice.path?.passes ?? []).map((pass, k) => ({ pass, at: slice.path.points[k].map(Number), loss: NaN }));
  const at = slice.place.map(Number);
  const isPresent = numberOfPass(trace, frame.pass) === slice.pass;
  const reached = reachedOf(path, slice.pass, isPresent && moved.length > 0);
  const now = isPresent && moved.length > 0 ? (path[reached]?.at ?? at) : at;
  const slopes = slice.gradient.map(Number);
  return { path, here: { pass: slice.pass, at, now, loss: Number(slice.loss), slopes: slopes.every(Number.isFinite) ? slopes : null, reached } };
}
