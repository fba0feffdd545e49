// A small picture of the whole graph: where one looks, and where the run is at work; drag in it to look elsewhere.

import { html, useEffect, useLayoutEffect, useRef } from "../vendor/preact.js";
import { lookAt, placesOn, sightOf, watch } from "./stage.js";

const LARGEST = { width: 180, height: 150 };
/** The map takes no more than this part of what it lies on. */
const PART = 0.3;
const PADDING = 4;
/** A stage less wide than this is too small for a map on it. */
const NARROWEST = 480;
/** How far the map stands from the stage's edges. */
const GAP = 9;
const NOWHERE = { width: 0, height: 0 };

/** @param {{stage: any, picture: any, position: number, look: string, label: string}} props `look` names what colours depend on */
export function Minimap({ stage, picture, position, look, label }) {
  const canvas = useRef(null);
  const wanted = useRef({ look, isDue: false });
  wanted.current.look = look;
  // The colours are read from the picture: before the frame is made, that would lay out the page once more.
  const draw = () => {
    if (wanted.current.isDue) return;
    wanted.current.isDue = true;
    requestAnimationFrame(() => {
      wanted.current.isDue = false;
      if (canvas.current && stage.current?.picture) paintMap(canvas.current, stage.current, wanted.current.look);
    });
  };
  useEffect(() => {
    const { current } = stage;
    const leave = watch(current, draw);
    return () => {
      leave();
      current.map = NOWHERE;
    };
  }, []);
  useLayoutEffect(draw, [picture, position, look]);
  const drag = (event) => {
    if (event.buttons !== 1) return;
    const { scale } = frameOf(stage.current);
    const box = canvas.current.getBoundingClientRect();
    lookAt(stage.current, { x: (event.clientX - box.left - PADDING) / scale, y: (event.clientY - box.top - PADDING) / scale });
    event.preventDefault();
  };
  return html`<canvas class="minimap" ref=${canvas} aria-hidden="true" title=${label} onPointerDown=${(event) => (event.target.setPointerCapture(event.pointerId), drag(event))} onPointerMove=${drag}></canvas>`;
}

/** How the whole picture fits into the map. */
function frameOf({ size: [width, height], room: whole }) {
  const room = { width: Math.min(LARGEST.width, PART * whole.width), height: Math.min(LARGEST.height, PART * whole.height) };
  const scale = Math.max(0.001, Math.min((room.width - 2 * PADDING) / width, (room.height - 2 * PADDING) / height));
  return { scale, width: width * scale + 2 * PADDING, height: height * scale + 2 * PADDING };
}

function paintMap(canvas, stage, look) {
  const { scale, width, height } = frameOf(stage);
  const sight = sightOf(stage);
  const isWhole = sight.x <= 0 && sight.y <= 0 && sight.x + sight.width >= stage.size[0] && sight.y + sight.height >= stage.size[1];
  canvas.hidden = isWhole || stage.room.width < NARROWEST;
  stage.map = canvas.hidden ? NOWHERE : { width: width + 2 * GAP, height: height + 2 * GAP };
  if (canvas.hidden) return;
  const ratio = devicePixelRatio || 1;
  const pen = canvas.getContext("2d");
  setSize(canvas, { width, height, ratio });
  pen.setTransform(1, 0, 0, 1, 0, 0);
  pen.clearRect(0, 0, canvas.width, canvas.height);
  pen.setTransform(ratio * scale, 0, 0, ratio * scale, PADDING * ratio, PADDING * ratio);
  const colours = coloursFor(stage.picture, `${look} ${stage.host.parentElement.className} ${matchMedia("(prefers-color-scheme: dark)").matches}`);
  for (const box of placesOn(stage)) paintBox(pen, box, { scale, colours });
  paintSight(pen, sight, { scale, stage });
}

/** A canvas that is given a size, be it the same, is made anew. */
function setSize(canvas, { width, height, ratio }) {
  const [across, down] = [Math.floor(width * ratio), Math.floor(height * ratio)];
  if (canvas.width === across && canvas.height === down) return;
  Object.assign(canvas, { width: across, height: down });
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
}

/** The colours read so far, for one look of the page: boxes of the same classes have the same. */
function coloursFor(picture, look) {
  if (picture.colours?.look !== look) picture.colours = { look, byClass: new Map() };
  return picture.colours.byClass;
}

function coloursOf(part, colours) {
  const known = colours.get(part.shown);
  if (known) return known;
  const shape = part.element.querySelector(".shape:not([fill=none])") ?? part.element.querySelector(".shape");
  const { fill, stroke } = getComputedStyle(shape);
  colours.set(part.shown, { fill, stroke });
  return { fill, stroke };
}

function paintBox(pen, { part, x, y, width, height }, { scale, colours }) {
  const { fill, stroke } = coloursOf(part, colours);
  const isActive = part.state.includes("active");
  pen.fillStyle = isActive ? stroke : fill;
  pen.strokeStyle = stroke;
  pen.lineWidth = (isActive ? 2.5 : 0.8) / scale;
  pen.globalAlpha = part.state.includes("pending") ? 0.4 : 1;
  pen.fillRect(x, y, width, height);
  pen.strokeRect(x, y, width, height);
}

function paintSight(pen, { x, y, width, height }, { scale, stage: { host, size } }) {
  const ink = getComputedStyle(host).color;
  pen.globalAlpha = 0.12;
  pen.fillStyle = ink;
  pen.beginPath();
  pen.rect(-PADDING / scale, -PADDING / scale, size[0] + (2 * PADDING) / scale, size[1] + (2 * PADDING) / scale);
  pen.rect(x, y, width, height);
  pen.fill("evenodd");
  pen.globalAlpha = 1;
  pen.strokeStyle = ink;
  pen.lineWidth = 1.5 / scale;
  pen.strokeRect(x, y, width, height);
}
