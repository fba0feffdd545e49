// What of a picture is in sight, told in the picture's own units: a link shows the same part in a window of another size.

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
