// The pace of runs while a hand moves a number: as many as the server answers, the last one always, none in between
// that nobody waits for any more.

/** The least time between two runs: the server counts how often a client asks. */
const GAP = 50;
/** A run that takes longer is not waited for: the number has moved on. */
const PATIENCE = 300;

/**
 * @param {object} options
 * @param {() => Promise<unknown>} options.run ends the run before it, if that still goes on
 * @param {() => number} [options.now] milliseconds
 * @param {(f: () => void, milliseconds: number) => any} [options.later]
 * @param {(handle: any) => void} [options.forget]
 */
export function createPace({ run, now = () => performance.now(), later = setTimeout, forget = clearTimeout }) {
  const state = { turn: 0, startedAt: -Infinity, isRunning: false, isDue: false, handle: null };

  /** Run now, or as soon as there is a point in it. */
  function ask() {
    const passed = now() - state.startedAt;
    if (state.isRunning && passed < PATIENCE) {
      state.isDue = true;
      return;
    }
    if (state.handle !== null) return;
    if (passed >= GAP) start();
    else state.handle = later(start, GAP - passed);
  }

  async function start() {
    state.handle = null;
    state.isDue = false;
    state.isRunning = true;
    state.startedAt = now();
    state.turn += 1;
    const { turn } = state;
    await run();
    if (turn !== state.turn) return;
    state.isRunning = false;
    if (state.isDue) ask();
  }

  /** Forget what was asked for: another run takes its place. */
  function stop() {
    forget(state.handle);
    Object.assign(state, { turn: state.turn + 1, isRunning: false, isDue: false, handle: null });
  }

  return { ask, stop };
}
