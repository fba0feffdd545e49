// The stage on which a picture lies: zoom, pan, fit, and walking from node to node by keyboard.

import { beginIn, isAllIn, isOf, moveToMiddle, placing, roomOf, shiftInto, sightHeld, wholeIn } from "../insight.js";
import { linesOf } from "../topology.js";
import { select, zoom, zoomIdentity, zoomTransform } from "../vendor/d3-zoom.js";
import { nearestPart } from "./direction.js";
import { textScale } from "./measure.js";
import { setDistance } from "./distance.js";
import { createMotion, moveMotion } from "./motion.js";
import { isBox } from "./picture.js";

const SVG = "http://www.w3.org/2000/svg";
/** Before the page is laid out nobody knows how large a stage is; to ask would lay it out at once, and then once more. */
const UNKNOWN = { room: { width: 0, height: 0, margin: 0 }, letters: 1 };

/**
 * Make a stage inside an element. It keeps each picture's zoom, and fits a picture whose zoom nobody touched.
 *
 * @param {HTMLElement} host
 * @param {{onFollow: (isFollowing: boolean) => void, onSight: (sight: any) => void}} tell told when a hand on the picture
 *   ends its following, and what is in sight after it; null where it is the usual part
 */
export function createStage(host, { onFollow, onSight }) {
  const svg = document.createElementNS(SVG, "svg");
  const viewport = document.createElementNS(SVG, "g");
  svg.setAttribute("class", "graph-canvas");
  svg.append(viewport);
  host.append(svg);
  const stage = { host, svg, viewport, motion: createMotion(host), picture: null, size: [1, 1], ...UNKNOWN, map: { width: 0, height: 0 }, touched: new WeakMap(), isMoving: false, isWhole: false, isFollowing: true, followed: [], asked: null, told: null, onFollow, onSight, watchers: new Set() };
  stage.behaviour = zoom()
    // The usual extent is asked of the element, for which the browser lays out the page in the midst of a frame.
    .extent(() => [[0, 0], [stage.room.width, stage.room.height]])
    .scaleExtent([0.05, 8])
    .on("zoom", (event) => onZoom(stage, event))
    .on("end", () => stage.isMoving || tellSight(stage))
    // One finger has nothing to move where all is in sight: it scrolls the page. A second one enlarges.
    .filter((event) => !event.button && (event.type !== "wheel" || !event.altKey) && (event.type !== "touchstart" || event.touches.length > 1 || !stage.isWhole));
  select(svg).call(stage.behaviour).on("dblclick.zoom", null);
  stage.observer = new ResizeObserver(() => refit(stage));
  stage.observer.observe(host);
  return stage;
}

function onZoom(stage, event) {
  stage.viewport.setAttribute("transform", String(event.transform));
  moveMotion(stage.motion, event.transform);
  if (stage.picture) setDistance(stage.picture, event.transform.k / stage.letters);
  for (const tell of stage.watchers) tell();
  showMore(stage, event.transform);
  if (stage.isMoving || !stage.picture) return;
  stage.touched.set(stage.picture, event.transform);
  if (event.sourceEvent) setFollowing(stage, false);
}

/** Less than this beyond an edge is only margin, in pixels. */
const SLACK = 2;

/** A shadow along an edge says that the picture goes on beyond it. */
function showMore(stage, { x, y, k }) {
  const { host, room, size: [width, height] } = stage;
  const more = { left: -x, top: -y, right: x + width * k - room.width, bottom: y + height * k - room.height };
  for (const [side, length] of Object.entries(more)) host.toggleAttribute(`data-more-${side}`, length > SLACK);
  stage.isWhole = Math.max(...Object.values(more)) <= SLACK;
  host.toggleAttribute("data-whole", stage.isWhole);
}

/** Tell what a hand has brought into sight. */
function tellSight(stage) {
  if (!stage.picture || stage.room.width === 0) return;
  const asked = isOf(stage.asked, stage.size) ? stage.asked : null;
  const sight = stage.touched.has(stage.picture) ? sightHeld(stage.size, sightOf(stage)) : asked;
  if (JSON.stringify(sight) === JSON.stringify(stage.told)) return;
  stage.told = sight;
  stage.onSight(sight);
}

/** Bring into sight what a link asks for, now or when its picture is there; what the stage told itself is there already. */
export function lookAgain(stage, sight) {
  if (sight === stage.told) return;
  Object.assign(stage, { asked: sight, told: sight });
  if (stage.picture) stage.touched.delete(stage.picture);
  begin(stage);
}

/** Be told of each change of what is in sight; answers what ends that. */
export function watch(stage, tell) {
  stage.watchers.add(tell);
  return () => stage.watchers.delete(tell);
}

/** The part of the picture that is in sight, in the picture's own units. */
export function sightOf({ svg, room }) {
  const { x, y, k } = zoomTransform(svg);
  return { x: -x / k, y: -y / k, width: room.width / k, height: room.height / k };
}

/** Bring a place of the picture into the middle. */
export function lookAt(stage, { x, y }) {
  setFollowing(stage, false);
  select(stage.svg).call(stage.behaviour.translateTo, x, y);
}

/** Where each box of the picture lies, in the picture's own units; measured once. */
export function placesOn({ picture }) {
  picture.places ??= picture.parts.filter(isBox).map((part) => {
    const { x, y, width, height } = part.element.getBBox();
    const { e, f } = part.element.parentNode.transform.baseVal.consolidate()?.matrix ?? { e: 0, f: 0 };
    return { part, x: x + e, y: y + f, width, height };
  });
  return picture.places;
}

/** Whether the stage keeps the node at work in sight. */
export function setFollowing(stage, isFollowing) {
  if (stage.isFollowing === isFollowing) return;
  stage.isFollowing = isFollowing;
  stage.onFollow(isFollowing);
}

/** Take a stage down. */
export function destroyStage(stage) {
  stage.observer.disconnect();
  stage.host.replaceChildren();
}

/** Put a picture on the stage in place of the one before it. */
export function showPicture(stage, picture) {
  const { root } = picture;
  const [, , width, height] = (root.getAttribute("viewBox") ?? "0 0 1 1").split(/[\s,]+/).map(Number);
  root.setAttribute("width", String(width));
  root.setAttribute("height", String(height));
  root.setAttribute("overflow", "visible");
  stage.viewport.replaceChildren(root);
  keepZoom(stage, picture);
  stage.picture = picture;
  stage.size = [width, height];
  for (const tell of stage.watchers) tell();
  const kept = stage.touched.get(picture);
  if (!kept) return begin(stage);
  moveTo(stage, kept);
  tellSight(stage);
}

/** The same boxes with other words in them, as when a number in the source moves, stay where a hand has moved them. */
function keepZoom({ picture: former, touched }, picture) {
  if (!former || touched.has(picture) || !touched.has(former)) return;
  const isSame = former.parts.length === picture.parts.length && former.parts.every(({ id }, i) => id === picture.parts[i].id);
  if (isSame) touched.set(picture, touched.get(former));
}

/** The first look: what a link asks for; else the whole picture if it can be read, else its end. */
function begin(stage) {
  const { picture, asked, size, room, letters } = stage;
  if (!picture || room.width === 0 || room.height === 0) return;
  const isAsked = isOf(asked, size);
  const { scale, x, y, isWhole = false } = isAsked ? placing(asked, room) : beginIn(room, size, letters);
  if (isWhole) return fit(stage);
  moveTo(stage, zoomIdentity.translate(x, y).scale(scale));
  const output = picture.graph.nodes.find(({ kind }) => kind === "output");
  if (!isAsked && output) bringIntoSight(stage, partOf(picture, output.id), true);
  follow(stage, stage.followed);
}

/** Bring the whole picture into sight. */
function fit(stage) {
  const { picture, room, size, letters } = stage;
  if (!picture || room.width === 0 || room.height === 0) return;
  const { scale, x, y } = wholeIn(room, size, letters);
  stage.touched.delete(picture);
  stage.asked = null;
  moveTo(stage, zoomIdentity.translate(x, y).scale(scale));
}

/** Bring the whole picture into sight, at the visitor's own wish. */
export function showWhole(stage) {
  // Larger letters need not make another stage.
  measure(stage);
  fit(stage);
  tellSight(stage);
}

function measure(stage) {
  Object.assign(stage, { room: roomOf(stage.host), letters: textScale() });
}

function refit(stage) {
  measure(stage);
  if (stage.picture && !stage.touched.has(stage.picture)) begin(stage);
}

function moveTo(stage, transform) {
  stage.isMoving = true;
  select(stage.svg).call(stage.behaviour.transform, transform);
  stage.isMoving = false;
}

/** Zoom in or out about the middle. */
export function zoomBy(stage, factor) {
  select(stage.svg).call(stage.behaviour.scaleBy, factor);
}

/** Make one node the tab stop, and give it the focus if wanted. */
export function setTabStop(stage, id, hasFocus) {
  for (const part of stage.picture?.parts.filter(isBox) ?? []) {
    part.element.setAttribute("tabindex", part.id === id ? "0" : "-1");
  }
  const part = stage.picture?.byId.get(id);
  if (!hasFocus || !part) return;
  part.element.focus({ preventScroll: true });
  bringIntoSight(stage, part);
}

/** Bring a node or group that was chosen elsewhere into sight. */
export function showPart(stage, id) {
  const part = stage.picture && partOf(stage.picture, id);
  if (part) bringIntoSight(stage, part);
}

/** The part of a picture in which a node lies: its box, or the group that holds it. */
export function partOf(picture, id) {
  return picture.byId.get(id) ?? picture.parts.find(({ group }) => group?.members.includes(id));
}

/** Keep the node at work in sight, if that is wanted: a part outside comes to the middle. */
export function follow(stage, ids) {
  stage.followed = ids;
  if (!stage.isFollowing || !stage.picture || isAllIn(stage.room, zoomTransform(stage.svg), stage.size)) return;
  const part = partOf(stage.picture, ids[0]);
  if (part) bringIntoSight(stage, part, true);
}

/**
 * Where a part lies on the stage, in pixels. Of a box it is reckoned: to ask the browser in the midst of a frame makes
 * it lay out the page once more, which costs more than all the rest of the frame.
 */
function boxOnStage(stage, part) {
  const { x, y, k } = zoomTransform(stage.svg);
  const place = !stage.host.hidden && isBox(part) && placesOn(stage).find((one) => one.part === part);
  if (place) return { left: place.x * k + x, top: place.y * k + y, right: (place.x + place.width) * k + x, bottom: (place.y + place.height) * k + y };
  const { left, top } = stage.host.getBoundingClientRect();
  const box = part.element.getBoundingClientRect();
  return { left: box.left - left, top: box.top - top, right: box.right - left, bottom: box.bottom - top };
}

/** Pan just so far that a part can be seen, or until it lies in the middle of the stage or the picture ends. */
function bringIntoSight(stage, part, isCentred = false) {
  const { x, y, k } = zoomTransform(stage.svg);
  const { width, height, margin } = stage.room;
  if (width === 0) return;
  const box = boxOnStage(stage, part);
  const across = { low: box.left, high: box.right, room: width, margin };
  const down = { low: box.top, high: box.bottom, room: height - (isUnderMap(stage, box) ? stage.map.height : 0), margin };
  const [dx, dy] = [shiftInto(across), shiftInto(down)];
  if (dx === 0 && dy === 0) return;
  const [left, top] = [x, y].map((offset, axis) => ({ offset, length: stage.size[axis] * k }));
  const byX = isCentred && dx !== 0 ? moveToMiddle(across, left) : dx;
  const byY = isCentred && dy !== 0 ? moveToMiddle(down, top) : dy;
  stage.isMoving = true;
  select(stage.svg).call(stage.behaviour.translateBy, byX / k, byY / k);
  stage.isMoving = false;
}

/** Whether a box lies below the small map, which stands in the lower right corner. */
function isUnderMap({ map, room }, { right, bottom }) {
  return map.height > 0 && right > room.width - map.width && bottom > room.height - map.height;
}

/** The node that an arrow key reaches from another: along an edge if one leads that way, else the nearest one. */
export function neighbourOf(stage, id, key) {
  const boxes = new Map(placesOn(stage).map(({ part, x, y, width, height }) => [part.id, { x: x + width / 2, y: y + height / 2 }]));
  const lines = linesOf(stage.picture.graph).filter(({ tail, head }) => tail === id || head === id);
  const linked = new Set(lines.map(({ tail, head }) => (tail === id ? head : tail)));
  return nearestPart(boxes, linked, { from: id, key });
}

/**
 * Where a line leads: from the chosen box, or on the second click from the nearer end, to its other end; null when
 * the line itself is meant.
 */
export function otherEnd(stage, { id, selection, event }) {
  const line = linesOf(stage.picture.graph).find((one) => one.id === id);
  if (!line) return null;
  const from = selection && partOf(stage.picture, selection)?.id;
  if (from === line.tail) return line.head;
  if (from === line.head) return line.tail;
  if (selection !== id) return null;
  const path = stage.picture.byId.get(id).element.querySelector("path.line");
  return wayTo(path, 0, event) < wayTo(path, path.getTotalLength(), event) ? line.head : line.tail;
}

/** How far the pointer is from a place on a line, in pixels. */
function wayTo(path, length, { clientX, clientY }) {
  const { x, y } = path.getPointAtLength(length).matrixTransform(path.getScreenCTM());
  return Math.hypot(clientX - x, clientY - y);
}
