// The card of a gradient check: what was compared with what, the nodes from the worst on, and what could not be checked.

import { formatNumber } from "../format.js";
import { sentencesOf } from "../i18n.js";
import { nameOf } from "../sentence.js";
import { frameAt, timelineOf } from "../timeline.js";
import { countsBy, worstFirst } from "../verdicts.js";
import { html, useState } from "../vendor/preact.js";
import { Sentence } from "./problem.js";
import { withWords } from "./words.js";

const FEW = 6;

/** @param {{state: any, actions: any, t: any}} props */
export const Check = withWords("reason", ({ state, actions, t }) => {
  const { check, trace } = state;
  const { pass } = frameAt(timelineOf(trace), state.position);
  const again = check.isRunning || pass === check.pass ? null : pass;
  return html`
    <section class="reason-card check" aria-label=${t("check.title")}>
      <header><h2>${t("check.title")}</h2><button type="button" class="close" title=${t("check.end")} aria-label=${t("check.end")} onClick=${actions.endCheck}>×</button></header>
      ${check.isRunning && html`<p role="status">${t("check.running", { pass: check.pass + 1 })}</p>`}
      ${check.problem && html`<${Fault} problem=${check.problem} language=${state.settings.language} />`}
      ${!check.isRunning && !check.problem && html`<${Findings} ...${{ state, actions, t }} />`}
      ${again !== null && html`<footer><button type="button" class="button small" onClick=${() => actions.checkNodes()}>${t("check.again", { pass: again + 1 })}</button></footer>`}
    </section>
  `;
});

function Fault({ problem, language }) {
  const { title, what } = sentencesOf(language, "problems", problem.code, problem.parameters);
  return html`<p class="fault" role="alert"><b><${Sentence} text=${title} /></b> <${Sentence} text=${what} /></p>`;
}

function Findings({ state, actions, t }) {
  const { check, trace, selection } = state;
  const [isWhole, setWhole] = useState(false);
  const nodes = new Map((trace.graphs.find(({ id }) => id === check.graph)?.nodes ?? []).map((node) => [node.id, node]));
  const sorted = worstFirst(check.nodes);
  const chosen = sorted.filter(({ node }) => node === selection);
  const shown = [...chosen, ...(isWhole ? sorted : sorted.slice(0, FEW)).filter(({ node }) => node !== selection)];
  return html`
    <p role="status">${countsBy(sorted, "verdict").map(({ name, count }) => html`<span class=${`verdict ${name}`} key=${name}>${t(`check.count-${name}`, { count })}</span> `)}</p>
    <p class="hint"><${Sentence} text=${t("check.how", { pass: check.pass + 1 })} /></p>
    ${shown.length > 0 && html`
      <div class="changes-frame sideways" tabindex="0" role="group" aria-label=${t("check.title")}><table class="changes">
        <caption class="unseen">${t("check.title")}</caption>
        <thead><tr>${["node", "autograd", "numeric", "error"].map((name) => html`<th scope="col">${t(`check.column-${name}`)}</th>`)}</tr></thead>
        ${shown.map((one) => html`<${Rows} key=${one.node} ...${{ one, actions, t }} node=${nodes.get(one.node)} isChosen=${one.node === selection} />`)}
      </table></div>
      ${sorted.length > shown.length && html`<button type="button" class="link" onClick=${() => setWhole(true)}>${t("check.more", { count: sorted.length - shown.length })}</button>`}`}
    ${check.unchecked.length > 0 && html`<h3>${t("check.unchecked", { count: check.unchecked.length })}</h3>
      <ul class="reasons">${countsBy(check.unchecked, "reason").map(({ name, count }) => html`<li key=${name}>${t("check.counted", { count, reason: t(`check.reason-${name}`) })}</li>`)}</ul>`}
  `;
}

/** The numbers of a node, and below them, in the whole width, what they mean. */
function Rows({ one, node, isChosen, actions, t }) {
  const { verdict, autograd, numeric, error, checked, elements, directions } = one;
  return html`<tbody class=${isChosen ? "chosen" : ""}>
    <tr><th scope="row"><button type="button" class="link" onClick=${() => actions.reveal(one.node)}>${node ? nameOf(node) : one.node}</button></th>
      <td>${formatNumber(autograd)}</td><td>${formatNumber(numeric)}</td><td>${formatNumber(error)}</td></tr>
    <tr class="verdict-row"><td colspan="4"><small class=${`verdict ${verdict}`}>${t(`check.verdict-${verdict}`)}</small>${elements > 1 && html`<small>${t(directions ? "check.directions" : "check.elements", { checked, elements })}</small>`}</td></tr>
  </tbody>`;
}
