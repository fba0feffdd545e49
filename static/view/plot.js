// What lies over a landscape: axes, the path of the run, its gradient, the tangent, the cross.

import { formatNumber } from "../format.js";
import { ticksOf } from "../landscape.js";
import { html } from "../vendor/preact.js";

const ARROW = 46;
/** A longer name of the upward axis does not fit beside the plot, and begins at its edge. */
const MOST_LETTERS = 5;

/**
 * How places become pixels: `x` and `y` of a value, and their inverses.
 *
 * @param {{left: number, top: number, width: number, height: number}} box
 * @param {[number, number]} across
 * @param {[number, number]} up
 */
export function scalesOf(box, across, up) {
  const share = (value, [low, high]) => (value - low) / (high - low);
  return {
    x: (value) => box.left + share(value, across) * box.width,
    y: (value) => box.top + (1 - share(value, up)) * box.height,
    place: (x, y) => [across[0] + ((x - box.left) / box.width) * (across[1] - across[0]), up[1] - ((y - box.top) / box.height) * (up[1] - up[0])],
  };
}

/** Ticks with their numbers, and the names of both axes. */
export function Axes({ box, scales, across, up, names }) {
  const bottom = box.top + box.height;
  const right = box.left + box.width;
  const isLong = names[1].length > MOST_LETTERS;
  return html`
    <g class="axes">
      ${ticksOf(across).map((tick) => html`<g key=${tick}><path d=${`M${scales.x(tick)} ${bottom}v4`} /><text x=${scales.x(tick)} y=${bottom + 5} dy="0.8em" text-anchor="middle">${formatNumber(tick)}</text></g>`)}
      ${ticksOf(up).map((tick) => html`<g key=${tick}><path d=${`M${box.left} ${scales.y(tick)}h-4`} /><text x=${box.left - 7} y=${scales.y(tick)} dy="0.32em" text-anchor="end">${formatNumber(tick)}</text></g>`)}
      <text class="axis-name" x=${right} y=${bottom + 5} dy="2em" text-anchor="end">${names[0]}</text>
      <text class="axis-name" x=${isLong ? 2 : box.left - 7} y=${box.top} dy="-0.5em" text-anchor=${isLong ? "start" : "end"}>${names[1]}</text>
      <rect class="frame" x=${box.left} y=${box.top} width=${box.width} height=${box.height} />
    </g>
  `;
}

/** Where the run went: full as far as it has come, faint beyond. */
export function Path({ points, reached }) {
  const line = (from, to) => lineOf(points.slice(from, to));
  const dots = points.length <= 200 ? points : [];
  return html`
    <path class="path halo" d=${line(0, points.length)} />
    <path class="path ahead" d=${line(Math.max(0, reached), points.length)} />
    <path class="path" d=${line(0, reached + 1)} />
    ${dots.map(([x, y], k) => Number.isFinite(x + y) && html`<circle key=${k} class=${`stop${k > reached ? " ahead" : ""}`} cx=${x} cy=${y} r="2.2" />`)}
  `;
}

/** A path through points; what is no number breaks it. Far outside a drawing engine loses its precision. */
export function lineOf(points) {
  let isOpen = false;
  return points.map(([x, y]) => {
    const isPlace = Math.abs(x) < 1e5 && Math.abs(y) < 1e5;
    const step = isPlace ? `${isOpen ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}` : "";
    isOpen = isPlace;
    return step;
  }).join("");
}

/** The way down at a point: minus the gradient, as long whatever its size, for only its direction can be drawn. */
export function Arrow({ scales, at, gradient, box, across, up }) {
  const [dx, dy] = [(-gradient[0] * box.width) / (across[1] - across[0]), (gradient[1] * box.height) / (up[1] - up[0])];
  const length = Math.hypot(dx, dy);
  if (!(length > 0) || !Number.isFinite(length)) return null;
  const [x, y] = [scales.x(at[0]), scales.y(at[1])];
  const [ux, uy] = [dx / length, dy / length];
  const [tx, ty] = [x + ux * ARROW, y + uy * ARROW];
  const barb = (turn) => `${tx - ux * 9 + uy * turn} ${ty - uy * 9 - ux * turn}`;
  const line = `M${x} ${y}L${tx - ux * 7} ${ty - uy * 7}`;
  return html`<g class="down"><path class="halo" d=${line} /><path d=${line} /><path class="head" d=${`M${tx} ${ty}L${barb(5)}L${barb(-5)}Z`} /></g>`;
}

/** The point where the run is. */
export function Present({ x, y }) {
  return Number.isFinite(x + y) && html`<circle class="present" cx=${x} cy=${y} r="5.5" />`;
}

/** The cross that the arrow keys move. */
export function Cross({ x, y, box }) {
  return html`<path class="cross" d=${`M${x} ${box.top}V${box.top + box.height}M${box.left} ${y}H${box.left + box.width}`} /><circle class="cross" cx=${x} cy=${y} r="6" />`;
}
