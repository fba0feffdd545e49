// Where the racers ran: the loss as contours or as a curve, every path on it, and each racer where it is at the step on
// show.

import { ProblemError, fetchLandscape } from "../../api.js";
import { formatNumber } from "../../format.js";
import { levelsOf } from "../../landscape.js";
import { pointAt, windowOf } from "../../lab/race.js";
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../vendor/preact.js";
import { textScale } from "../measure.js";
import { Axes, lineOf, scalesOf } from "../plot.js";
import { drawRelief } from "../relief.js";
import { useWidth } from "./lines.js";
import { Marker, dashOf } from "./swatch.js";

const POINTS = { across: 81, up: 61 };
const CURVE = 161;
const HEIGHT = 340;
/** Beside two charts there is room for more. */
const TALL = 520;
const WIDE = 440;

/** @param {{race: any, body: any, names: string[], paths: any[], t: any, language: string, step: number, theme: string, isTall: boolean}} props */
export function Course({ race, body, names, paths, t, language, step, theme, isTall }) {
  const host = useRef(null);
  const width = useWidth(host);
  const isPlane = names.length > 0;
  const isCurve = names.length === 1;
  const windows = useMemo(() => (isPlane ? windowOf(paths) : (windowOfSurface(race.surface) ?? (race.isOver ? windowOf(paths) : null))), [paths, race.surface, race.isOver]);
  const fetched = useRelief({ race, body, names, windows: isPlane ? windows : null, language });
  const relief = useMemo(() => (isPlane ? fetched : reliefOf(race.surface)), [fetched, race.surface]);
  const isRandom = !isPlane && race.surface?.directions === "random";
  const title = t(isCurve ? "lab.course-curve" : isPlane ? "lab.course" : isRandom ? "lab.course-random" : "lab.course-slice");
  if (!windows && race.isOver && !race.projection) return null;
  if (!windows) return html`<figure class="lab-chart"><figcaption>${title}</figcaption><div class="lab-plot" ref=${host}><p class="hint">${t("lab.no-course")}</p></div></figure>`;
  const scale = textScale();
  const high = isTall && width >= WIDE ? TALL : HEIGHT;
  const box = { left: 54 * scale, top: 20 * scale, width: Math.max(60, width - 64 * scale), height: high - 58 * scale };
  const up = isCurve ? heightsOf(relief, windows[1]) : windows[1];
  const scales = scalesOf(box, windows[0], up);
  return html`
    <figure class=${`lab-chart course${isTall ? " tall" : ""}`}>
      <figcaption>${title}</figcaption>
      <div class="lab-plot" ref=${host}>
        ${relief && !isCurve && width > 0 && html`<${Ground} ...${{ relief, box, theme }} windows=${windows} />`}
        ${width > 0 && html`<svg width=${width} height=${high} role="img" aria-label=${t("lab.course-label", { names: names.length > 0 ? names : isRandom ? t("lab.plane-random") : "PCA", step })}>
          <clipPath id="course-clip"><rect x=${box.left} y=${box.top} width=${box.width} height=${box.height} /></clipPath>
          <${Axes} box=${box} scales=${scales} across=${windows[0]} up=${up} names=${isCurve ? [names[0], "loss"] : isPlane ? names : ["1", "2"]} />
          <g clip-path="url(#course-clip)">${isCurve && relief && html`<path class="curve" d=${lineOf(curveOf(relief, windows[0], scales))} />`}${paths.map((path) => html`<${Track} key=${path.k} ...${{ path, scales, step }} />`)}</g>
        </svg>`}
      </div>
      ${!isPlane && race.surface && html`<p class="hint">${hiddenText(race, t)} ${cellsText(race.surface, t)}</p>`}
    </figure>
  `;
}

/** Heights that show the paths, and the floor of the curve under them. */
function heightsOf(relief, [low, high]) {
  const floor = Math.min(low, ...(relief?.losses ?? []).filter(Number.isFinite));
  return [floor < low ? floor - 0.05 * (high - floor) : low, high];
}

function curveOf({ losses }, [from, to], scales) {
  return losses.map((loss, i) => [scales.x(from + ((to - from) * i) / (losses.length - 1)), scales.y(loss)]);
}

/** The way so far in full, the rest faint, and the racer. */
function Track({ path, scales, step }) {
  const { k, points } = path;
  const places = useMemo(() => points.map(([x, y]) => [scales.x(x), scales.y(y)]), [points, scales.x(0), scales.x(1), scales.y(0), scales.y(1)]);
  const whole = useMemo(() => lineOf(places), [places]);
  const at = pointAt(path, step);
  const here = places[at] ?? [NaN, NaN];
  return html`
    <path class="track-halo" d=${whole} />
    <path class=${`racer-line ahead racer-${k % 8}`} d=${whole} stroke-dasharray=${dashOf(k)} />
    <path class=${`racer-line racer-${k % 8}`} d=${lineOf(places.slice(0, at + 1))} stroke-dasharray=${dashOf(k)} />
    <${Marker} k=${k} x=${here[0]} y=${here[1]} />
  `;
}

function Ground({ relief, box, windows, theme }) {
  const canvas = useRef(null);
  const isDark = matchMedia("(prefers-color-scheme: dark)").matches;
  useLayoutEffect(() => {
    Object.assign(canvas.current.style, { left: `${box.left}px`, top: `${box.top}px`, width: `${box.width}px`, height: `${box.height}px` });
    drawRelief(canvas.current, relief);
  }, [relief, theme, isDark, box.width, box.height, ...windows.flat()]);
  return html`<canvas class="relief" ref=${canvas} aria-hidden="true"></canvas>`;
}

/** The loss over the one or two variables, asked for when the race is over. */
function useRelief({ race, body, names, windows, language }) {
  const [relief, setRelief] = useState(null);
  const key = windows && race.isOver ? JSON.stringify([windows, body.expression, body.variables]) : null;
  useEffect(() => {
    setRelief(null);
    if (!key) return undefined;
    const controller = new AbortController();
    const axis = (k, count) => ({ variable: names[k], start: windows[k][0], stop: windows[k][1], count });
    const axes = names.length === 1 ? [axis(0, CURVE)] : [axis(1, POINTS.up), axis(0, POINTS.across)];
    const call = { expression: body.expression, variables: body.variables, sum: body.sum, seed: body.seed, axes };
    fetchLandscape(call, { language, signal: controller.signal }).then(
      ({ losses }) => setRelief(withLevels({ losses: losses.map(Number), ...POINTS })),
      (error) => {
        if (!controller.signal.aborted && !(error instanceof ProblemError)) throw error;
      },
    );
    return () => controller.abort();
  }, [key]);
  return relief;
}

function withLevels(relief) {
  return { ...relief, levels: levelsOf(relief.losses) };
}

/** The server's slice lists its cells with the second direction fastest; a picture's rows go up. */
function reliefOf(surface) {
  if (!surface) return null;
  const [across, up] = surface.coordinates.map((axis) => axis.length);
  const losses = Array.from({ length: across * up }, (_, k) => Number(surface.losses[(k % across) * up + Math.floor(k / across)]));
  return withLevels({ losses, across, up });
}

function windowOfSurface(surface) {
  return surface && surface.coordinates.map((axis) => [Number(axis[0]), Number(axis.at(-1))]);
}

/** How many places were evaluated, and how: a program that has no batched form runs for each of them. */
function cellsText({ coordinates, batched }, t) {
  const [across, up] = coordinates.map((axis) => axis.length);
  return t(batched === false ? "lab.surface-runs" : "lab.surface-batched", { across, up });
}

/** What a slice through many dimensions does not show. */
function hiddenText({ plan, projection, surface }, t) {
  const { dimensions, explained, gradient_inside: inside, unmoved } = surface.hidden;
  const share = (number) => (number === null || number === undefined ? "?" : `${formatNumber(Number(number) * 100)} %`);
  const told = { dimensions, explained: share(explained ?? projection?.explained.reduce((a, b) => a + Number(b), 0)), inside: share(inside) };
  if (surface.directions !== "random") return t("lab.hidden", told);
  return t("lab.hidden-random", { ...told, unmoved, racer: plan.racers[surface.centre.racer].label, step: surface.centre.step, loss: formatNumber(Number(surface.centre.loss)) });
}
