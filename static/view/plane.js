// The picture of a landscape, under pointer and keys: point to read it, click or press Enter to start the run there.

import { formatNumber } from "../format.js";
import { readCurve, rounded } from "../landscape.js";
import { html, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { textScale } from "./measure.js";
import { Arrow, Axes, Cross, Path, Present, lineOf, scalesOf } from "./plot.js";
import { drawRelief } from "./relief.js";

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] };
/** Of the window's width and height, how far an arrow key moves the cross. */
const STRIDE = 1 / 50;

/** @param {{state: any, t: any, axes: any[], path: any[], here: any, windows: any[], relief: any, set: any, width: number, height: number, zoom: any}} props */
export function Plane({ state, t, axes, path, here, windows, relief, set, width, height, zoom }) {
  const plane = useRef(null);
  const [cross, setCross] = useState(null);
  const [pointed, setPointed] = useState(null);
  const box = boxOf(width, height);
  const up = axes.length === 2 ? windows[1] : heightsOf(relief, path, windows[0]);
  const scales = scalesOf(box, windows[0], up);
  const read = (values) => readingOf({ t, axes, relief, values });
  const shown = [windows[0], up];
  const handlers = handlersOf({ plane, scales, box, windows, cross, setCross, setPointed, set, zoom, start: here.at });
  const size = { width: box.left + box.width + box.right, height: box.top + box.height + box.bottom };
  return html`
    <div class=${`plane${set ? " settable" : ""}`} ref=${plane} tabindex="0" role="application" aria-roledescription=${t("landscape.role")}
      aria-label=${t("landscape.plane", { axes: axes.map(({ name }) => name) })} aria-describedby="landscape-words" ...${handlers}>
      ${relief && axes.length === 2 && html`<${Relief} ...${{ relief, box, windows }} theme=${state.settings.theme} />`}
      <svg ...${size} viewBox=${`0 0 ${size.width} ${size.height}`} aria-hidden="true">
        <clipPath id="plane-clip"><rect x=${box.left} y=${box.top} width=${box.width} height=${box.height} /></clipPath>
        <${Axes} ...${{ box, scales }} across=${shown[0]} up=${shown[1]} names=${axes.length === 2 ? axes.map(({ name }) => name) : [axes[0].name, "loss"]} />
        <g clip-path="url(#plane-clip)">
          ${axes.length === 1 ? html`<${Curve} ...${{ relief, scales, path, here, windows }} />` : html`<${Trail} ...${{ scales, box, path, here, windows }} />`}
          ${cross && html`<${Cross} x=${scales.x(cross[0])} y=${axes.length === 2 ? scales.y(cross[1]) : scales.y(readCurve(windows[0], relief?.losses ?? [0, 0], cross[0]))} box=${box} />`}
        </g>
      </svg>
      <p class="plane-reading">${pointed || cross ? read(pointed ?? cross) : ""}</p>
      <p class="unseen" aria-live="polite">${cross ? read(cross) : ""}</p>
    </div>
  `;
}

/** Where the plot lies inside its place, with room for the numbers. */
function boxOf(width, height) {
  const scale = textScale();
  const [left, top, right, bottom] = [54, 20, 10, 38].map((length) => length * scale);
  return { left, top, right, bottom, width: Math.max(40, width - left - right), height: Math.max(40, height - top - bottom) };
}

/** How high a curve is drawn: its own heights, and those of the run that are not far off. */
function heightsOf(relief, path, [from, to]) {
  const own = (relief?.losses ?? []).filter(Number.isFinite);
  const others = path.filter(({ at }) => at[0] >= from && at[0] <= to).map(({ loss }) => loss).filter(Number.isFinite);
  const all = own.length > 0 ? own : others;
  const [low, high] = all.reduce(([a, b], loss) => [Math.min(a, loss), Math.max(b, loss)], [Infinity, -Infinity]);
  if (!(high > low)) return Number.isFinite(low) ? [low - 1, low + 1] : [0, 1];
  const pad = (high - low) * 0.08;
  return [low - pad, high + pad];
}

function Relief({ relief, box, windows, theme }) {
  const canvas = useRef(null);
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  useLayoutEffect(() => {
    Object.assign(canvas.current.style, placeOf(relief.windows, windows, box));
    drawRelief(canvas.current, relief);
  }, [relief.losses, theme, isDark, box.width, box.height, ...windows.flat()]);
  return html`<div class="relief-host" style=${pixels({ left: box.left, top: box.top, width: box.width, height: box.height })}><canvas class="relief" ref=${canvas} aria-hidden="true"></canvas></div>`;
}

function pixels(lengths) {
  return Object.fromEntries(Object.entries(lengths).map(([name, length]) => [name, `${length}px`]));
}

/** An answer about another stretch of the axes lies where it belongs until its successor is there. */
function placeOf([x, y], [across, up], { width, height }) {
  const [kx, ky] = [width / (across[1] - across[0]), height / (up[1] - up[0])];
  return pixels({ left: (x[0] - across[0]) * kx, top: (up[1] - y[1]) * ky, width: (x[1] - x[0]) * kx, height: (y[1] - y[0]) * ky });
}

function Trail({ scales, box, path, here, windows }) {
  const { at, now, slopes, reached } = here;
  return html`
    <${Path} points=${path.map((point) => [scales.x(point.at[0]), scales.y(point.at[1])])} reached=${reached} />
    ${slopes && html`<${Arrow} ...${{ scales, at, box }} gradient=${slopes} across=${windows[0]} up=${windows[1]} />`}
    <${Present} x=${scales.x(now[0])} y=${scales.y(now[1])} />
  `;
}

function Curve({ relief, scales, path, here, windows }) {
  const [from, to] = windows[0];
  const losses = relief?.losses ?? [];
  const [low, high] = relief?.windows[0] ?? [from, to];
  const curve = losses.map((loss, i) => [scales.x(low + ((high - low) * i) / (losses.length - 1)), scales.y(loss)]);
  const { at, loss, slopes, reached } = here;
  const tangent = slopes ? [from, to].map((x) => [scales.x(x), scales.y(loss + slopes[0] * (x - at[0]))]) : [];
  return html`
    <path class="curve" d=${lineOf(curve)} />
    ${path.length > 1 && html`<${Path} points=${path.map((one) => [scales.x(one.at[0]), scales.y(one.loss)])} reached=${reached} />`}
    <path class="tangent" d=${lineOf(tangent)} />
    <${Present} x=${scales.x(at[0])} y=${scales.y(loss)} />
  `;
}

/** A place in words, with the loss there as far as it is known. */
function readingOf({ t, axes, relief, values }) {
  const place = axes.map(({ name }, k) => `${name} = ${formatNumber(values[k])}`);
  return t("landscape.reading", { place, loss: relief ? formatNumber(lossAt(relief, values)) : "…" });
}

function lossAt({ losses, across, up, windows }, values) {
  if (up === 1) return readCurve(windows[0], losses, values[0]);
  const cell = values.map((value, k) => Math.round(((value - windows[k][0]) / (windows[k][1] - windows[k][0])) * ([across, up][k] - 1)));
  const isInside = cell.every((place, k) => place >= 0 && place < [across, up][k]);
  return isInside ? losses[cell[1] * across + cell[0]] : NaN;
}

function handlersOf({ plane, scales, box, windows, cross, setCross, setPointed, set, zoom, start }) {
  const within = (values) => windows.map(([low, high], k) => Math.min(high, Math.max(low, values[k])));
  const placed = (values) => windows.map((window, k) => rounded(values[k], window));
  const under = (event) => {
    const { left, top } = plane.current.getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const isInside = x >= box.left && x <= box.left + box.width && y >= box.top && y <= box.top + box.height;
    return isInside ? placed(scales.place(x, y)) : null;
  };
  const keys = { "+": () => zoom(1.6), "=": () => zoom(1.6), "-": () => zoom(1 / 1.6), 0: () => zoom(null), Escape: () => setCross(null), Enter: () => cross && set?.(cross, windows) };
  const move = ([dx, dy], strides) => {
    const from = cross ?? start;
    setCross(placed(within(windows.map(([low, high], k) => from[k] + [dx, dy][k] * strides * STRIDE * (high - low)))));
  };
  return {
    onPointerMove: (event) => setPointed(under(event)),
    onPointerLeave: () => setPointed(null),
    onClick: (event) => {
      const place = under(event);
      if (place) set?.(place, windows);
    },
    onKeyDown: (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in STEPS) move(STEPS[event.key], event.shiftKey ? 5 : 1);
      else if (event.key in keys) keys[event.key]();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}
