// The wiring of the page without the editor, for a frame in a lesson or a blog: the state comes from the address.

import { createActions, loadLanguage } from "./actions.js";
import { streamTrace } from "./api.js";
import { firstState, mount, play, redrawOthers, showLook } from "./opening.js";
import { createChecking } from "./checking.js";
import { createComparing } from "./comparing.js";
import { createPredicting } from "./predicting.js";
import { drawnLike } from "./redraw.js";
import { createRunner } from "./runner.js";
import { createSettings, settingsAsked } from "./settings.js";
import { faultOfLink, haveOneLink, packState, unpackState } from "./share.js";
import { createStore } from "./store.js";
import { Frame } from "./view/frame.js";

/** A frame keeps nothing: what one visitor chose in it would follow them to the next page that has one. */
const settings = createSettings(null, [document.documentElement.lang]);
const store = createStore({ ...firstState({ ...settings.load(), ...settingsAsked() }), whole: "/" });
const runner = createRunner({ store, stream: streamTrace, draw: drawnLike });
const actions = { ...createActions({ store, runner, settings }), ...createPredicting({ store }), ...createComparing({ store, stream: streamTrace }), ...createChecking({ store }) };

start();

async function start() {
  const link = await unpackState(location.hash);
  const fault = link ? null : faultOfLink(location.hash);
  const done = open(link);
  showLook(store.get());
  await loadLanguage(store.get().settings.language);
  mount({ store, actions, View: Frame });
  play({ store, actions });
  keepLink();
  store.subscribe((state, before) => state.trace !== before.trace && redrawOthers(store));
  done.then(() => fault && store.set({ problem: { code: fault, parameters: {}, program: null } }));
}

async function open(link) {
  if (!link) return actions.run();
  const { settings: chosen } = store.get();
  const language = settingsAsked().language ?? link.language ?? chosen.language;
  store.set({ settings: { ...chosen, direction: link.direction, language } });
  const done = actions.open(link.source, { position: link.position });
  store.set({ selection: link.selection, tint: link.tint, loop: link.loop, speed: link.speed, grain: link.grain, isTable: link.isTable, inSight: link.inSight, isFollowing: link.isFollowing });
  await actions.setPredict(link.predict?.hides ?? null, link.predict?.guesses);
  await done;
  await (await import("./restoring.js")).restore({ store, actions }, link);
}

/** The way to the whole page leads to exactly what the frame shows. */
function keepLink() {
  const timer = { handle: null };
  const follow = async () => store.set({ whole: `/#${await packState(store.get())}` });
  store.subscribe((state, before) => {
    if (haveOneLink(state, before)) return;
    clearTimeout(timer.handle);
    timer.handle = setTimeout(follow, 100);
  });
  follow();
}
