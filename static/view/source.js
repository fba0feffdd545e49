// The source pane: a program or an expression, how to run it, and what is wrong with it.

import { following, sentencesOf, translator } from "../i18n.js";
import { textOf } from "../names.js";
import { variablesOf } from "../source.js";
import { nodesAt, spansOf } from "../spans.js";
import { frameAt, timelineOf } from "../timeline.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Editor } from "./editor.js";
import { ExpressionForm } from "./expression.js";
import { Diagnostics, ProblemCard } from "./problem.js";
import { Sign } from "./signs.js";

const MODES = ["expression", "program"];

/** @param {{state: any, actions: any}} props */
export function Source({ state, actions }) {
  const t = translator(state.settings.language);
  const { mode } = state.source;
  const [isOpen, setOpen] = useFold(state);
  const fold = html`<${Fold} ...${{ state, t, isOpen, setOpen }} />`;
  // Whoever goes into a program wants more of it than its first lines; whoever runs it, the graph.
  const onFocusIn = ({ target }) => mode === "program" && !target.closest(".fold") && setOpen(true);
  return html`
    <section class=${`source${isOpen ? " open" : ""}`} aria-label=${t("source.title")}>
      <h2 class="unseen">${t("source.title")}</h2>
      <div class="source-head">
        <${Tabs} ...${{ state, actions, t }} />
        <${RunButton} ...${{ state, actions, t }} onRun=${() => setOpen(false)} />
      </div>
      <${Progress} ...${{ state, t }} />
      <div class=${`source-body ${mode}`} role="tabpanel" id="source-panel" aria-labelledby=${`tab-${mode}`} onFocusIn=${onFocusIn}>
        ${mode === "program" ? html`<${ProgramEditor} ...${{ state, actions, t }} />${fold}` : html`<${ExpressionForm} ...${{ state, actions, t, fold }} />`}
      </div>
      <div class="messages" aria-live="polite">
        ${state.problem && html`<${ProblemCard} ...${{ state, actions, t }} />`}
        <${Diagnostics} ...${{ state, actions, t }} />
      </div>
    </section>
  `;
}

// On a narrow page all but the first lines of the source stands folded, so that the graph is in sight; one line opens it.

/**
 * Whether the source is open, and how to open it; a page with room shows all of it either way.
 *
 * @param {any} state
 * @returns {[boolean, (isOpen: boolean) => void]}
 */
function useFold({ jump }) {
  const [isOpen, setOpen] = useState(false);
  // A line of the program below the form can only be shown with the form.
  const isSought = jump !== null && !jump.isOwn;
  useEffect(() => {
    if (isSought) setOpen(true);
  }, [isSought]);
  return [isOpen || isSought, setOpen];
}

/** @param {{state: any, t: any, isOpen: boolean, setOpen: (isOpen: boolean) => void}} props */
function Fold({ state: { source }, t, isOpen, setOpen }) {
  const text = source.mode === "program" ? t("source.unfold-program", { count: source.program.trimEnd().split("\n").length }) : t("source.unfold-form");
  const given = isOpen || source.mode === "program" ? "" : givenIn(source, t);
  return html`
    <button type="button" class="fold" aria-expanded=${String(isOpen)} aria-controls="source-panel" onClick=${() => setOpen(!isOpen)}>
      <span class=${given ? "unseen" : ""}>${isOpen ? t("source.fold") : text}</span>${given && html` <span class="given-short">${given}</span>`}<${Sign} name="unfold" />
    </button>
  `;
}

/** What the folded form would show, in a line. */
function givenIn(source, t) {
  const { steps, optimizer } = source;
  const values = variablesOf(source).map(({ name, value }) => (value === null ? name : `${name} = ${textOf(value)}`)).join(", ");
  return [values, steps > 0 && `${t("expression.steps")} ${steps} × ${optimizer.name}`].filter(Boolean).join(" · ");
}

function Tabs({ state, actions, t }) {
  const list = useRef(null);
  const { mode } = state.source;
  const choose = (name) => name !== mode && actions.setSource({ mode: name });
  const onKeyDown = (event) => {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    const next = MODES[(MODES.indexOf(mode) + 1) % MODES.length];
    choose(next);
    list.current.querySelector(`#tab-${next}`).focus();
  };
  return html`
    <div class="tabs" role="tablist" aria-label=${t("source.title")} ref=${list} onKeyDown=${onKeyDown}>
      ${MODES.map((name) => html`
        <button type="button" role="tab" key=${name} id=${`tab-${name}`} aria-controls="source-panel" aria-selected=${String(name === mode)}
          tabindex=${name === mode ? 0 : -1} onClick=${() => choose(name)}>${t(`source.${name}`)}</button>`)}
    </div>
  `;
}

/** While a hand moves a number the button stays: only a run that takes its time is there to be stopped. */
const LATE = 400;

function useLate(isLive, startedAt) {
  const [lateAt, setLateAt] = useState(0);
  useEffect(() => {
    if (!isLive) return undefined;
    const handle = setTimeout(() => setLateAt(startedAt), LATE);
    return () => clearTimeout(handle);
  }, [isLive, startedAt]);
  return lateAt === startedAt;
}

function RunButton({ state, actions, t, onRun }) {
  const run = () => {
    onRun();
    actions.run();
  };
  const { status, isLive, startedAt } = state.run;
  const isRunning = status === "running";
  const isLate = useLate(isRunning && isLive, startedAt);
  if (isRunning && (!isLive || isLate)) {
    return html`<button type="button" class="button stop" onClick=${actions.stop}><${Sign} name="stop" /> ${t("source.stop")}</button>`;
  }
  return html`<button type="button" class="button primary run" title=${t("source.run-keys")} onClick=${run}><${Sign} name="run" /> ${t("source.run")}</button>`;
}

/** How far a run has come: a share where the number of steps is known, else a count. */
function Progress({ state, t }) {
  const { status, received, isLive } = state.run;
  if (status !== "running" || isLive) return html`<div class="progress"></div>`;
  const { mode, steps } = state.source;
  const share = mode === "expression" && steps > 0 ? { max: steps, value: received } : {};
  return html`
    <div class="progress running">
      <progress ...${share} aria-label=${t("source.progress")}></progress>
      ${received > 0 && html`<span class="progress-count">${t("source.passes", { count: received })}</span>`}
    </div>
  `;
}

function ProgramEditor({ state, actions, t }) {
  const { source, trace, jump } = state;
  const isTraced = trace?.program === source.program;
  return html`
    <${Editor} kind="program" isEarly=${isEarly(state)} text=${source.program} label=${t("source.program")} hint=${t("source.program-hint")}
      marks=${isTraced ? chosenMarks(state) : []} faults=${faultsOf(state, source.program)} jump=${jump} onJumped=${actions.jumped}
      onChange=${(program, isLive) => actions.setSource({ program }, isLive)} onRun=${() => actions.run()}
      onPlace=${(place) => isTraced && choosePlace(state, actions, place)} />
  `;
}

/** The first picture is still on its way: what can wait comes after it. */
export function isEarly({ run, trace }) {
  return trace === null && run.status === "running";
}

/** The graph on show. */
export function graphOf({ trace, position }) {
  return trace ? frameAt(timelineOf(trace), position).graph : null;
}

/** The marks of the chosen node, and of the one that is pointed at, in the program that was traced. */
export function chosenMarks(state) {
  const graph = graphOf(state);
  const marksOf = (id, name) => (id === null ? [] : spansOf(graph, id, state.trace.program).map((span) => ({ span, name })));
  const pointed = state.pointed === state.selection ? null : state.pointed;
  return [...marksOf(state.selection, "chosen-source"), ...marksOf(pointed, "pointed-source")];
}

/** Choose the node that a place in the traced program means. */
export function choosePlace(state, actions, place) {
  const [node] = place ? nodesAt(graphOf(state), state.trace?.program ?? "", place) : [];
  if (node) actions.select(node.id);
}

/** What to underline in the program: the problem, and the diagnostics if the text is the one they are about. */
export function faultsOf({ problem, trace, settings }, text) {
  const faults = [];
  if (problem?.line && (problem.program ?? text) === text) faults.push(faultOf(problem, settings.language));
  if (trace?.program !== text) return faults;
  for (const { code, severity, span, parameters } of trace.diagnostics) {
    if (span) faults.push({ span, severity, message: sentencesOf(settings.language, "diagnostics", code, parameters).title });
  }
  return faults;
}

/** A problem as an underlined place. */
export function faultOf({ code, parameters, line, column }, language) {
  const { title, what } = sentencesOf(language, "problems", code, parameters);
  return { span: { line, column: column ?? 1 }, severity: "error", message: following([title, what], language) };
}
