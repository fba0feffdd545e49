// The card of a comparison: what is compared with what, the largest changes, what has no partner, and another program.

import { changeText, changesBetween, largestFirst, pinnedSide, placeOf, sideOf } from "../compare.js";
import { formatValue } from "../format.js";
import { sentencesOf, translator } from "../i18n.js";
import { textIn } from "../lessons.js";
import { nameOf } from "../sentence.js";
import { html, useState } from "../vendor/preact.js";
import { Editor } from "./editor.js";
import { Sentence } from "./problem.js";
import { withWords } from "./words.js";

const FEW = 8;
const MOST_NAMES = 12;
const ORDERS = ["size", "relative"];

/** @param {{state: any, actions: any, t: any}} props */
export const Compare = withWords("reason", ({ state, actions, t }) => {
  const { pin } = state;
  const [before, after] = [pinnedSide(pin, state), sideOf(state.trace, state.position)];
  const placeText = (side) => placeWords(placeOf(side), t, translator(state.settings.language));
  return html`
    <section class="reason-card compare" aria-label=${t("compare.title")}>
      <header><h2>${t("compare.title")}</h2><button type="button" class="close" title=${t("compare.end")} aria-label=${t("compare.end")} onClick=${actions.endCompare}>×</button></header>
      <dl class="sides">
        <div><dt>${t(pin.position === null ? "compare.other" : "compare.pinned")}</dt><dd>${before ? placeText(before) : t(pin.isRunning ? "compare.running" : "compare.none")}</dd></div>
        <div><dt>${t("compare.now")}</dt><dd>${after ? placeText(after) : "—"}</dd></div>
      </dl>
      ${pin.problem && html`<${Fault} problem=${pin.problem} language=${state.settings.language} />`}
      <footer>
        ${pin.position !== null && pin.trace === state.trace && html`<button type="button" class="link" onClick=${() => actions.setPosition(pin.position)}>${t("compare.go")}</button>`}
        <button type="button" class="link" onClick=${() => actions.pinMoment()}>${t("compare.pin-here")}</button>
      </footer>
      ${before && after && html`<${Changes} ...${{ before, after, actions, t }} />`}
      <${Other} ...${{ state, actions, t }} />
    </section>
  `;
});

/** The phases have their names on the timeline, among the words of the whole page. */
function placeWords({ step, count, kind, node, nodes }, t, ofPage) {
  const place = t("compare.place", { step, count, kind: kind ? ofPage(`timeline.phase.${kind}`) : "—" });
  return nodes > 1 ? `${place} · ${node}/${nodes}` : place;
}

function Fault({ problem, language }) {
  const { title, what } = sentencesOf(language, "problems", problem.code, problem.parameters);
  return html`<p class="fault" role="alert"><b><${Sentence} text=${title} /></b> <${Sentence} text=${what} /></p>`;
}

function Changes({ before, after, actions, t }) {
  const [by, setBy] = useState("size");
  const [isWhole, setWhole] = useState(false);
  const { changes, partners } = changesBetween(before, after);
  const sorted = largestFirst(changes, by);
  const shown = isWhole ? sorted : sorted.slice(0, FEW);
  const [nodes, others] = [after.scene.topology.graph.nodes, before.scene.topology.graph.nodes];
  return html`
    <p class="hint" role="status">${t(partners.isEqual ? "compare.count" : "compare.count-matched", { changed: sorted.length, same: changes.length - sorted.length, matched: changes.length })}</p>
    ${sorted.length > 0 && html`
      <div class="choice" role="group" aria-label=${t("compare.order")}>
        ${ORDERS.map((name) => html`<button type="button" key=${name} aria-pressed=${String(name === by)} onClick=${() => setBy(name)}>${t(`compare.by-${name}`)}</button>`)}
      </div>
      <div class="changes-frame sideways" tabindex="0" role="group" aria-label=${t("compare.largest")}><table class="changes">
        <caption class="unseen">${t("compare.largest")}</caption>
        <thead><tr>${["node", "value", "gradient"].map((name) => html`<th scope="col">${t(`compare.column-${name}`)}</th>`)}</tr></thead>
        <tbody>${shown.map((change) => html`<${Row} key=${nodes[change.i].id} ...${{ change, actions, t }} node=${nodes[change.i]} other=${others[change.k]} />`)}</tbody>
      </table></div>
      ${sorted.length > shown.length && html`<button type="button" class="link" onClick=${() => setWhole(true)}>${t("compare.more", { count: sorted.length - shown.length })}</button>`}`}
    <${Alone} title=${t("compare.only-here")} nodes=${partners.alone.map((i) => nodes[i])} select=${actions.reveal} />
    <${Alone} title=${t("compare.only-there")} nodes=${partners.otherAlone.map((k) => others[k])} />
  `;
}

function Row({ change, node, other, actions, t }) {
  const words = Object.fromEntries(["came", "went", "shape"].map((kind) => [kind, t(`compare.${kind}`)]));
  const name = nameOf(node) === nameOf(other) ? nameOf(node) : `${nameOf(other)} → ${nameOf(node)}`;
  const cell = (kind, from, to) => html`<td>${change[kind] && html`<b class=${change[kind].kind}>${changeText(change[kind], words)}</b>${change[kind].kind !== "same" && html`<small>${formatValue(from)} → ${formatValue(to)}${change[kind].place !== null ? ` [${change[kind].place}]` : ""}</small>`}`}</td>`;
  return html`<tr>
    <th scope="row"><button type="button" class="link" onClick=${() => actions.reveal(node.id)}>${name}</button></th>
    ${cell("value", change.from.value, change.to.value)}${cell("gradient", change.from.gradient, change.to.gradient)}
  </tr>`;
}

/** Nodes that the other side does not have. */
function Alone({ title, nodes, select = null }) {
  if (nodes.length === 0) return null;
  return html`<h3>${title}</h3><p class="alone">${nodes.slice(0, MOST_NAMES).map((node) => (select ? html`<button type="button" class="link" key=${node.id} onClick=${() => select(node.id)}>${nameOf(node)}</button> ` : html`<code key=${node.id}>${nameOf(node)}</code> `))}${nodes.length > MOST_NAMES && ` … ${nodes.length}`}</p>`;
}

/** A second program beside the first: one's own with a change, or a lesson. */
function Other({ state, actions, t }) {
  const { source, settings } = state;
  const examples = state.examples ?? [];
  const first = state.pin.position === null ? state.pin.source : source;
  const [written, write] = useState({ mode: first.mode, text: first[first.mode] });
  const take = (id) => {
    const example = examples.find((one) => one.id === id);
    if (example?.program !== undefined) write({ mode: "program", text: example.program });
  };
  const run = () => actions.compareWith({ ...source, mode: written.mode, [written.mode]: written.text });
  return html`
    <details class="other">
      <summary>${t("compare.with-other")}</summary>
      <label class="lessons"><span class="unseen">${t("compare.lesson")}</span><select value="" onChange=${(event) => take(event.target.value)}>
        <option value="" selected>${t("compare.lesson")}</option>
        ${examples.filter(({ program }) => program !== undefined).map(({ id, title }) => html`<option key=${id} value=${id}>${textIn(title, settings.language)}</option>`)}
      </select></label>
      <${Editor} key=${written.mode} kind=${written.mode} text=${written.text} label=${t("compare.other-source")} onChange=${(text) => write({ ...written, text })} onRun=${run} />
      <button type="button" class="button primary small" disabled=${state.pin.isRunning} onClick=${run}>${t("compare.run")}</button>
    </details>
  `;
}
