// The page's state: one plain object, replaced as a whole, and those who are told about it.

/**
 * Make a store.
 *
 * @template {object} State
 * @param {State} initial
 */
export function createStore(initial) {
  let state = Object.freeze(initial);
  const listeners = new Set();

  /** The present state. */
  function get() {
    return state;
  }

  /**
   * Replace the fields that differ; tell nobody when none does.
   *
   * @param {Partial<State> | ((state: State) => Partial<State>)} change
   */
  function set(change) {
    const fields = typeof change === "function" ? change(state) : change;
    const names = /** @type {(keyof State)[]} */ (Object.keys(fields));
    if (names.every((name) => Object.is(fields[name], state[name]))) return;
    const before = state;
    state = Object.freeze({ ...state, ...fields });
    for (const listener of [...listeners]) listener(state, before);
  }

  /**
   * Call a function after each change.
   *
   * @param {(state: State, before: State) => void} listener
   * @returns {() => void} what ends it
   */
  function subscribe(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  return { get, set, subscribe };
}
