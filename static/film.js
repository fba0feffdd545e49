// The film of a run: one SVG that plays by itself, in a README as well, without a script. What it shows at each frame
// is what the page shows there, for both are painted by the same hand.

import { createReel, filmOf } from "./filmstrip.js";
import { sceneAt } from "./scene.js";
import { frameAt, timelineOf } from "./timeline.js";
import { createPicture, paint, wordParts } from "./view/picture.js";

const SVG = "http://www.w3.org/2000/svg";
const CAPTION = 34;
const INKS = {
  light: { forward: "#0b62a8", backward: "#8a2f87", update: "#1a7446", text: "#59626d", line: "#dde2e8" },
  dark: { forward: "#5db2f7", backward: "#eba6e6", update: "#49c488", text: "#a5afba", line: "#29313a" },
};

/**
 * Make the film.
 *
 * @param {any} trace
 * @param {any} graph one of its graphs, `svg` drawn in `theme`
 * @param {{theme: "light" | "dark", t: (key: string, parameters?: any) => string}} options
 * @returns {string} an SVG document
 */
export function filmRun(trace, graph, { theme, t }) {
  const timeline = timelineOf({ ...trace, graphs: trace.graphs.map((one) => (one.id === graph.id ? graph : one)) });
  const picture = createPicture(graph);
  wordParts(picture, t);
  picture.root.querySelectorAll(".hit").forEach((line) => line.remove());
  const positions = filmOf(timeline, graph.id, picture.parts.length);
  const frames = positions.map((position) => shoot(picture, sceneAt(timeline, frameAt(timeline, position))));
  const reel = createReel(frames.length);
  const inks = INKS[theme];
  picture.parts.forEach((part, i) => cut(part, frames.map(({ parts }) => parts[i]), { reel, inks }));
  const captions = positions.map((position) => captionOf(timeline, frameAt(timeline, position), t));
  addCaption(picture.root, captions, { reel, inks, frames });
  const style = document.createElementNS(SVG, "style");
  style.textContent = reel.sheet();
  picture.root.prepend(style);
  return new XMLSerializer().serializeToString(picture.root);
}

/** Paint one frame and keep what is to be seen of it. */
function shoot(picture, scene) {
  paint(picture, scene);
  const { kind } = scene.frame;
  return { kind, parts: picture.parts.map((part) => ({ kind, states: part.state.split(" "), texts: part.texts.map(({ shown }) => shown ?? "") })) };
}

/** Put all frames of one part into it. */
function cut(part, shots, { reel, inks }) {
  const isLine = part.kind === "edge" || part.kind === "bundle";
  part.element.setAttribute("class", part.base);
  fade(part.element, shots.map(({ states }) => (states.includes("pending") ? (isLine ? "0.3" : "0.32") : "1")), reel);
  for (const shape of part.element.querySelectorAll(isLine ? ".line, .head" : ".shape")) {
    const own = shape.getAttribute("stroke") ?? "none";
    const colour = reel.classOf("stroke", shots.map((shot) => (shot.states.includes("active") ? (inks[shot.kind] ?? own) : own)));
    if (colour) shape.setAttribute("class", `${shape.getAttribute("class")} ${colour}`);
  }
  part.texts.forEach((cell, at) => cell.element && layer(cell.element, shots.map(({ texts }) => texts[at]), reel));
  const arrow = part.element.querySelector("text.arrow");
  if (!arrow) return;
  arrow.setAttribute("display", "inline");
  fade(arrow, shots.map(({ texts }) => (texts[0] ? "1" : "0")), reel);
}

/** Let an element come and go. */
function fade(element, shares, reel) {
  const name = reel.classOf("opacity", shares);
  if (name) element.setAttribute("class", `${element.getAttribute("class") ?? ""} ${name}`);
  else if (shares[0] !== "1") element.setAttribute("opacity", shares[0]);
}

/** One text element for each thing that a text says, all but one of them unseen. */
function layer(element, words, reel) {
  for (const word of new Set(words)) {
    if (word === "") continue;
    const copy = /** @type {Element} */ (element.cloneNode());
    copy.textContent = word;
    fade(copy, words.map((one) => (one === word ? "1" : "0")), reel);
    element.before(copy);
  }
  element.remove();
}

function captionOf(timeline, frame, t) {
  const step = timeline.stepCount > 1 ? `${t("timeline.step", { step: frame.step + 1, count: timeline.stepCount })} · ` : "";
  return frame.kind ? step + t(`timeline.phase.${frame.kind}`) : "";
}

/** Below the picture: where the run is, in words and as a line that grows. */
function addCaption(root, captions, { reel, inks }) {
  const [x, y, width, height] = (root.getAttribute("viewBox") ?? "0 0 1 1").split(/[\s,]+/).map(Number);
  const wide = Math.max(width, 230);
  root.setAttribute("viewBox", `${x} ${y} ${wide} ${height + CAPTION}`);
  root.setAttribute("width", String(wide));
  root.setAttribute("height", String(height + CAPTION));
  const background = root.querySelector(".background");
  background?.setAttribute("height", String(height + CAPTION));
  background?.setAttribute("width", String(wide));
  const text = make("text", { class: "caption", x: "10", y: String(height + 16), "font-size": "12", fill: inks.text });
  root.append(text);
  layer(text, captions, reel);
  const track = { x: "10", y: String(height + 24), height: "3", rx: "1.5" };
  const bar = make("g", { transform: `translate(10 ${height + 24})` });
  bar.append(make("rect", { class: "bar", width: String(wide - 20), height: "3", rx: "1.5", fill: inks.backward }));
  root.append(make("rect", { ...track, width: String(wide - 20), fill: inks.line }), bar);
}

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
