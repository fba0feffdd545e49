// What of a link can be shown only when its run is there: groups that were opened, the pinned moment, the checks.

import { redraw } from "./redraw.js";

/** While a graph is drawn anew for another reason, a drawing is not taken; it is asked for again. */
const ATTEMPTS = 4;

/**
 * @param {{store: any, actions: any}} parts
 * @param {any} link as `unpackState` reads it
 */
export async function restore({ store, actions }, { folds = [], selection, inSight = null, pin = null, check = null }) {
  for (const fold of folds) await refold(store, fold);
  // What was chosen may lie in a picture that is there only now, and not in the part of it that was in sight.
  if (folds.length > 0) store.set({ selection, inSight: inSight && { ...inSight } });
  await actions.restorePin(pin);
  await actions.restoreCheck(check);
}

async function refold(store, { id, expanded, collapsed, depth }) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const graph = store.get().trace?.graphs.find((one) => one.id === id);
    if (!graph || graph.closed === collapsed || store.get().problem) return;
    await redraw({ store, graph, expanded, collapsed, depth });
  }
}
