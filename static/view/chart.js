// One uPlot chart: made, grown while a run streams in, pointed at a pass, taken down.

import { formatNumber, formatTicks } from "../format.js";
import { ticksOn } from "../lab/scales.js";
import { colourOf, textScale } from "./measure.js";
import { uPlot } from "../vendor/uplot.js";

const HEIGHT = 130;
const COLOURS = 8;
const DASHES = [[], [6, 4], [2, 3]];
const LEGEND_CURVES = 12;
/** Diverging runs need steps far beyond what uPlot has by itself. */
const INCREMENTS = Array.from({ length: 90 }, (_, k) => k - 45).flatMap((power) => [1, 2, 2.5, 5].map((digit) => Number(`${digit}e${power}`)));

/** On a logarithm uPlot by itself draws nine lines to each power of ten, and rounds a small one to 0. */
const POWERS = { splits: (_plot, _axis, low, high) => ticksOn({ isLog: true, low, high }), filter: (_, ticks) => ticks, values: (_, ticks) => ticks.map(formatNumber) };

/**
 * Draw a chart.
 *
 * @param {HTMLElement} host
 * @param {{curves: any[], names: string[], isLog: boolean, theme: string, steps: number[], go: (pass: number) => void}} options
 */
export function createChart(host, { curves, names, isLog, theme, steps, go }) {
  const chart = { host, curves, steps, key: keyOf({ names, isLog, theme }), isLog, plot: null, line: null, observer: null, pass: -1, isHovered: false };
  chart.plot = new uPlot(optionsOf(chart, go), columnsOf(chart), host);
  chart.line = document.createElement("div");
  chart.line.className = "chart-now";
  chart.plot.over.append(chart.line);
  chart.observer = new ResizeObserver(() => resize(chart));
  chart.observer.observe(host);
  return chart;
}

function keyOf({ names, isLog, theme }) {
  return JSON.stringify([names, isLog, theme]);
}

/** Can a chart go on with other numbers? */
export function isSameChart(chart, shape) {
  return chart.key === keyOf(shape);
}

/** Take a chart down. */
export function destroyChart(chart) {
  chart.observer.disconnect();
  chart.plot.destroy();
}

/** Give a chart more numbers. */
export function growChart(chart, curves, steps) {
  chart.curves = curves;
  chart.steps = steps;
  chart.plot.setData(columnsOf(chart));
}

/** Move the line that marks the pass on show. */
export function pointChart(chart, pass) {
  chart.pass = pass;
  const left = chart.plot.valToPos(chart.steps[pass], "x");
  chart.line.hidden = pass < 0 || !Number.isFinite(left);
  chart.line.style.transform = `translateX(${left}px)`;
  readOut(chart);
}

/** The legend reads the pass on show while the pointer is elsewhere. */
function readOut(chart) {
  if (chart.plot && chart.pass >= 0 && !chart.isHovered) chart.plot.setLegend({ idx: chart.pass });
}

function resize(chart) {
  const width = chart.host.clientWidth;
  if (width === 0 || width === chart.plot.width) return;
  chart.plot.setSize({ width, height: HEIGHT * textScale() });
  pointChart(chart, chart.pass);
}

/** A logarithm has no place for zero and below: those are gaps. */
function columnsOf({ curves, isLog, steps }) {
  const shown = (number) => (isLog && number !== null && number <= 0 ? null : number);
  return [steps, ...curves.map(({ numbers }) => numbers.map(shown))];
}

function optionsOf(chart, go) {
  const scale = textScale();
  const colour = (name) => colourOf(chart.host, name);
  const axis = { stroke: colour("--chart-ink"), grid: { stroke: colour("--chart-grid"), width: 1 }, ticks: { show: false }, font: `${11 * scale}px DejaVu Sans, Verdana, sans-serif` };
  return {
    width: Math.max(120, chart.host.clientWidth),
    height: HEIGHT * scale,
    scales: { x: { time: false, range: rangeOfSteps }, y: chart.isLog ? { distr: 3 } : {} },
    axes: [
      { ...axis, size: 24 * scale, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
      { ...axis, size: 74 * scale, space: 22 * scale, ...(chart.isLog ? POWERS : { incrs: INCREMENTS, values: tickTexts }) },
    ],
    series: [{ label: "#" }, ...chart.curves.map(({ name }, k) => seriesOf(name, k, colour))],
    legend: { show: chart.curves.length <= LEGEND_CURVES, live: true },
    cursor: { y: false, points: { size: 6 }, drag: { setScale: false, x: false, y: false } },
    hooks: { setCursor: [() => readOut(chart)], init: [(plot) => listen(plot, chart, go)], draw: [(plot) => drawMarks(plot, chart, colour)], setSize: [() => chart.line && pointChart(chart, chart.pass)] },
  };
}

/** Sums of large steps miss zero by a little; the axis must not show that. */
function tickTexts(_, ticks) {
  const widest = Math.max(...ticks.map((tick) => Math.abs(tick ?? 0)));
  return formatTicks(ticks.map((tick) => (tick !== null && Math.abs(tick) < widest * 1e-9 ? 0 : tick)));
}

function rangeOfSteps(_, low, high) {
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

function seriesOf(name, k, colour) {
  const dash = DASHES[Math.floor(k / COLOURS) % DASHES.length];
  return {
    label: name,
    stroke: colour(`--curve-${k % COLOURS}`),
    width: 1.75,
    dash,
    spanGaps: false,
    value: (_, number) => (number === null || number === undefined ? "—" : formatNumber(number)),
  };
}

function listen(plot, chart, go) {
  plot.over.addEventListener("mouseenter", () => (chart.isHovered = true));
  plot.over.addEventListener("mouseleave", () => {
    chart.isHovered = false;
    pointChart(chart, chart.pass);
  });
  plot.over.addEventListener("click", () => {
    const { idx } = plot.cursor;
    if (idx !== null && idx !== undefined) go(idx);
  });
}

/** A cross at the top where a number was NaN or infinite. */
function drawMarks(plot, chart, colour) {
  const { ctx, bbox } = plot;
  const size = 4 * devicePixelRatio;
  ctx.save();
  ctx.strokeStyle = colour("--chart-broken");
  ctx.lineWidth = 2 * devicePixelRatio;
  for (const pass of brokenPasses(chart.curves)) {
    const x = plot.valToPos(chart.steps[pass], "x", true);
    const y = bbox.top + size + 2;
    ctx.beginPath();
    ctx.moveTo(x - size, y - size);
    ctx.lineTo(x + size, y + size);
    ctx.moveTo(x + size, y - size);
    ctx.lineTo(x - size, y + size);
    ctx.stroke();
  }
  ctx.restore();
}

function brokenPasses(curves) {
  return new Set(curves.flatMap(({ marks }) => marks.map(({ pass }) => pass)));
}
