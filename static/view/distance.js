// How much of a box can be read from where one looks: near all of it, from further off its title and numbers in larger
// letters, from afar its title alone.

import { isBox } from "./picture.js";

/** Below this scale even large numbers are too small to be read. */
const FAR = 0.47;
/** From this scale on everything can be read as it was drawn. */
const NEAR = 0.72;
const LARGEST_TITLE = 34;
/** Numbers so large lie in the boxes without their keys. */
const LARGEST_NUMBER = 18;
/** What a box leaves to the keys beside its numbers, in the picture's units; it repeats `KEY_WIDTH` of app/layout/boxes.py. */
const KEYS = 40;

/**
 * Write on the boxes what can be read at a scale.
 *
 * @param {any} picture as `createPicture` made it
 * @param {number} scale how large a unit of the picture is, where a visitor's letters are of the usual size
 */
export function setDistance(picture, scale) {
  const level = scale < FAR ? "far" : scale < NEAR ? "middle" : "near";
  if ((picture.level ?? "near") === level) return;
  const boxes = picture.parts.filter(isBox);
  // All are measured before one is written: else the browser would lay out the picture again for each.
  for (const part of boxes) part.looks ??= measure(part);
  if (boxes.some(({ looks }) => looks === null)) return;
  picture.level = level;
  for (const name of ["far", "middle"]) picture.root.classList.toggle(name, name === level);
  for (const part of boxes) for (const { element, looks } of part.looks) write(element, looks[level]);
}

function write(element, look) {
  for (const [name, value] of Object.entries(look)) element.setAttribute(name, value);
}

/** How the texts of a box look from each distance; null while the picture is not laid out. */
function measure({ element }) {
  const label = element.querySelector("text.label");
  const shape = element.querySelector(".shape");
  if (!label || !shape) return [];
  const box = shape.getBBox();
  const width = label.getComputedTextLength();
  if (width === 0) return null;
  const numbers = [...element.querySelectorAll("text:is(.value, .gradient, .share)")];
  const title = titleIn({ label, box, width });
  const far = { "font-size": title.most.toFixed(1), y: String(box.y + box.height / 2 + title.most * 0.36) };
  const middle = numbers.length > 0 ? rowsIn({ label, numbers, title }) : [far];
  element.toggleAttribute("data-numbers", numbers.length > 0);
  return [label, ...numbers].map((text, i) => ({ element: text, looks: { near: asDrawn(text), middle: middle[i], far: i === 0 ? far : asDrawn(text) } }));
}

function asDrawn(text) {
  return { "font-size": text.getAttribute("font-size"), y: text.getAttribute("y") };
}

/** How large a title may become before it is wider than its box, and at most. */
function titleIn({ label, box, width }) {
  const size = Number(label.getAttribute("font-size"));
  const room = box.width - 2 * (Number(label.getAttribute("x")) - box.x);
  const fitting = size * Math.max(1, room / width);
  return { fitting, most: Math.min(LARGEST_TITLE, fitting, box.height * 0.7) };
}

/** Title and numbers share the height that they, a name and the keys had. */
function rowsIn({ label, numbers, title }) {
  const at = (text, name) => Number(text.getAttribute(name));
  const top = at(label, "y") - at(label, "font-size");
  const line = (at(numbers.at(-1), "y") + 4.5 - top) / (1 + numbers.length);
  const room = at(numbers[0], "x") - at(label, "x");
  const number = Math.min(LARGEST_NUMBER, 0.82 * line, (at(numbers[0], "font-size") * room) / Math.max(1, room - KEYS));
  const sizes = [Math.min(LARGEST_NUMBER, 0.82 * line, title.fitting), ...numbers.map(() => number)];
  return sizes.map((size, i) => ({ "font-size": size.toFixed(1), y: (top + line * (i + 0.76)).toFixed(2) }));
}
