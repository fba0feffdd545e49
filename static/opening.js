// How a page opens, with the editor or without: the first state, the view over it, the clock, the look.

import { redraw } from "./redraw.js";
import { createPlayer } from "./player.js";
import { firstSource } from "./source.js";
import { timelineOf } from "./timeline.js";
import { html, render } from "./vendor/preact.js";

/** What a page shows before anything ran. */
export function firstState(chosen) {
  return {
    source: firstSource(),
    run: { status: "idle", received: 0, startedAt: 0 },
    trace: null,
    traceMode: null,
    opened: null,
    problem: null,
    isStale: false,
    position: 0,
    playing: false,
    speed: 1,
    grain: "node",
    isTable: false,
    inSight: null,
    isFollowing: true,
    selection: null,
    pointed: null,
    trail: null,
    tint: "none",
    isFinding: false,
    loop: null,
    settings: chosen,
    examples: [],
    isGalleryLost: false,
    lesson: null,
    dialog: null,
    panel: "curves",
    lab: null,
    findings: {},
    terrain: { plane: "axes", x: null, y: null, zoom: 1 },
    isProgramShown: false,
    jump: null,
    predict: null,
    sight: null,
    pin: null,
    check: null,
    overlays: {},
    shared: null,
  };
}

/**
 * Draw a view whenever the state changes, once for all changes of a turn.
 *
 * @param {{store: any, actions: any, View: any}} parts
 */
export function mount({ store, actions, View }) {
  const host = document.getElementById("app");
  const picture = { isDue: false };
  host.replaceChildren();
  const draw = () => {
    picture.isDue = false;
    render(html`<${View} state=${store.get()} actions=${actions} />`, host);
  };
  draw();
  store.subscribe(() => {
    if (picture.isDue) return;
    picture.isDue = true;
    queueMicrotask(draw);
  });
  // What is painted, not styled, follows the system's theme as well.
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", () => store.set({ isDark: dark.matches }));
}

/**
 * The clock runs while the state says so.
 *
 * @param {{store: any, actions: any}} parts
 */
export function play({ store, actions }) {
  const player = createPlayer({
    read: () => {
      const { trace, position, speed, grain, loop, run } = store.get();
      return { timeline: timelineOf(trace), position, speed, grain, loop, growing: run.status === "running" };
    },
    setPosition: actions.setPosition,
    onEnd: actions.pause,
  });
  store.subscribe((state, before) => {
    if (state.playing === before.playing) return;
    if (state.playing && state.trace) player.start();
    else player.stop();
  });
}

const redrawn = new WeakMap();

/** The server draws downwards at first; graphs that lie in another direction than the chosen one are drawn anew. */
export function redrawOthers(store) {
  const { trace, settings: { direction } } = store.get();
  for (const graph of trace?.graphs ?? []) {
    if ((graph.direction ?? "TB") === direction || redrawn.get(graph) === direction) continue;
    redrawn.set(graph, direction);
    redraw({ store, graph });
  }
}

/** Colours and the size of everything hang on the root element; the usual ones need no word there. */
export function showLook({ settings: { theme, size } }) {
  const root = document.documentElement;
  if (theme === "system") root.removeAttribute("data-theme");
  else root.setAttribute("data-theme", theme);
  root.toggleAttribute("data-large", size === "large");
}
