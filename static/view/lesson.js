// The lesson beside the graph: what it is about, what to look at and to try, and the way to the next one.

import { translator } from "../i18n.js";
import { lessonOf, textIn } from "../lessons.js";
import { html } from "../vendor/preact.js";
import { Sentence } from "./problem.js";
import { Sign } from "./signs.js";

/** @param {{state: any, actions: any}} props */
export function Lesson({ state, actions }) {
  const found = state.source.mode === "program" ? lessonOf(state.examples ?? [], state.lesson) : null;
  if (!found) return null;
  const { language } = state.settings;
  const t = translator(language);
  const { lesson, number, count } = found;
  return html`
    <details class="lesson" open>
      <summary><span class="lesson-number">${t("lesson.number", { number, count })}</span><h2>${textIn(lesson.title, language)}</h2></summary>
      <p><${Sentence} text=${textIn(lesson.about, language)} /></p>
      <ol>${lesson.steps.map((step, i) => html`<li key=${`${lesson.id}-${i}`}><${Step} ...${{ step, state, actions, t }} /></li>`)}</ol>
      ${lesson.lab && html`<p><button type="button" class="button small" onClick=${() => actions.openLab(lesson.lab)}><${Sign} name="lab" /> ${t("lesson.lab")}</button></p>`}
      <footer><${Ways} ...${{ ...found, language, actions, t }} /></footer>
    </details>
  `;
}

/** One step, and the button that leads to its node and moment. */
function Step({ step, state, actions, t }) {
  const text = textIn(step.text, state.settings.language);
  const hasPlace = (step.select || step.at) && state.trace?.passes.length > 0;
  return html`<${Sentence} text=${text} />${hasPlace && html` <button type="button" class="link" onClick=${() => actions.showStep(step)}>${t("lesson.show")}</button>`}`;
}

function Ways({ previous, next, language, actions, t }) {
  const way = (example, name) => html`
    <button type="button" class=${`button small ${name}`} disabled=${!example} title=${example ? textIn(example.title, language) : ""}
      onClick=${() => actions.loadExample(example)}>${t(`lesson.${name}`)}</button>`;
  return html`
    ${way(previous, "previous")}${way(next, "next")}
    <button type="button" class="link" onClick=${() => actions.show("examples")}>${t("lesson.all")}</button>
    <button type="button" class="link" onClick=${actions.endLesson}>${t("lesson.end")}</button>
  `;
}
