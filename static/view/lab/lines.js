// Curves over the steps of many runs, as SVG: colours follow the theme, and a hand on the picture moves the step.

import { formatNumber } from "../../format.js";
import { numberAt, scaleOver, shareOf, ticksOn } from "../../lab/scales.js";
import { html, useEffect, useMemo, useRef, useState } from "../../vendor/preact.js";
import { textScale } from "../measure.js";
import { Marker, dashOf } from "./swatch.js";

/** More points than this on a line are not seen. */
const MOST_POINTS = 1200;
/** What is largest or smallest does not lie on the frame, in pixels. */
const INSET = 8;

/**
 * @param {{title: string, lines: {k: number, label: string, values: number[], xs?: number[], level?: number | null}[], isLog: boolean, step: number, count: number, go: (step: number) => void, t: any, height?: number}} props
 *   `level` is a bound of the line's own, drawn flat
 */
export function Lines({ title, lines, isLog, step, count, go, t, height = 240 }) {
  const host = useRef(null);
  const width = useWidth(host);
  const scale = textScale();
  const box = { left: 58 * scale, top: 10, width: Math.max(60, width - 58 * scale - 12), height: height - 10 - 28 * scale };
  const y = useMemo(() => scaleOver(lines.flatMap(({ values, level }) => [...values, ...(Number.isFinite(level) ? [level] : [])]), isLog), [lines, isLog]);
  const drawn = useMemo(() => (y && width > 0 ? lines.map((line) => ({ ...line, path: pathOf(line, { box, y, count }) })) : []), [lines, y, width, count, box.height]);
  const at = placesOf({ box, count, go, host });
  return html`
    <figure class="lab-chart">
      <figcaption>${title}</figcaption>
      <div class="lab-plot" ref=${host} ...${at.handlers}>
        ${y && width > 0 && html`<svg width=${width} height=${height} role="img" aria-label=${t("lab.chart", { title, step })}>
          <${Frame} ...${{ box, y, count }} />
          ${drawn.map(({ k, path, level }) => html`<g key=${k}>
            ${Number.isFinite(level) && html`<path class=${`racer-level racer-${k % 8}`} d=${`M${box.left} ${heightOf(level, { box, y })}h${box.width}`} />`}
            <path class=${`racer-line racer-${k % 8}`} d=${path} stroke-dasharray=${dashOf(k)} /></g>`)}
          <path class="lab-now" d=${`M${at.x(step)} ${box.top}v${box.height}`} />
          ${lines.map(({ k, values, xs }) => html`<${Marker} key=${k} k=${k} x=${at.x(step)} y=${heightOf(valueAt({ values, xs }, step), { box, y })} />`)}
        </svg>`}
        ${!y && html`<p class="hint">${t(isLog ? "lab.nothing-above-zero" : "lab.nothing-finite")}</p>`}
      </div>
      ${y && isLog && html`<${Edge} ...${{ y, lines, t }} />`}
    </figure>
  `;
}

/** Where numbers that have no logarithm lie. */
function Edge({ y, lines, t }) {
  if (y.linear) return html`<p class="hint">${t("lab.symlog", { linear: formatNumber(Number(y.linear.toPrecision(1))) })}</p>`;
  return lines.some(({ values }) => values.includes(0)) ? html`<p class="hint">${t("lab.zero-edge")}</p>` : null;
}

/** The value of a line at a step; where steps were left out, the latest before it. */
export function valueAt({ values, xs }, step) {
  if (!xs) return values[Math.min(step, values.length - 1)] ?? NaN;
  return values[Math.max(0, xs.findLastIndex((x) => x <= step))] ?? NaN;
}

function pathOf({ values, xs }, { box, y, count }) {
  const stride = Math.max(1, Math.ceil(values.length / MOST_POINTS));
  let isOpen = false;
  let path = "";
  for (let i = 0; i < values.length; i += i + stride >= values.length && i < values.length - 1 ? values.length - 1 - i : stride) {
    const height = heightOf(values[i], { box, y });
    const isPlace = Number.isFinite(height);
    if (isPlace) path += `${isOpen ? "L" : "M"}${(box.left + (((xs?.[i] ?? i) / Math.max(1, count)) * box.width)).toFixed(1)} ${height.toFixed(1)}`;
    isOpen = isPlace;
  }
  return path;
}

function heightOf(value, { box, y }) {
  return box.top + INSET + (1 - shareOf(y, value)) * (box.height - 2 * INSET);
}

function Frame({ box, y, count }) {
  const bottom = box.top + box.height;
  const steps = ticksOn({ isLog: false, low: 0, high: Math.max(1, count) }).filter(Number.isInteger);
  return html`
    <g class="lab-axes">
      ${ticksOn(y).map((tick) => html`<g key=${tick}><path class="grid" d=${`M${box.left} ${heightOf(tick, { box, y })}h${box.width}`} /><text x=${box.left - 6} y=${heightOf(tick, { box, y })} dy="0.32em" text-anchor="end">${formatNumber(tick)}</text></g>`)}
      ${steps.map((tick) => html`<text key=${tick} x=${box.left + (tick / Math.max(1, count)) * box.width} y=${bottom} dy="1.3em" text-anchor="middle">${tick}</text>`)}
      <path d=${`M${box.left} ${box.top}V${bottom}H${box.left + box.width}`} />
    </g>
  `;
}

/** Steps become places, and a pointer's place a step. */
function placesOf({ box, count, go, host }) {
  const x = (step) => box.left + (step / Math.max(1, count)) * box.width;
  const under = (event) => {
    const share = (event.clientX - host.current.getBoundingClientRect().left - box.left) / box.width;
    return Math.round(numberAt({ isLog: false, low: 0, high: count }, Math.min(1, Math.max(0, share))));
  };
  const handlers = {
    onPointerDown: (event) => {
      event.currentTarget.setPointerCapture?.(event.pointerId);
      go(under(event));
    },
    onPointerMove: (event) => event.buttons > 0 && go(under(event)),
  };
  return { x, handlers };
}

/** The width of a place on the page, as it is now; 0 while the place is not there. */
export function useWidth(host) {
  const [width, setWidth] = useState(0);
  const watched = useRef(null);
  useEffect(() => {
    if (watched.current?.place === host.current) return;
    watched.current?.observer.disconnect();
    watched.current = null;
    if (!host.current) return;
    const observer = new ResizeObserver(() => setWidth(host.current?.clientWidth ?? 0));
    observer.observe(host.current);
    watched.current = { place: host.current, observer };
  });
  useEffect(() => () => watched.current?.observer.disconnect(), []);
  return width;
}
