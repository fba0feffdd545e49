// What went wrong and what to do about it: the problem that ended a run, and the remarks about one that went well.

import { partsOf, sentencesOf, translator } from "../i18n.js";
import { positionOfPass, timelineOf } from "../timeline.js";
import { html, useState } from "../vendor/preact.js";
import { Sign } from "./signs.js";

const FEW = 4;
const RANKS = { error: 0, warning: 1, info: 2 };

/** A sentence, its code set as code. */
export function Sentence({ text }) {
  return partsOf(text).map(({ text: part, isCode }) => (isCode ? html`<code>${part}</code>` : part));
}

/** @param {{state: any, actions: any}} props */
export function ProblemCard({ state, actions }) {
  const { language } = state.settings;
  const t = translator(language);
  const { problem } = state;
  const { title, what, why, instead } = sentencesOf(language, "problems", problem.code, problem.parameters);
  return html`
    <article class="card error" role="alert">
      <header><${Sign} name="error" /><h2><${Sentence} text=${title} /></h2>
        <button type="button" class="close" aria-label=${t("problem.close")} title=${t("problem.close")} onClick=${actions.closeProblem}><${Sign} name="close" /></button></header>
      ${what && html`<p><${Sentence} text=${what} /></p>`}
      ${why && html`<p class="why"><${Sentence} text=${why} /></p>`}
      ${instead && html`<p class="instead"><b>${t("problem.instead")}</b> <${Sentence} text=${instead} /></p>`}
      <${Faults} faults=${problem.errors} />
      <footer><${Offers} ...${{ state, actions, t }} /></footer>
    </article>
  `;
}

/** What the API says about single fields of a request. */
function Faults({ faults }) {
  if (!faults?.length) return null;
  return html`<ul class="faults">${faults.map(({ detail, pointer }) => html`<li key=${pointer}>${pointer && html`<code>${pointer}</code> `}${detail}</li>`)}</ul>`;
}

function Offers({ state, actions, t }) {
  const { problem, source } = state;
  const { line, column = 1, code, status } = problem;
  const sumUp = () => {
    actions.setSource({ sum: true });
    actions.run();
  };
  return html`
    ${line && html`<button type="button" class="link" onClick=${() => actions.goToSpan({ line, column })}>${t("problem.place", { line, column })}</button>`}
    ${code === "not-scalar" && source.mode === "expression" && html`<button type="button" class="button small" onClick=${sumUp}>${t("problem.sum")}</button>`}
    ${(status === 503 || status === 429 || code === "offline" || code === "broken-off") && html`<button type="button" class="button small" onClick=${() => actions.run()}>${t("problem.again")}</button>`}
  `;
}

/** @param {{state: any, actions: any}} props */
export function Diagnostics({ state, actions }) {
  const t = translator(state.settings.language);
  const [isWhole, setWhole] = useState(false);
  const { trace } = state;
  if (!trace) return null;
  const all = distinct(trace.diagnostics).sort((a, b) => RANKS[a.severity] - RANKS[b.severity]);
  const shown = isWhole ? all : all.slice(0, FEW);
  return html`
    ${trace.cut && html`<${CutNote} cut=${trace.cut} language=${state.settings.language} />`}
    ${shown.length > 0 && html`<ul class="diagnostics" aria-label=${t("problem.remarks")}>
      ${shown.map((diagnostic, i) => html`<${Diagnostic} key=${`${diagnostic.code}-${i}`} ...${{ diagnostic, state, actions, t }} />`)}
    </ul>`}
    ${all.length > shown.length && html`<button type="button" class="link more" onClick=${() => setWhole(true)}>${t("problem.more", { count: all.length - shown.length })}</button>`}
  `;
}

/** The first of those that say the same about the same variable or node. */
function distinct(diagnostics) {
  const found = new Map();
  for (const diagnostic of diagnostics) {
    const { code, parameters, node, span } = diagnostic;
    const key = JSON.stringify([code, parameters?.variable ?? parameters?.label ?? null, node, span]);
    const known = found.get(key);
    if (known) known.times += 1;
    else found.set(key, { ...diagnostic, times: 1 });
  }
  return [...found.values()];
}

function CutNote({ cut, language }) {
  const { title, what, why, instead } = sentencesOf(language, "problems", `limit-${cut.limit.replaceAll("_", "-")}`, { ...cut });
  return html`
    <details class="card warning"><summary><${Sign} name="warning" /><span class="card-title"><${Sentence} text=${title} /></span></summary>
      <p><${Sentence} text=${what} /></p><p class="why"><${Sentence} text=${why} /></p><p class="instead"><${Sentence} text=${instead} /></p></details>
  `;
}

function Diagnostic({ diagnostic, state, actions, t }) {
  const { code, severity, parameters, times } = diagnostic;
  const { title, what, why, instead } = sentencesOf(state.settings.language, "diagnostics", code, parameters);
  return html`
    <li><details class=${`card ${severity}`}>
      <summary><${Sign} name=${severity} /><span class="card-title"><${Sentence} text=${title} />${subjectOf(parameters)}</span>${times > 1 && html`<span class="times">×${times}</span>`}</summary>
      <p><${Sentence} text=${what} /></p>
      ${why && html`<p class="why"><${Sentence} text=${why} /></p>`}
      ${instead && html`<p class="instead"><b>${t("problem.instead")}</b> <${Sentence} text=${instead} /></p>`}
      <footer><${Places} ...${{ diagnostic, state, actions, t }} /></footer>
    </details></li>
  `;
}

/** Several remarks of one kind are told apart by what they are about. */
function subjectOf(parameters) {
  const subject = parameters?.variable ?? parameters?.label;
  return subject ? html` <code>${subject}</code>` : null;
}

/** The ways from a remark to what it is about: its frame, its node, its line. */
function Places({ diagnostic, state, actions, t }) {
  const { span, node, pass } = diagnostic;
  const position = Number.isInteger(pass) ? positionOfPass(timelineOf(state.trace), pass) : null;
  const show = () => {
    actions.pause();
    if (position !== null) actions.setPosition(position);
    if (node) actions.select(node);
  };
  const canShow = position !== null || node;
  return html`
    ${canShow && html`<button type="button" class="link" onClick=${show}>${t("problem.show")}</button>`}
    ${span && html`<button type="button" class="link" onClick=${() => actions.goToSpan(span)}>${t("problem.line", { line: span.line })}</button>`}
  `;
}
