// The wiring of the page: state, actions, clock, address, and the view over them.

import { createActions, loadLanguage } from "./actions.js";
import { loadExamples, streamTrace } from "./api.js";
import { firstState, mount, play, redrawOthers, showLook } from "./opening.js";
import { createChecking } from "./checking.js";
import { createComparing } from "./comparing.js";
import { createPredicting } from "./predicting.js";
import { drawnLike } from "./redraw.js";
import { createRunner } from "./runner.js";
import { createSettings, settingsAsked, storageOf } from "./settings.js";
import { createDraft } from "./draft.js";
import { createLab } from "./lab/opening.js";
import { faultOfLink, haveOneLink, packState, unpackState } from "./share.js";
import { createStore } from "./store.js";
import { createTeaching } from "./teaching.js";
import { createTerrain } from "./terrain.js";
import { App } from "./view/app.js";
import { pause } from "./view/later.js";

const settings = createSettings(storageOf(), [document.documentElement.lang]);
const draft = createDraft(storageOf());
const store = createStore(firstState({ ...settings.load(), ...settingsAsked() }));
const runner = createRunner({ store, stream: streamTrace, draw: drawnLike });
const actions = withTeaching(createActions({ store, runner, settings }));

start();

/** Lessons and fixes build on what else one can do; so does a trace that is brought from elsewhere. */
function withTeaching(basic) {
  const openTrace = async (file) => (await import("./tracefile.js")).openFile({ store, actions }, file);
  return { ...basic, ...createPredicting({ store }), ...createComparing({ store, stream: streamTrace }), ...createChecking({ store }), ...createTeaching({ store, actions: basic }), ...createTerrain({ store, actions: basic }), ...createLab({ store, actions: basic }), openTrace };
}

/** The words and the first run are fetched side by side: what takes longest begins first. */
async function start() {
  const { fault, done } = await openFirst();
  showLook(store.get());
  await loadLanguage(store.get().settings.language);
  // All modules were evaluated in one go; what they make of the page begins afresh.
  await pause("user-blocking");
  mount({ store, actions, View: App });
  play({ store, actions });
  keepAddress();
  store.subscribe(onChange);
  takeDrops();
  addEventListener("hashchange", async () => {
    const other = await unpackState(location.hash);
    if (other?.language) await loadLanguage(other.language);
    if (other) openLink(other);
    else tellFault(faultOfLink(location.hash));
  });
  done.then(() => tellFault(fault));
  bringGallery(store.get());
}

/** A file may be dropped anywhere. */
function takeDrops() {
  addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    actions.openTrace(file);
  });
}

/** A trace that the server was started with; else what the address holds; else what was written here last; else the first example. */
async function openFirst() {
  const named = new URLSearchParams(location.search).get("trace");
  if (named) return { fault: null, done: (await import("./tracefile.js")).openNamed({ store, actions }, named) };
  const link = await unpackState(location.hash);
  const fault = link ? null : faultOfLink(location.hash);
  const first = link ?? withoutLanguage(await unpackState(draft.load()));
  const done = first ? openLink(first) : actions.run();
  return { fault, done };
}

/** A draft was written by whoever reads it: the language is theirs to choose. */
function withoutLanguage(state) {
  return state && { ...state, language: null };
}

/** A link that cannot be read says so, and takes nothing away; a run that is on its way would take the words away. */
function tellFault(code) {
  if (!code) return;
  const tell = () => store.set({ problem: { code, parameters: {}, program: null } });
  if (store.get().run.status !== "running") return tell();
  const end = store.subscribe(({ run }) => {
    if (run.status === "running") return;
    end();
    queueMicrotask(tell);
  });
}

async function openLink(link) {
  const { source, position, selection, direction, lesson, predict, tint, loop, lab, speed, grain, isTable, inSight, isFollowing, ...view } = link;
  const { settings: chosen, panel, terrain } = store.get();
  const language = settingsAsked().language ?? view.language ?? chosen.language;
  store.set({ settings: { ...chosen, direction, language }, panel: view.panel ?? panel, terrain: { ...terrain, ...view.axes } });
  const done = actions.open(source, { position });
  store.set({ selection, lesson, tint, loop, lab, speed, grain, isTable, inSight, isFollowing });
  await actions.setPredict(predict?.hides ?? null, predict?.guesses);
  await done;
  await (await import("./restoring.js")).restore({ store, actions }, link);
}

/** The address follows what was written, so that nothing is lost when the page is loaded again. */
function keepAddress() {
  const first = store.get().source;
  const timer = { handle: null };
  store.subscribe((state, before) => {
    if (haveOneLink(state, before) || state.playing || (state.source === first && location.hash === "")) return;
    clearTimeout(timer.handle);
    timer.handle = setTimeout(async () => {
      const packed = await packState(store.get());
      draft.save(packed);
      history.replaceState(null, "", `#${packed}`);
    }, 400);
  });
}

const gallery = { isAsked: false };

/** The lessons are fetched when the first is wanted: they are as large as all the page's words. */
function bringGallery({ dialog, lesson, settings: { language } }) {
  if (gallery.isAsked || (dialog !== "examples" && lesson === null)) return;
  gallery.isAsked = true;
  loadExamples(language).then((examples) => store.set({ examples, isGalleryLost: false }), () => {
    gallery.isAsked = false;
    store.set({ isGalleryLost: true });
  });
}

function onChange(state, before) {
  bringGallery(state);
  if (before.opened && !state.opened && location.search) history.replaceState(null, "", location.pathname + location.hash);
  if (state.settings.language !== before.settings.language && location.search) history.replaceState(null, "", location.pathname + location.hash);
  if (state.settings !== before.settings) showLook(state);
  if (state.trace !== before.trace || state.settings.direction !== before.settings.direction) redrawOthers(store);
}

