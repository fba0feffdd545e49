// What moves over a picture: dashes that run along the edges at work, and a glow on the node that came to work.
//
// It lies on a layer of its own. In the picture itself each step of a motion would make the browser paint all of it.

import { isBox } from "./picture.js";

const SVG = "http://www.w3.org/2000/svg";
/** More than these together are no event that one could follow. */
const MOST_GLOWS = 12;

/**
 * Lay the layer over a stage.
 *
 * @param {HTMLElement} host
 */
export function createMotion(host) {
  const svg = element("svg", "graph-motion");
  const viewport = element("g", "");
  const shapes = element("g", "");
  svg.setAttribute("aria-hidden", "true");
  viewport.append(shapes);
  svg.append(viewport);
  host.append(svg);
  return { svg, viewport, shapes, shown: "" };
}

/** Follow the picture's zoom. */
export function moveMotion({ viewport }, transform) {
  viewport.setAttribute("transform", String(transform));
}

/**
 * Show what is at work in a painted picture; what moves already goes on.
 *
 * @param {any} motion as `createMotion` made it
 * @param {any} picture whose parts say what they show; null for none
 * @param {number} position where the run stands: another one lets the same nodes glow anew
 */
export function showMotion(motion, picture, position) {
  const active = picture?.parts.filter(({ state }) => state.includes(" active")) ?? [];
  const shown = active.length === 0 ? "" : [position, ...active.map(({ id, state }) => id + state)].join(" ");
  if (motion.shown === shown && motion.picture === picture) return;
  motion.picture = picture;
  motion.shown = shown;
  const lines = active.filter((part) => !isBox(part)).map(({ element: drawn, state }) => copy(drawn, "path.line", `dashes ${state}`));
  const glows = active.filter(isBox).slice(0, MOST_GLOWS).map(({ element: drawn }) => copy(drawn, ".shape", "glow"));
  motion.shapes.replaceChildren(...[...lines, ...glows].filter((one) => one !== null));
  const place = picture?.root.querySelector("g[transform]")?.getAttribute("transform");
  if (place) motion.shapes.setAttribute("transform", place);
}

function copy(drawn, selector, name) {
  const made = drawn.querySelector(selector)?.cloneNode() ?? null;
  made?.setAttribute("class", name);
  return made;
}

function element(name, className) {
  const made = document.createElementNS(SVG, name);
  if (className) made.setAttribute("class", className);
  return made;
}
