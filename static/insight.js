// What of a picture is in sight: the first look, how far to move until something can be seen, and, in the picture's own
// units, the part that a link shows in a window of another size.

/**
 * @typedef {{of: [number, number], box: [number, number, number, number]}} Sight `of` is the size of the picture it was
 *   seen on, by which the picture is known again; `box` is the left, the top, the width and the height of what was in sight
 */

/**
 * @param {[number, number]} size
 * @param {{x: number, y: number, width: number, height: number}} sight
 * @returns {Sight}
 */
export function sightHeld(size, { x, y, width, height }) {
  return { of: [rounded(size[0]), rounded(size[1])], box: [rounded(x), rounded(y), rounded(width), rounded(height)] };
}

/** Whether a picture of this size is the one that was seen; with groups opened, or drawn the other way, it is not. */
export function isOf(sight, size) {
  return sight !== null && sight.of.every((length, axis) => length === rounded(size[axis]));
}

/** How to zoom and move so that all that was in sight is, and lies in the middle. */
export function placing({ box: [left, top, width, height] }, room) {
  const scale = Math.min(room.width / width, room.height / height);
  return { scale, x: room.width / 2 - (left + width / 2) * scale, y: room.height / 2 - (top + height / 2) * scale };
}

/** Half a point is less than a line is wide, but eight times enlarged it can be seen. */
function rounded(number) {
  return Math.round(number * 10) / 10;
}

const MARGIN = 24;
/** On a stage less wide or less high than this a third of the margin is enough. */
const SMALL = { width: 480, height: 320 };
const LARGEST_FIT = 1.75;
/** Below this nobody can read the numbers: a larger graph is shown in part, and followed. */
const READABLE = 0.55;
/** So much smaller letters may be where that brings all of the graph into sight. */
const YIELD = 0.14;

/** @typedef {{width: number, height: number, margin: number}} Room in CSS pixels */

/** How large a stage is: its tools lie around it. */
export function roomOf({ clientWidth: width, clientHeight: height }) {
  return { width, height, margin: width < SMALL.width || height < SMALL.height ? MARGIN / 3 : MARGIN };
}

/**
 * How large the whole picture can be, and where it then lies in the middle.
 *
 * @param {Room} room
 * @param {[number, number]} size the picture's, in its own units
 * @param {number} letters how large this visitor's letters are; 1 is usual
 */
export function wholeIn(room, [width, height], letters) {
  const fitting = Math.min((room.width - 2 * room.margin) / width, (room.height - 2 * room.margin) / height);
  const scale = Math.max(0.05, Math.min(LARGEST_FIT * letters, fitting));
  return { scale, x: (room.width - width * scale) / 2, y: (room.height - height * scale) / 2 };
}

/**
 * Can all of a picture be seen, and with it each of its parts?
 *
 * @param {Room} room
 * @param {{x: number, y: number, k: number}} transform
 * @param {[number, number]} size
 */
export function isAllIn(room, { x, y, k }, [width, height]) {
  return x >= 0 && y >= 0 && x + width * k <= room.width && y + height * k <= room.height;
}

/** The first look: the whole picture if it can be read, else its end, where the backward pass begins. */
export function beginIn(room, size, letters) {
  const whole = wholeIn(room, size, letters);
  const scale = READABLE * letters;
  if (whole.scale >= (1 - YIELD) * scale) return { ...whole, isWhole: true };
  const [width, height] = size;
  const middle = (from, length) => (from - length * scale) / 2;
  const end = (from, length) => (length * scale <= from ? middle(from, length) : from - room.margin - length * scale);
  const [x, y] = width > height ? [end(room.width, width), middle(room.height, height)] : [middle(room.width, width), end(room.height, height)];
  return { scale, x, y, isWhole: false };
}

/**
 * How far to move so that a stretch lies inside a room; 0 if it does already, or never can.
 *
 * @param {{low: number, high: number, room: number, margin: number}} stretch
 */
export function shiftInto({ low, high, room, margin }) {
  if (low < 0) return margin - low;
  return high > room ? room - margin - high : 0;
}

/**
 * How far to move so that a stretch lies in the middle of a room, or as near to it as the picture's ends allow.
 *
 * @param {{low: number, high: number, room: number, margin: number}} stretch
 * @param {{offset: number, length: number}} picture where the picture begins, and how long it is
 */
export function moveToMiddle({ low, high, room, margin }, { offset, length }) {
  const wanted = offset + (room - low - high) / 2;
  const [least, most] = [room - margin - length, margin];
  return (least > most ? (room - length) / 2 : Math.min(most, Math.max(least, wanted))) - offset;
}
