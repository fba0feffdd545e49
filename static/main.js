// The wiring of the page: state, actions, clock, address, and the view over them.

import { createActions, loadLanguage, redraw } from "./actions.js";
import { loadExamples, streamTrace } from "./api.js";
import { LANGUAGES } from "./i18n.js";
import { createPlayer } from "./player.js";
import { createPredicting } from "./predicting.js";
import { createRunner } from "./runner.js";
import { createSettings } from "./settings.js";
import { createDraft } from "./draft.js";
import { faultOfLink, packState, unpackState } from "./share.js";
import { firstSource } from "./source.js";
import { createStore } from "./store.js";
import { createTeaching } from "./teaching.js";
import { createTerrain } from "./terrain.js";
import { timelineOf } from "./timeline.js";
import { html, render } from "./vendor/preact.js";
import { App } from "./view/app.js";

const settings = createSettings(storageOf(), navigator.languages);
const draft = createDraft(storageOf());
const store = createStore(firstState({ ...settings.load(), ...languageAsked() }));
const runner = createRunner({ store, stream: streamTrace });
const actions = withTeaching(createActions({ store, runner, settings }));

start();

/** Lessons and fixes build on what else one can do. */
function withTeaching(basic) {
  return { ...basic, ...createPredicting({ store }), ...createTeaching({ store, actions: basic }), ...createTerrain({ store, actions: basic }) };
}

function firstState(chosen) {
  return {
    source: firstSource(),
    run: { status: "idle", received: 0, startedAt: 0 },
    trace: null,
    traceMode: null,
    problem: null,
    isStale: false,
    position: 0,
    playing: false,
    speed: 1,
    grain: "node",
    selection: null,
    pointed: null,
    trail: null,
    tint: "none",
    isFinding: false,
    loop: null,
    settings: chosen,
    examples: [],
    lesson: null,
    dialog: null,
    panel: "curves",
    terrain: { x: null, y: null, zoom: 1 },
    isProgramShown: false,
    jump: null,
    predict: null,
    sight: null,
    shared: null,
  };
}

/** The words and the first run are fetched side by side: what takes longest begins first. */
async function start() {
  const { fault, done } = await openFirst();
  showLook(store.get());
  await loadLanguage(store.get().settings.language);
  mount();
  play();
  keepAddress();
  store.subscribe(onChange);
  addEventListener("hashchange", async () => {
    const other = await unpackState(location.hash);
    if (other) openLink(other);
    else tellFault(faultOfLink(location.hash));
  });
  done.then(() => tellFault(fault));
  loadExamples(store.get().settings.language).then((examples) => store.set({ examples }), () => {});
}

/** What the address holds; else what was written here last; else the first example. */
async function openFirst() {
  const link = await unpackState(location.hash);
  const fault = link ? null : faultOfLink(location.hash);
  const first = link ?? (await unpackState(draft.load()));
  const done = first ? openLink(first) : actions.run();
  return { fault, done };
}

/** A link that cannot be read says so, and takes nothing away. */
function tellFault(code) {
  if (code) store.set({ problem: { code, parameters: {}, program: null } });
}

/** The language that the address asks for, if it is one of ours. */
function languageAsked() {
  const language = new URLSearchParams(location.search).get("lang");
  return LANGUAGES.includes(language) ? { language } : {};
}

async function openLink({ source, position, selection, direction, lesson, predict }) {
  store.set({ settings: { ...store.get().settings, direction } });
  const done = actions.open(source, { position });
  store.set({ selection, lesson });
  await actions.setPredict(predict?.hides ?? null, predict?.guesses);
  await done;
}

function mount() {
  const host = document.getElementById("app");
  const picture = { isDue: false };
  host.replaceChildren();
  const draw = () => {
    picture.isDue = false;
    render(html`<${App} state=${store.get()} actions=${actions} />`, host);
  };
  draw();
  store.subscribe(() => {
    if (picture.isDue) return;
    picture.isDue = true;
    queueMicrotask(draw);
  });
}

/** The clock runs while the state says so. */
function play() {
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

/** The address follows what was written, so that nothing is lost when the page is loaded again. */
function keepAddress() {
  const first = store.get().source;
  const timer = { handle: null };
  store.subscribe((state, before) => {
    const isSame = ["source", "position", "selection", "settings", "lesson", "predict"].every((name) => state[name] === before[name]);
    if (isSame || state.playing || (state.source === first && location.hash === "")) return;
    clearTimeout(timer.handle);
    timer.handle = setTimeout(async () => {
      const packed = await packState(store.get());
      draft.save(packed);
      history.replaceState(null, "", `#${packed}`);
    }, 400);
  });
}

function onChange(state, before) {
  if (state.settings.language !== before.settings.language && location.search) history.replaceState(null, "", location.pathname + location.hash);
  if (state.settings !== before.settings) showLook(state);
  if (state.trace !== before.trace || state.settings.direction !== before.settings.direction) redrawOthers(state);
}

const redrawn = new WeakMap();

/** The server draws downwards at first; graphs that lie in another direction than the chosen one are drawn anew. */
function redrawOthers({ trace, settings: { direction } }) {
  for (const graph of trace?.graphs ?? []) {
    if ((graph.direction ?? "TB") === direction || redrawn.get(graph) === direction) continue;
    redrawn.set(graph, direction);
    redraw({ store, graph });
  }
}

/** Colours and the size of everything hang on the root element; the usual ones need no word there. */
function showLook({ settings: { theme, size } }) {
  const root = document.documentElement;
  if (theme === "system") root.removeAttribute("data-theme");
  else root.setAttribute("data-theme", theme);
  root.toggleAttribute("data-large", size === "large");
}

/** Reading the property alone throws where the browser forbids storage. */
function storageOf() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
