// The server's picture inside the page: put in once, afterwards only its texts and classes change.

import { formatShare, formatValue } from "../format.js";
import { bundleView, groupView, shareOf } from "../folded.js";
import { edgeView, nodeView } from "../scene.js";

/** The only place where text becomes elements: the page's policy may name it. */
const policy = globalThis.trustedTypes?.createPolicy("picture", { createHTML: (text) => text });

/**
 * Parse a picture that the server drew.
 *
 * @param {string} text an SVG document
 * @returns {Element}
 */
export function parsePicture(text) {
  const page = new DOMParser().parseFromString(policy ? policy.createHTML(text) : text, "image/svg+xml");
  const root = page.documentElement;
  if (root.localName !== "svg") throw new Error("The picture is not SVG.");
  return document.importNode(root, true);
}

/**
 * Find the parts of a picture that frames change.
 *
 * @param {any} graph the graph it shows
 * @returns {{graph: any, root: Element, parts: any[], byId: Map<string, any>}}
 */
export function createPicture(graph) {
  const root = parsePicture(graph.svg);
  const groups = new Map((graph.groups ?? []).map((group) => [group.id, group]));
  const bundles = new Map((graph.bundles ?? []).map((bundle) => [bundle.id, bundle]));
  const clusters = new Map((graph.clusters ?? []).map((cluster) => [cluster.id, cluster]));
  const parts = [...root.querySelectorAll("g[id]")].map((element) => partOf(element, { groups, bundles, clusters }));
  for (const part of parts) if (part.kind === "edge" || part.kind === "bundle") widen(part.element);
  // The words on a box are words of their own, also to whoever reads them out.
  for (const text of root.querySelectorAll("text")) text.after(" ");
  return { graph, root, parts, byId: new Map(parts.map((part) => [part.id, part])) };
}

function partOf(element, { groups, bundles, clusters }) {
  const { id } = element;
  const texts = (...names) => names.map((name) => cell(element.querySelector(`text.${name}`)));
  const common = { id, element, base: element.getAttribute("class") ?? "", state: "", shown: null, mark: "", tint: "", note: "" };
  if (bundles.get(id)?.edges.length > 1) return { ...common, kind: "bundle", bundle: bundles.get(id), texts: [] };
  if (clusters.has(id)) return { ...common, kind: "cluster", cluster: clusters.get(id), texts: [] };
  if (id.startsWith("e")) return { ...common, kind: "edge", texts: texts("flow") };
  const group = groups.get(id) ?? null;
  return { ...common, kind: group ? "group" : "node", group, texts: texts("value", "gradient", "share") };
}

/** A line is too thin to be hit: an unseen wide one lies over it. */
function widen(element) {
  const line = element.querySelector("path.line");
  if (!line) return;
  const hit = /** @type {Element} */ (line.cloneNode());
  hit.setAttribute("class", "hit");
  element.append(hit);
}

/** Is a part a box, not a line? */
export function isBox(part) {
  return part.kind === "node" || part.kind === "group";
}

const COUNTED = /^([\d,]+) (parameters?|operations?|inputs?)$/;
const CUT = /^cut: (.+)$/;
const WORDS = new Set(["value", "grad", "share", "constant"]);

/**
 * Say in the page's language what a box says in the server's, which is English; names and shapes are the program's.
 *
 * @param {string} said such as `12 parameters · 3 operations`
 * @param {(key: string, parameters?: any) => string} t
 */
export function wordOf(said, t) {
  return said.split(" · ").map((piece) => {
    if (WORDS.has(piece)) return t(`picture.${piece}`);
    const [, count, noun] = piece.match(COUNTED) ?? [];
    if (noun) return t(`picture.${noun}`, { count });
    const [, how] = piece.match(CUT) ?? [];
    return how ? t("picture.cut", { how }) : piece;
  }).join(" · ");
}

/** Give the words of a picture the page's language; to be said again when that changes. */
export function wordParts(picture, t) {
  picture.words ??= [...picture.root.querySelectorAll("text.key, text.name")].map((element) => ({ element, said: element.textContent }));
  for (const { element, said } of picture.words) {
    const word = wordOf(said, t);
    if (element.textContent !== word) element.textContent = word;
  }
}

function cell(element) {
  return { element, shown: element?.textContent ?? null };
}

/**
 * Show a scene: whatever did not change is left alone.
 *
 * @param {any} picture as `createPicture` made it
 * @param {any} scene as `sceneAt` gives it, over the same graph
 * @returns {number} how many texts and classes were changed
 */
export function paint(picture, scene) {
  let changed = 0;
  for (const part of picture.parts) changed += PAINT[part.kind](part, scene);
  return changed;
}

const PAINT = { node: paintNode, edge: paintEdge, group: paintGroup, bundle: paintBundle, cluster: paintCluster };

function paintNode(part, scene) {
  const i = scene.topology.places.get(part.id);
  if (i === undefined) return 0;
  const view = nodeView(scene, i);
  const flags = (view.active ? " active" : "") + (view.piled ? " piled" : "") + (view.moved ? " moved" : "") + (view.blocks ? " blocks" : "");
  const gone = scene.pass?.freed?.includes(i) ? " freed" : "";
  return setClass(part, view.state + flags + gone) + setNumbers(part, view);
}

function setNumbers(part, view) {
  return setText(part.texts[0], formatValue(view.value)) + setText(part.texts[1], formatValue(view.gradient));
}

function paintGroup(part, scene) {
  const view = groupView(scene, part.group);
  const face = scene.topology.places.get(part.group.face);
  const changed = setClass(part, view.state + (view.active ? " active" : "")) + setShare(part, scene);
  return face === undefined ? changed : changed + setNumbers(part, nodeView(scene, face));
}

function setShare(part, scene) {
  return part.texts[2].element ? setText(part.texts[2], formatShare(shareOf(scene, part.group))) : 0;
}

function paintCluster(part) {
  return setClass(part, "");
}

function paintEdge(part, scene) {
  const j = scene.topology.edgePlaces.get(part.id);
  if (j === undefined) return 0;
  const view = edgeView(scene, j);
  return setClass(part, lineClass(view)) + setText(part.texts[0], view.flow === null ? "" : formatValue(view.flow));
}

function paintBundle(part, scene) {
  return setClass(part, lineClass(bundleView(scene, part.bundle.edges)));
}

function lineClass(view) {
  return view.active ? `${view.state} active ${view.active}` : view.state;
}

function setClass(part, state) {
  const name = `${part.base} ${state}${part.mark}${part.tint}${part.note}`;
  part.state = state;
  if (part.shown === name) return 0;
  part.element.setAttribute("class", name);
  part.shown = name;
  return 1;
}

function setText(cell, text) {
  if (!cell.element || cell.shown === text) return 0;
  cell.element.textContent = text;
  cell.shown = text;
  return 1;
}

/**
 * Mark parts of a picture (chosen, near …) beside their state.
 *
 * @param {Map<string, string>} marks class names by id
 */
export function markParts(picture, marks) {
  for (const part of picture.parts) {
    const mark = marks.has(part.id) ? ` ${marks.get(part.id)}` : "";
    if (mark === part.mark) continue;
    part.mark = mark;
    setClass(part, part.state);
  }
}

/**
 * Note beside their state what an overlay says of boxes.
 *
 * @param {Map<string, string>} notes class names by id
 */
export function noteParts(picture, notes) {
  for (const part of picture.parts) {
    const note = notes.has(part.id) ? ` ${notes.get(part.id)}` : "";
    if (note === part.note) continue;
    part.note = note;
    setClass(part, part.state);
  }
}

/**
 * Give boxes the colours of a scale beside their state.
 *
 * @param {Map<string, string>} tints class names by id
 */
export function tintParts(picture, tints) {
  for (const part of picture.parts) {
    const tint = tints.has(part.id) ? ` ${tints.get(part.id)}` : "";
    if (tint === part.tint) continue;
    part.tint = tint;
    setClass(part, part.state);
  }
}
