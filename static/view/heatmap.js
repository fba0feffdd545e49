// A map of layer × step: one cell for each number, on a logarithmic scale; walked by mouse and by keys.

import { formatNumber } from "../format.js";
import { columnsOf, scaleOf } from "../flow.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/preact.js";
import { colourOf } from "./measure.js";

const ROW = { most: 20, least: 5, named: 11 };
const ROOM = 208;
const GUTTER = 0.34;
const WIDEST_GUTTER = 190;
const MOST_COLUMNS = 400;
const STEPS = 7;
const FONT = "11px DejaVu Sans, Verdana, sans-serif";
/** Between the edge, a name and its row. */
const GAP = 12;

/**
 * @param {{rows: (number | null)[][], names: string[], pass: number, go: (cell: {row: number, pass: number}) => void, theme: string, title: string, t: any}} props
 */
export function HeatMap({ rows, names, pass, go, theme, title, t }) {
  const host = useRef(null);
  const canvas = useRef(null);
  const [width, setWidth] = useState(0);
  const [cell, point] = useState(null);
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(entry.contentRect.width));
    observer.observe(host.current);
    return () => observer.disconnect();
  }, []);
  const columns = columnsOf(rows[0]?.length ?? 0, MOST_COLUMNS);
  const longest = useMemo(() => longestOf(names), [names.join(" ")]);
  const plan = planOf(width, { count: names.length, columns, longest });
  const colours = useMemo(() => (width > 0 ? coloursOf(host.current) : null), [theme, width > 0]);
  useLayoutEffect(() => {
    if (colours) paintMap(canvas.current, colours, { rows, names, pass, cell, plan, columns });
  }, [rows, names, pass, cell, width, colours]);
  const shown = cell ?? { row: 0, column: nearest(columns, pass) };
  const move = (event) => {
    const next = neighbour(shown, event.key, { rows: names.length, columns: columns.length });
    if (event.key === "Enter") go({ row: shown.row, pass: columns[shown.column] });
    else if (next) point(cell ? next : shown);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const words = ({ row, column }) => t("flow.cell", { layer: names[row], step: columns[column] + 1, number: wordOf(rows[row][columns[column]], t) });
  return html`
    <div class="heat-host" ref=${host}>
      <canvas class="heat-map" ref=${canvas} role="img" tabindex="0" aria-label=${t("flow.map", { title, rows: names.length, columns: columns.length })}
        onPointerMove=${(event) => point(cellAt(event, plan))} onPointerLeave=${() => point(null)} onBlur=${() => point(null)} onFocus=${(event) => event.target.matches(":focus-visible") && point(shown)}
        onClick=${(event) => cellAt(event, plan) && go({ row: cellAt(event, plan).row, pass: columns[cellAt(event, plan).column] })} onKeyDown=${move}></canvas>
      <p class="heat-reading" role="status">${cell ? words(cell) : t(columns.length < (rows[0]?.length ?? 0) ? "flow.thinned" : "flow.hint", { shown: columns.length, count: rows[0]?.length ?? 0 })}</p>
    </div>
  `;
}

function wordOf(number, t) {
  if (number === null || number === undefined) return t("flow.unknown");
  return Number.isFinite(number) ? formatNumber(number) : "NaN, ∞";
}

function nearest(columns, pass) {
  return columns.reduce((best, p, at) => (Math.abs(p - pass) < Math.abs(columns[best] - pass) ? at : best), 0);
}

const WAYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-10, 0], PageDown: [10, 0], Home: [0, -Infinity], End: [0, Infinity] };

function neighbour({ row, column }, key, { rows, columns }) {
  const way = WAYS[key];
  const within = (number, count) => Math.min(count - 1, Math.max(0, number));
  return way ? { row: within(row + way[0], rows), column: within(column + way[1], columns) } : null;
}

/** Where everything lies, in CSS pixels; `longest` is how wide the names are. */
function planOf(width, { count, columns, longest }) {
  const gutter = Math.min(WIDEST_GUTTER, Math.round(width * GUTTER), Math.ceil(longest) + GAP);
  const height = Math.max(ROW.least, Math.min(ROW.most, Math.floor(ROOM / Math.max(1, count))));
  return { gutter, row: height, column: Math.max(1, width - gutter) / Math.max(1, columns.length), width, height: height * count, rows: count, columns: columns.length };
}

function cellAt(event, plan) {
  const { left, top } = event.target.getBoundingClientRect();
  const [x, y] = [event.clientX - left - plan.gutter, event.clientY - top];
  const [row, column] = [Math.floor(y / plan.row), Math.floor(x / plan.column)];
  return x >= 0 && row >= 0 && row < plan.rows && column < plan.columns ? { row, column } : null;
}

function paintMap(canvas, colours, { rows, names, pass, cell, plan, columns }) {
  const ratio = devicePixelRatio || 1;
  Object.assign(canvas, { width: Math.max(1, plan.width * ratio), height: Math.max(1, plan.height * ratio) });
  canvas.style.width = `${plan.width}px`;
  canvas.style.height = `${plan.height}px`;
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  const scale = scaleOf(rows);
  const gap = plan.row > 8 ? 1 : 0;
  rows.forEach((row, r) => {
    columns.forEach((p, c) => {
      pen.fillStyle = colours[stepOf(row[p], scale)];
      pen.fillRect(plan.gutter + c * plan.column, r * plan.row, Math.ceil(plan.column) - (plan.column > 4 ? 1 : 0), plan.row - gap);
    });
  });
  paintNames(pen, names, plan, colours);
  const now = nearest(columns, pass);
  pen.strokeStyle = colours.now;
  pen.lineWidth = 2;
  if (pass >= 0) pen.strokeRect(plan.gutter + now * plan.column, 1, Math.max(2, plan.column), plan.height - 2);
  if (!cell) return;
  pen.strokeStyle = colours.ink;
  pen.strokeRect(plan.gutter + cell.column * plan.column, cell.row * plan.row, Math.max(2, plan.column), plan.row);
}

/** Which colour a number has: a step of the scale, or the word for what is none. */
function stepOf(number, scale) {
  if (number === null || number === undefined) return "none";
  if (!Number.isFinite(number)) return "broken";
  if (number === 0 || scale === null) return "zero";
  const span = Math.max(1, Math.log10(scale.high) - Math.log10(scale.low));
  const share = 1 - (Math.log10(scale.high) - Math.log10(number)) / span;
  return Math.min(STEPS - 1, Math.max(0, Math.floor(share * STEPS)));
}

/** The colours of the graph's own scale, so that one legend explains both. */
function coloursOf(host) {
  const names = [...Array(STEPS).keys(), "zero", "broken", "none", "ink", "now", "muted"];
  return Object.fromEntries(names.map((name) => [name, colourOf(host, `--heat-${name}`)]));
}

/** How wide the widest name is. */
function longestOf(names) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = FONT;
  return names.reduce((most, name) => Math.max(most, pen.measureText(name).width), 0);
}

/** Names where there is room for them, from the end on: what tells layers apart stands there. */
function paintNames(pen, names, plan, colours) {
  pen.fillStyle = colours.muted;
  pen.font = FONT;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  const every = Math.ceil(ROW.named / plan.row);
  names.forEach((name, r) => {
    if (r % every === 0) pen.fillText(cutFront(pen, name, plan.gutter - GAP + 2), plan.gutter - 6, Math.max(ROW.named / 2 + 1, (r + 0.5) * plan.row));
  });
}

function cutFront(pen, name, room) {
  let shown = name;
  while (shown.length > 1 && pen.measureText(shown === name ? shown : `…${shown}`).width > room) shown = shown.slice(1);
  return shown === name ? name : `…${shown}`;
}
