// What went wrong and what to do about it: the problem that ended a run, and the remarks about one that went well.

import { partsOf, sentencesOf, translator } from "../i18n.js";
import { positionOfPass, timelineOf } from "../timeline.js";
import { html, useState } from "../vendor/preact.js";
import { Later } from "./later.js";
import { Sign } from "./signs.js";

const loadFix = async () => (await import("./fix.js")).Fix;

const FEW = 4;
const MOST_CASES = 6;
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
    <div class="card error problem" role="alert">
      <header><${Sign} name="error" /><h2><${Sentence} text=${title} /></h2>
        <button type="button" class="close" aria-label=${t("problem.close")} title=${t("problem.close")} onClick=${actions.closeProblem}><${Sign} name="close" /></button></header>
      ${what && html`<p><${Sentence} text=${what} /></p>`}
      ${why && html`<p class="why"><${Sentence} text=${why} /></p>`}
      ${instead && html`<p class="instead"><b>${t("problem.instead")}</b> <${Sentence} text=${instead} /></p>`}
      <${Faults} faults=${problem.errors} />
      <footer><${Offers} ...${{ state, actions, t }} /></footer>
    </div>
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
  const isOwn = !problem.program || problem.program === source.program;
  const go = isOwn ? actions.goToSource : actions.goToSpan;
  const text = isOwn ? source[source.mode] : null;
  // In a frame there is no editor to go to: the place is told.
  const place = t("problem.place", { line, column });
  const sumUp = () => {
    actions.setSource({ sum: true });
    actions.run();
  };
  return html`
    <${Later} load=${loadFix} props=${{ finding: { ...problem, span: line ? { line, column } : null }, text, actions, t }} />
    ${line && (state.whole ? html`<span>${place}</span>` : html`<button type="button" class="link" onClick=${() => go({ line, column })}>${place}</button>`)}
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
  const all = byCode(trace.diagnostics).sort((a, b) => RANKS[a[0].severity] - RANKS[b[0].severity]);
  const shown = isWhole ? all : all.slice(0, FEW);
  return html`
    ${trace.cut && html`<${CutNote} cut=${trace.cut} language=${state.settings.language} />`}
    ${shown.length > 0 && html`<ul class="diagnostics" aria-label=${t("problem.remarks")}>
      ${shown.map((cases) => html`<${Remark} key=${cases[0].code} ...${{ cases, state, actions, t }} />`)}
    </ul>`}
    ${all.length > shown.length && html`<button type="button" class="link more" onClick=${() => setWhole(true)}>${t("problem.more", { count: all.length - shown.length })}</button>`}
  `;
}

/** Remarks of one kind together; of those about the same variable, node and line only the first. */
function byCode(diagnostics) {
  const kinds = new Map();
  for (const diagnostic of diagnostics) {
    const { code, parameters, node, span } = diagnostic;
    if (!kinds.has(code)) kinds.set(code, new Map());
    const key = JSON.stringify([subjectOf(parameters), node, span]);
    if (!kinds.get(code).has(key)) kinds.get(code).set(key, diagnostic);
  }
  return [...kinds.values()].map((cases) => [...cases.values()]);
}

function CutNote({ cut, language }) {
  const { title, what, why, instead } = sentencesOf(language, "problems", `limit-${cut.limit.replaceAll("_", "-")}`, { ...cut });
  return html`
    <details class="card warning"><summary><${Sign} name="warning" /><span class="card-title"><${Sentence} text=${title} /></span></summary>
      <p><${Sentence} text=${what} /></p><p class="why"><${Sentence} text=${why} /></p><p class="instead"><${Sentence} text=${instead} /></p></details>
  `;
}

/** One kind of remark: its title with all it is about, then each case, then why and what to do. */
function Remark({ cases, state, actions, t }) {
  const { code, severity, parameters } = cases[0];
  const { language } = state.settings;
  const { title, why, instead } = sentencesOf(language, "diagnostics", code, parameters);
  const subjects = cases.map((diagnostic) => subjectOf(diagnostic.parameters)).filter(Boolean);
  return html`
    <li><details class=${`card ${severity}`}>
      <summary><${Sign} name=${severity} /><span class="card-title"><${Sentence} text=${title} />${subjects.slice(0, MOST_CASES).map((subject) => html` <code>${subject}</code>`)}${subjects.length > MOST_CASES && " …"}</span></summary>
      <ul class="cases">
        ${cases.slice(0, MOST_CASES).map((diagnostic, i) => html`<li key=${i}>
          <p><${Sentence} text=${sentencesOf(language, "diagnostics", code, diagnostic.parameters).what} /></p>
          <footer><${Places} ...${{ diagnostic, state, actions, t }} /></footer></li>`)}
      </ul>
      ${cases.length > MOST_CASES && html`<p class="hint">${t("problem.more", { count: cases.length - MOST_CASES })}</p>`}
      ${why && html`<p class="why"><${Sentence} text=${why} /></p>`}
      ${instead && html`<p class="instead"><b>${t("problem.instead")}</b> <${Sentence} text=${instead} /></p>`}
    </details></li>
  `;
}

/** What tells one case of a remark from another. */
function subjectOf(parameters) {
  return parameters?.variable ?? parameters?.label ?? null;
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
  const { source } = state;
  const text = source.mode === "program" && source.program === state.trace.program ? source.program : null;
  return html`
    <${Later} load=${loadFix} props=${{ finding: diagnostic, text, actions, t }} />
    ${canShow && html`<button type="button" class="link" onClick=${show}>${t("problem.show")}</button>`}
    ${span && html`<button type="button" class="link" onClick=${() => actions.goToSpan(span)}>${t("problem.line", { line: span.line })}</button>`}
  `;
}
