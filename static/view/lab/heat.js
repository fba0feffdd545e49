// The heat map of a sweep on a canvas: a row for each configuration, start and seed, a column for each rate.

import { SHADES, boundaryOf, cellInRow, columnOf, rowCount, shadesOf, verdictOf } from "../../lab/sweep.js";
import { boundLinesOf } from "../../lab/bound.js";
import { ticksAmong } from "../../lab/scales.js";
import { formatNumber } from "../../format.js";
import { html, useLayoutEffect, useMemo, useRef } from "../../vendor/preact.js";
import { colourOf, textScale } from "../measure.js";
import { bandColours } from "../relief.js";
import { useWidth } from "./lines.js";

const GAP = 8;
/** The room for a rate below the map, in CSS pixels at the usual size of letters. */
const NUMBER = 56;
const MOST_HEIGHT = 460;
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * @param {{sweep: any, chosen: number | null, choose: (cell: number | null) => void, open: (cell: number) => void, point: (cell: number | null) => void, t: any, theme: string}} props
 */
export function Heat({ sweep, chosen, choose, open, point, t, theme }) {
  const host = useRef(null);
  const canvas = useRef(null);
  const width = useWidth(host);
  const { plan } = sweep;
  const layout = useMemo(() => layoutOf(plan, width), [plan, width]);
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  useLayoutEffect(() => {
    if (width > 0) drawCells(canvas.current, { sweep, layout });
  }, [sweep, layout, theme, isDark]);
  const place = chosen === null ? null : rowAndRate(plan, chosen);
  const handlers = handlersOf({ host, layout, plan, place, choose, point, open: () => chosen !== null && open(chosen) });
  return html`
    <div class="heat-host" ref=${host} tabindex="0" role="application" aria-roledescription=${t("lab.heat-role")} aria-label=${t("lab.heat-label")} aria-describedby="heat-reading" ...${handlers}>
      <canvas class="heat-canvas" ref=${canvas} aria-hidden="true"></canvas>
      ${width > 0 && html`<${Over} ...${{ sweep, layout, width, place }} />`}
    </div>
  `;
}

/** Where the blocks of the configurations lie. */
function layoutOf(plan, width) {
  const scale = textScale();
  const rows = rowCount(plan);
  const each = rows / plan.configurations.length;
  const left = 8;
  const caption = 18 * scale;
  const high = Math.max(2, Math.min(26 * scale, Math.floor((MOST_HEIGHT - plan.configurations.length * (caption + GAP)) / rows)));
  const top = (row) => Math.floor(row / each) * (each * high + caption + GAP) + caption + (row % each) * high;
  const wide = Math.max(1, (width - left - 8) / plan.rates.length);
  return { left, high, wide, each, rows, top, caption, bottom: top(rows - 1) + high, height: top(rows - 1) + high + 44 * scale };
}

function rowAndRate(plan, cell) {
  const each = plan.starts.length * plan.seeds.length;
  const rate = Math.floor(cell / each) % plan.rates.length;
  return { rate, row: Math.floor(cell / (each * plan.rates.length)) * each + (cell % each) };
}

function drawCells(canvas, { sweep, layout }) {
  const { plan } = sweep;
  const sharp = devicePixelRatio || 1;
  const width = layout.left + layout.wide * plan.rates.length + 8;
  Object.assign(canvas, { width: Math.round(width * sharp), height: Math.round(layout.height * sharp) });
  Object.assign(canvas.style, { width: `${width}px`, height: `${layout.height}px` });
  const context = canvas.getContext("2d");
  context.scale(sharp, sharp);
  const { shade } = shadesOf(sweep);
  const colours = bandColours(canvas.parentElement, SHADES);
  const fills = fillsOf(context, canvas.parentElement);
  for (let row = 0; row < layout.rows; row += 1) {
    for (let rate = 0; rate < plan.rates.length; rate += 1) {
      const cell = cellInRow(plan, row, rate);
      const verdict = verdictOf(sweep, cell);
      context.fillStyle = verdict === "fell" ? colours[shade(sweep.cells.final[cell])] : fills[verdict];
      context.fillRect(layout.left + rate * layout.wide, layout.top(row), layout.wide - (layout.wide > 6 ? 1 : 0), layout.high - (layout.high > 6 ? 1 : 0));
    }
  }
}

/** What did not fall is told by its pattern as well as by its colour. */
function fillsOf(context, host) {
  const pattern = (ground, ink, draw) => {
    const tile = Object.assign(document.createElement("canvas"), { width: 8, height: 8 });
    const brush = tile.getContext("2d");
    brush.fillStyle = colourOf(host, ground);
    brush.fillRect(0, 0, 8, 8);
    Object.assign(brush, { strokeStyle: colourOf(host, ink), fillStyle: colourOf(host, ink), lineWidth: 1.5 });
    draw(brush);
    return context.createPattern(tile, "repeat");
  };
  const strokes = (lines) => (brush) => {
    brush.beginPath();
    for (const [x, y, u, v] of lines) {
      brush.moveTo(x, y);
      brush.lineTo(u, v);
    }
    brush.stroke();
  };
  return {
    waiting: colourOf(host, "--sunken"),
    diverged: pattern("--error-soft", "--error", strokes([[-2, 10, 10, -2], [-2, 2, 2, -2], [6, 10, 10, 6]])),
    rose: pattern("--warning-soft", "--warning", strokes([[0, 4, 8, 4]])),
    failed: pattern("--surface", "--muted", (brush) => brush.fillRect(3, 3, 2, 2)),
  };
}

/** Names, rates, the boundary, the bound, and the chosen cell. */
function Over({ sweep, layout, width, place }) {
  const { plan } = sweep;
  const x = (column) => layout.left + column * layout.wide;
  const boundary = useMemo(() => boundaryOf(sweep), [sweep.summary]);
  const bounds = useMemo(() => boundLinesOf(sweep), [sweep.curvature]);
  const right = x(plan.rates.length);
  // The first and the last number stay whole.
  const labelAt = (rate) => Math.min(width - NUMBER / 2, Math.max(NUMBER / 2, x(rate + 0.5)));
  const within = (column) => Math.min(right, Math.max(layout.left, x(column)));
  const edge = (values) => values.map((column, row) => (column === null ? "" : `M${within(column).toFixed(1)} ${layout.top(row)}v${layout.high}`)).join("");
  return html`
    <svg class="heat-over" width=${width} height=${layout.height} aria-hidden="true">
      ${plan.configurations.map(({ label }, i) => html`<text key=${i} class="heat-name" x=${layout.left} y=${layout.top(i * layout.each) - 5}>${label}</text>`)}
      ${rateTicks(plan.rates, layout).map((rate) => html`<g key=${rate}><path d=${`M${x(rate + 0.5)} ${layout.bottom + 2}v4`} /><text x=${labelAt(rate)} y=${layout.bottom + 8} dy="0.9em" text-anchor="middle">${formatNumber(plan.rates[rate])}</text></g>`)}
      <text class="axis-name" x=${right} y=${layout.bottom + 8} dy="2.2em" text-anchor="end">lr</text>
      <path class="heat-boundary" d=${edge(boundary)} />
      <path class="heat-bound" d=${edge(bounds.map((bound) => (bound === null ? null : columnOf(plan.rates, bound) + 0.5)))} />
      ${place && html`<rect class="heat-chosen" x=${x(place.rate) - 1} y=${layout.top(place.row) - 1} width=${layout.wide + 1} height=${layout.high + 1} />`}
    </svg>
  `;
}

/** As many rates as there is room for. */
function rateTicks(rates, layout) {
  return ticksAmong(rates.map(formatNumber), Math.max(1, Math.ceil((NUMBER * textScale()) / layout.wide)));
}

function handlersOf({ host, layout, plan, place, choose, point, open }) {
  const under = (event) => {
    const { left, top } = host.current.getBoundingClientRect();
    const rate = Math.floor((event.clientX - left - layout.left) / layout.wide);
    const y = event.clientY - top;
    const block = Math.floor(y / (layout.each * layout.high + layout.caption + GAP));
    const row = Math.floor((y - layout.top(block * layout.each)) / layout.high);
    const isCell = rate >= 0 && rate < plan.rates.length && row >= 0 && row < layout.each && block < plan.configurations.length;
    return isCell ? cellInRow(plan, block * layout.each + row, rate) : null;
  };
  return {
    onPointerMove: (event) => point(under(event)),
    onPointerLeave: () => point(null),
    onClick: (event) => choose(under(event)),
    onDblClick: open,
    onKeyDown: (event) => {
      const step = STEPS[event.key];
      if (event.key === "Escape") choose(null);
      if (event.key === "Enter") open();
      if (!step) return;
      event.preventDefault();
      const from = place ?? { row: 0, rate: -step[1] };
      const row = Math.min(layout.rows - 1, Math.max(0, from.row + step[0]));
      choose(cellInRow(plan, row, Math.min(plan.rates.length - 1, Math.max(0, from.rate + step[1]))));
    },
  };
}
