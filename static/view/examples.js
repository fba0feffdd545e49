// The gallery: lessons in order, by what they teach.

import { translator } from "../i18n.js";
import { textIn } from "../lessons.js";
import { html } from "../vendor/preact.js";
import { Sentence } from "./problem.js";

/** @param {{state: any, actions: any}} props */
export function Examples({ state, actions }) {
  const t = translator(state.settings.language);
  const examples = state.examples ?? [];
  const groups = [...new Set(examples.map(({ group }) => group))];
  return html`
    <p class="hint">${examples.length > 0 ? t("examples.hint", { count: examples.length }) : state.isGalleryLost ? t("examples.none") : "…"}</p>
    ${groups.map((group) => html`<${Shelf} key=${group} ...${{ group, state, actions, t }} />`)}
  `;
}

function Shelf({ group, state, actions, t }) {
  const { language } = state.settings;
  const numbered = (state.examples ?? []).map((example, i) => ({ example, number: i + 1 })).filter(({ example }) => example.group === group);
  return html`
    <h3>${t(`examples.group-${group}`)}</h3>
    <ol class="shelf">
      ${numbered.map(({ example, number }) => html`
        <li key=${example.id}><button type="button" class="example" aria-current=${example.id === state.lesson ? "true" : null} onClick=${() => actions.loadExample(example)}>
          <b><span class="lesson-number">${number}</span> ${textIn(example.title, language)}</b>
          <span><${Sentence} text=${textIn(example.about, language)} /></span>
        </button></li>`)}
    </ol>
  `;
}
