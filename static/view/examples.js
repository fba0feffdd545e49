// The gallery: programs and expressions to start from.

import { translator } from "../i18n.js";
import { html } from "../vendor/preact.js";
import { Dialog } from "./dialog.js";
import { Sentence } from "./problem.js";

const KINDS = ["expression", "program"];

/** @param {{state: any, actions: any}} props */
export function Examples({ state, actions }) {
  const { language } = state.settings;
  const t = translator(language);
  const kindOf = ({ program }) => (program === undefined ? "expression" : "program");
  return html`
    <${Dialog} name="examples" title=${t("examples.title")} ...${{ state, actions }}>
      ${state.examples.length === 0 && html`<p class="hint">${t("examples.none")}</p>`}
      ${KINDS.map((kind) => html`<${Shelf} key=${kind} ...${{ kind, language, actions, t }} examples=${state.examples.filter((example) => kindOf(example) === kind)} />`)}
    <//>
  `;
}

function Shelf({ kind, examples, language, actions, t }) {
  if (examples.length === 0) return null;
  return html`
    <h3>${t(`source.${kind}`)}</h3>
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
