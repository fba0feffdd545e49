// A landscape on a canvas: bands of equal loss, the lower the fuller their colour.

import { contours } from "../vendor/d3-contour.js";
import { colourOf } from "./measure.js";

/**
 * Draw the bands.
 *
 * @param {HTMLCanvasElement} canvas as large as its place on the page
 * @param {{losses: number[], across: number, up: number, levels: number[]}} relief the first row is the lowest
 */
export function drawRelief(canvas, { losses, across, up, levels }) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const sharp = devicePixelRatio || 1;
  Object.assign(canvas, { width: Math.round(width * sharp), height: Math.round(height * sharp) });
  const context = canvas.getContext("2d");
  const colours = bandColours(canvas.parentElement, levels.length + 1);
  // Contours are counted in cells from the lower left corner; a cell's own place is its middle.
  context.setTransform((width * sharp) / (across - 1), 0, 0, (-height * sharp) / (up - 1), 0, height * sharp);
  context.translate(-0.5, -0.5);
  context.fillStyle = colours[0];
  context.fillRect(0, 0, across, up);
  const lines = colourOf(canvas.parentElement, "--relief-line");
  contours().size([across, up]).thresholds(levels)(losses).forEach((band, k) => drawBand(context, band, { fill: colours[k + 1], line: lines, width: across / width }));
  context.fillStyle = colourOf(canvas.parentElement, "--surface");
  losses.forEach((loss, i) => Number.isNaN(loss) && context.fillRect(i % across, Math.floor(i / across), 1.02, 1.02));
}

function drawBand(context, { coordinates }, { fill, line, width }) {
  context.beginPath();
  for (const ring of coordinates.flat()) {
    ring.forEach(([x, y], k) => (k === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
    context.closePath();
  }
  context.fillStyle = fill;
  context.fill();
  Object.assign(context, { strokeStyle: line, lineWidth: width });
  context.stroke();
}

/** From the lowest band to the highest. */
export function bandColours(host, count) {
  const [low, high] = ["--relief-low", "--relief-high"].map((name) => numbersOf(colourOf(host, name)));
  return Array.from({ length: count }, (_, k) => mixed(low, high, count > 1 ? k / (count - 1) : 0));
}

function numbersOf(colour) {
  return colour.match(/[\d.]+/g).slice(0, 3).map(Number);
}

function mixed(low, high, share) {
  return `rgb(${low.map((part, k) => Math.round(part + (high[k] - part) * share)).join(" ")})`;
}
