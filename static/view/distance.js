// A picture from afar: numbers that nobody could read give way to titles that one can.

import { isBox } from "./picture.js";

/** Below this scale the numbers are too small to be read. */
const FAR = 0.47;
const LARGEST_TITLE = 34;

/** Show titles alone where the picture is small, and all else where it is not. */
export function setDistance(picture, scale) {
  const isFar = scale < FAR;
  if (Boolean(picture.isFar) === isFar) return;
  picture.isFar = isFar;
  picture.root.classList.toggle("far", isFar);
  for (const part of picture.parts) if (isBox(part)) setTitle(part, isFar);
}

function setTitle(part, isFar) {
  const label = part.element.querySelector("text.label");
  if (!label) return;
  part.title ??= measure(part, label);
  if (!part.title) return;
  const { near, far } = part.title;
  for (const [name, value] of Object.entries(isFar ? far : near)) label.setAttribute(name, value);
}

/** The largest letters with which a title fills its box; null while the picture is not laid out. */
function measure(part, label) {
  const box = part.element.querySelector(".shape")?.getBBox();
  const width = label.getComputedTextLength();
  if (!box || width === 0) return null;
  const size = Number(label.getAttribute("font-size"));
  const near = { "font-size": String(size), y: label.getAttribute("y") };
  const room = box.width - 2 * (Number(label.getAttribute("x")) - box.x);
  const larger = Math.min(LARGEST_TITLE, size * Math.max(1, room / width), box.height * 0.7);
  return { near, far: { "font-size": larger.toFixed(1), y: String(box.y + box.height / 2 + larger * 0.36) } };
}
