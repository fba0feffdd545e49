// What the server says against a study, beside the bench; what was found until then stays.

import { following, sentencesOf } from "../../i18n.js";
import { html } from "../../vendor/preact.js";
import { Sentence } from "../problem.js";

/** What ended a study before its end. */
export function Cut({ cut, t, language }) {
  const { what } = sentencesOf(language, "problems", `limit-${cut.limit.replaceAll("_", "-")}`, cut);
  return html`<p class="card warning"><${Sentence} text=${t("lab.cut", { what })} /></p>`;
}

/** The problem of a study in a few words; empty if it has none. */
export function titleOf(finding, language) {
  const { code, parameters } = finding?.problem ?? {};
  return code ? sentencesOf(language, "problems", code, parameters).title : "";
}

/** @param {{finding: any, language: string}} props */
export function Problem({ finding, language }) {
  if (!finding?.problem) return null;
  const { code, parameters, errors } = finding.problem;
  const { title, what, why, instead } = sentencesOf(language, "problems", code, parameters);
  return html`
    <div class="card error" role="alert">
      <h3><${Sentence} text=${title} /></h3>
      <p><${Sentence} text=${following([what, why, instead], language)} /></p>
      ${errors?.length > 0 && html`<ul class="faults">${errors.map(({ detail, pointer }) => html`<li key=${pointer}><code>${pointer}</code> ${detail}</li>`)}</ul>`}
    </div>
  `;
}
