// The clock of the page: while it runs, it sets the position and nothing else.

import { loopWithin, looped } from "./loop.js";
import { positionAfter } from "./timeline.js";

/** Moves a second at speed 1, for each grain. */
const RATES = { node: 2.5, phase: 1.2, step: 1.5 };

/** The speeds there are to choose from. */
export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16, 32];

/** Most moves in one picture; beyond that a busy page would fall further and further behind. */
const MOST_MOVES = 64;

/**
 * How far to go when some milliseconds have passed.
 *
 * @param {number} debt fraction of a move left over from the last picture
 * @returns {{moves: number, debt: number}}
 */
export function movesIn(milliseconds, speed, grain, debt) {
  const due = debt + (milliseconds / 1000) * speed * RATES[grain];
  const moves = Math.min(MOST_MOVES, Math.floor(due));
  return { moves, debt: Math.min(1, due - Math.floor(due)) };
}

/** The position after some moves, never past the end. */
export function advance(timeline, position, moves, grain) {
  const last = Math.max(0, timeline.length - 1);
  if (grain === "node") return Math.min(last, position + moves);
  let place = position;
  for (let move = 0; move < moves && place < last; move += 1) place = positionAfter(timeline, place, grain);
  return place;
}

/**
 * A player over a clock.
 *
 * @param {object} options
 * @param {() => {timeline: any, position: number, speed: number, grain: string, growing: boolean, loop?: any}} options.read
 * @param {(position: number) => void} options.setPosition
 * @param {() => void} options.onEnd called once when the last frame is reached and no more will come
 * @param {{request: (f: (now: number) => void) => number, cancel: (handle: number) => void}} [options.clock]
 */
export function createPlayer({ read, setPosition, onEnd, clock = pageClock() }) {
  const state = { handle: null, last: null, debt: 0 };

  function tick(now) {
    state.handle = null;
    const { timeline, position, speed, grain, growing, loop: chosen } = read();
    const loop = loopWithin(chosen ?? null, timeline.length - 1);
    const passed = state.last === null ? 0 : now - state.last;
    state.last = now;
    const { moves, debt } = movesIn(passed, speed, grain, state.debt);
    state.debt = debt;
    const place = moves > 0 ? looped(loop, position, advance(timeline, position, moves, grain)) : position;
    if (place !== position) setPosition(place);
    if (!loop && place >= timeline.length - 1 && !growing) return finish();
    state.handle = clock.request(tick);
  }

  function finish() {
    stop();
    onEnd();
  }

  function start() {
    if (state.handle !== null) return;
    state.last = null;
    state.debt = 0;
    state.handle = clock.request(tick);
  }

  function stop() {
    if (state.handle !== null) clock.cancel(state.handle);
    state.handle = null;
  }

  return { start, stop };
}

function pageClock() {
  return { request: (f) => requestAnimationFrame(f), cancel: (handle) => cancelAnimationFrame(handle) };
}
