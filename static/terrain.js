// What one can do on a landscape: choose its axes, look closer, set the start of the run.

import { positionOfPass, timelineOf } from "./timeline.js";

/** How many times closer, or farther away, one can look. */
export const CLOSEST = 1000;

/** @param {{store: any, actions: any}} parts */
export function createTerrain({ store, actions }) {
  /** Choose axes by name; a `y` of "" asks for a curve. */
  function setAxes(fields) {
    store.set(({ terrain }) => ({ terrain: { ...terrain, ...fields, zoom: 1 } }));
  }

  /** Look closer by a factor; null shows the whole path again. */
  function zoomTerrain(factor) {
    store.set(({ terrain }) => ({ terrain: { ...terrain, zoom: factor === null ? 1 : Math.min(CLOSEST, Math.max(1 / CLOSEST, terrain.zoom * factor)) } }));
  }

  /**
   * Let the run start elsewhere: numbers are written where the variables were given theirs.
   *
   * @param {{node: any, variable: string, place: number, value: number}[]} places
   */
  async function setStart(places) {
    const { withAxis } = await import("./elements.js");
    const { source, trace } = store.get();
    const written = places.reduce(withAxis, source);
    actions.setSource(source.mode === "program" ? { program: written.program } : { variables: written.variables });
    return actions.run({ position: positionOfPass(timelineOf(trace), 0) ?? 0 });
  }

  return { setAxes, zoomTerrain, setStart };
}
