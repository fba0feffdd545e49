// What is studied: the studio's own expression or program; numbers and text are changed here or there alike.

import { textOf } from "../../names.js";
import { SUBJECTS } from "../../lab/bench.js";
import { sentencesOf } from "../../i18n.js";
import { variablesOf } from "../../source.js";
import { html } from "../../vendor/preact.js";
import { Sentence } from "../problem.js";

/** @param {{state: any, actions: any, lab: any, t: any}} props */
export function Subject({ state, actions, lab, t }) {
  const { source } = state;
  if (source.mode === "program") return html`<${Program} ...${{ state, actions, lab, t }} />`;
  const put = (name, fields) => actions.setVariable(name, fields);
  return html`
    <section class="lab-subject" aria-label=${t("lab.subject")}>
      <h3>${t("lab.subject")}</h3>
      <input type="text" class="lab-expression" aria-label=${t("lab.expression")} spellcheck=${false} autocomplete="off" value=${source.expression} onInput=${(event) => actions.setSource({ expression: event.target.value })} />
      <div class="lab-variables">
        ${variablesOf(source).map(({ name, value, requires_grad }) => html`<span class="lab-variable" key=${name}><label><code>${name}</code>
          <input type="text" size="8" spellcheck=${false} autocomplete="off" value=${textOf(value)} aria-label=${t("lab.start-of", { name })} onInput=${(event) => put(name, { value: event.target.value })} /></label>
          <input type="checkbox" checked=${requires_grad} title=${t("lab.follow", { name })} aria-label=${t("lab.follow", { name })} onChange=${(event) => put(name, { requires_grad: event.target.checked })} /></span>`)}
        <label>${t("lab.seed")} <input type="number" min="0" step="1" value=${source.seed} onInput=${(event) => actions.setSource({ seed: Math.max(0, Math.round(Number(event.target.value)) || 0) })} /></label>
      </div>
      <div class="starters" role="group" aria-label=${t("lab.subjects")}>
        ${SUBJECTS.filter(({ expression }) => expression !== source.expression).map((one) => html`<button type="button" class="chip" key=${one.id} onClick=${() => actions.open(formOf(one, source))}>${t(`lab.subject-${one.id}`)}</button>`)}
      </div>
      ${state.problem && lab.bench !== "check" && html`<p class="fault"><${Sentence} text=${sentencesOf(state.settings.language, "problems", state.problem.code, state.problem.parameters).title} /></p>`}
    </section>
  `;
}

function formOf({ expression, variables }, { seed }) {
  const entries = Object.entries(variables).map(([name, value]) => [name, { value, requires_grad: true }]);
  return { mode: "expression", expression, variables: Object.fromEntries(entries), steps: 0, sum: false, seed };
}

function Program({ state, actions, lab, t }) {
  const { source } = state;
  const lines = source.program.trimEnd().split("\n");
  const turn = () => (source.expression.trim() ? actions.setSource({ mode: "expression" }) : actions.open(formOf(SUBJECTS[0], source)));
  return html`
    <section class="lab-subject" aria-label=${t("lab.subject")}>
      <h3>${t("lab.subject")}</h3>
      <pre class="lab-program" tabindex="0">${lines.join("\n")}</pre>
      <p class="hint">${t(lab.bench === "check" ? "lab.program-check" : "lab.program", { count: lines.length })} <button type="button" class="link" onClick=${actions.leaveLab}>${t("lab.change")}</button></p>
      <button type="button" class="chip" onClick=${turn}>${t("lab.use-expression")}</button>
    </section>
  `;
}
