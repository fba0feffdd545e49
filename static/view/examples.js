// The gallery: programs and expressions to start from, by what they teach.

import { translator } from "../i18n.js";
import { html } from "../vendor/preact.js";
import { Dialog } from "./dialog.js";
import { Sentence } from "./problem.js";

/** @param {{state: any, actions: any}} props */
export function Examples({ state, actions }) {
  const { language } = state.settings;
  const t = translator(language);
  const groups = [...new Set(state.examples.map(({ group }) => group))];
  return html`
    <${Dialog} name="examples" title=${t("examples.title")} ...${{ state, actions }}>
      ${state.examples.length === 0 && html`<p class="hint">${t("examples.none")}</p>`}
      ${groups.map((group) => html`<${Shelf} key=${group} ...${{ group, language, actions, t }} examples=${state.examples.filter((example) => example.group === group)} />`)}
    <//>
  `;
}

function Shelf({ group, examples, language, actions, t }) {
  return html`
    <h3>${t(`examples.group-${group}`)}</h3>
    <ul class="shelf">
      ${examples.map((example) => html`
        <li key=${example.id}><button type="button" class="example" onClick=${() => actions.loadExample(example)}>
          <b>${example.title[language] ?? example.title.en}</b>
          ${example.expression && html`<code>${example.expression.expression}</code>`}
          ${example.about && html`<span><${Sentence} text=${example.about[language] ?? example.about.en ?? ""} /></span>`}
        </button></li>`)}
    </ul>
  `;
}
