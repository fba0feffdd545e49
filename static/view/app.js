// The whole page as a function of the state.

import { translator } from "../i18n.js";
import { frameAt, timelineOf } from "../timeline.js";
import { html, useEffect } from "../vendor/preact.js";
import { Cards } from "./cards.js";
import { Dialog } from "./dialog.js";
import { Graph } from "./graph.js";
import { Inspector } from "./inspector.js";
import { Later, loadSheet, useTurns } from "./later.js";
import { Output } from "./output.js";
import { Source } from "./source.js";
import { Steady, useSteady } from "./steady.js";
import { Timeline } from "./timeline.js";
import { Toolbar } from "./toolbar.js";

/** What is made after what, from the top of the page down; the last has no part in the picture's place or size. */
const TURNS = { toolbar: 0, source: 1, transport: 2, graph: 3, side: 4 };

/** @param {{state: any, actions: any}} props */
export function App({ state, actions }) {
  const t = translator(state.settings.language);
  const turn = useTurns(TURNS.side);
  // What someone is to predict is hidden from every view but the one that asks for it.
  const parts = { state: state.sight ? state.sight(state) : state, actions };
  // What a move through the run leaves alone; panels know no more of where it stands than the moment.
  const { graph = null, moment = null } = frameOf(parts.state);
  const steady = useSteady(parts.state, graph);
  const still = { on: [steady], props: { state: steady, actions } };
  usePageKeys(state, actions);
  return html`
    <a class="skip" href=${state.lab?.isOpen ? "#lab-bench" : "#stage"}>${t("page.skip")}</a>
    <${Steady} part=${Toolbar} ...${still} />
    ${state.lab?.isOpen && html`<${Later} key="lab" load=${loadLab} sheet="lab" props=${{ ...parts, language: state.settings.language }} />`}
    <main class=${`page${state.isStale ? " stale" : ""}`} hidden=${state.lab?.isOpen === true}>
      ${turn >= TURNS.source && html`<${Steady} part=${Source} ...${still} />`}
      <div class="stage" id="stage" tabindex="-1">${turn >= TURNS.graph && html`<${Graph} ...${parts} />`}</div>
      <div class="side" tabindex="0"><h2 class="unseen">${t("inspector.title")}</h2>${state.lesson !== null && html`<${Later} key="lesson" load=${loadLesson} props=${parts} />`}${turn >= TURNS.side && html`<${Cards} ...${{ state, actions }} /><${Inspector} ...${parts} />`}</div>
      <div class="transport-bar">${turn >= TURNS.transport && html`<${Timeline} ...${parts} />`}</div>
      ${turn >= TURNS.transport && html`<${Steady} part=${Panels} on=${[steady, state.panel === "landscape" ? state.position : moment]} props=${{ ...parts, t }} />`}
    </main>
    ${turn >= TURNS.side && html`<${Steady} part=${Dialogs} on=${[steady, state.dialog === null ? 0 : state.position]} props=${{ parts, state, actions, t }} />`}
  `;
}

function frameOf({ trace, position }) {
  return trace ? frameAt(timelineOf(trace), position) : {};
}

function Dialogs({ parts, state, actions, t }) {
  return html`
    <${Dialog} name="examples" title=${t("examples.title")} ...${parts}><${Later} load=${loadExamples} props=${parts} /><//>
    <${Dialog} name="help" title=${t("help.title")} ...${parts}><${Later} load=${loadHelp} props=${parts} /><//>
    <${Dialog} name="export" title=${t("export.title")} ...${parts}><${Later} load=${loadExport} props=${{ state, actions }} /><//>
  `;
}

/** The lab draws landscapes, too, in their colours. */
const loadLab = async () => {
  const [module] = await Promise.all([import("./lab/lab.js"), loadSheet(new URL("../styles/landscape.css", import.meta.url).href)]);
  return module.Lab;
};
const loadLesson = async () => (await import("./lesson.js")).Lesson;
const loadExamples = async () => (await import("./examples.js")).Examples;
const loadHelp = async () => (await import("./help.js")).Help;
const loadExport = async () => (await import("./export.js")).ExportChoices;

/** What is drawn of a run on the left, what it printed on the right; where there is no room for both, one of them. */
function Panels({ state, actions, t }) {
  const count = state.trace?.passes.length ?? 0;
  const drawn = [...(count > 1 ? ["curves"] : []), "landscape", ...(count > 0 ? ["flow"] : [])];
  const panel = drawn.includes(state.panel) ? state.panel : "output";
  const left = panel === "output" ? drawn[0] : panel;
  // The landscape and the flow are drawn when asked for; until then what was printed has the whole width.
  const isSingle = panel === "output" && left !== "curves";
  return html`
    <div class=${`panels ${panel} ${isSingle ? "single" : ""}`} tabindex="0">
      <h2 class="unseen">${t("panels.choose")}</h2>
      <div class="choice panel-choice" role="group" aria-label=${t("panels.choose")}>
        ${[...drawn, "output"].map((name) => html`<button type="button" key=${name} class=${`to-${name}`} aria-pressed=${String(name === panel)} onClick=${() => actions.setPanel(name === panel ? "output" : name)}>${t(`${name}.title`)}</button>`)}
      </div>
      <div class="panel drawn-panel">${left === "curves" ? html`<${Later} key="curves" load=${loadCurves} props=${{ state, actions }} />` : panel in LATER && html`<${Later} key=${panel} load=${LATER[panel]} sheet=${panel === "flow" ? "nets" : panel} props=${{ state, actions, language: state.settings.language }} />`}</div>
      <div class="panel output-panel"><${Output} state=${state} actions=${actions} /></div>
    </div>
  `;
}

/** Panels that are fetched when they are first opened. */
const loadCurves = async () => (await import("./curves.js")).Curves;
const LATER = {
  landscape: async () => (await import("./landscape.js")).Landscape,
  flow: async () => (await import("./flow.js")).Flow,
};

/** Keys of the whole page; the timeline listens to its own. */
function usePageKeys(state, actions) {
  useEffect(() => {
    const listen = (event) => {
      if (event.defaultPrevented) return;
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) actions.run();
      else if (event.key === "?" && !isWriting(event.target)) actions.show("help");
      else return;
      event.preventDefault();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
  useEffect(() => {
    document.documentElement.lang = state.settings.language === "zh" ? "zh-Hans" : "en";
  }, [state.settings.language]);
}

function isWriting(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}
