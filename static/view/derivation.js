// The chain rule at the chosen node, in numbers and in PyTorch's own words.

import { derivativesOf } from "../chain.js";
import { formatNumber, formatValue } from "../format.js";
import { inputFormulas } from "../formula.js";
import { nameOf } from "../sentence.js";
import { isFollowed } from "../topology.js";
import { html } from "../vendor/preact.js";
import { Block } from "./block.js";
import { Formula } from "./formula.js";

/** Several gradients that met at a node, and their sum. */
export function Contributions({ contributions, total, t, actions }) {
  if (contributions.length < 2) return null;
  return html`
    <ul class="contributions" aria-label=${t("inspector.contributions")}>
      ${contributions.map(
        ({ edge, from, flow }, k) => html`<li key=${edge.id}><span class="sign">${k === 0 ? "" : "+"}</span> <b>${formatValue(flow)}</b>
          <button type="button" class="link" onClick=${() => actions.select(edge.id)}>${t("inspector.from", { label: nameOf(from) })}</button></li>`,
      )}
      <li class="sum"><span class="sign">=</span> <b>${formatValue(total)}</b> ${t("inspector.sum")}</li>
    </ul>
  `;
}

/** For each input: local derivative × upstream = downstream. */
export function ChainRule({ scene, t, i, actions }) {
  const { pass, ranks, backwardReach } = scene;
  if (!pass || ranks.backward[i] > backwardReach || ranks.backward[i] === Infinity) return null;
  const upstream = formatValue(pass.gradients[i] ?? null);
  const rows = derivativesOf(scene, i);
  if (rows.length === 0) return null;
  return html`
    <${Block} title=${t("inspector.chain")}>
      <table class="chain">
        <thead><tr><th scope="col">${t("inspector.input")}</th><th scope="col">${t("inspector.local")}</th><th scope="col">${t("inspector.upstream-short")}</th><th scope="col">${t("inspector.downstream")}</th></tr></thead>
        <tbody>${rows.map((row) => html`<${InputRow} key=${row.edge.id} ...${row} upstream=${upstream} t=${t} actions=${actions} />`)}</tbody>
      </table>
      ${inputFormulas(scene, i).map((formula, k) => html`<${Formula} key=${k} formula=${formula} />`)}
    <//>
  `;
}

function InputRow({ edge, to, derivative, flow, upstream, t, actions }) {
  const name = html`<button type="button" class="link" onClick=${() => actions.select(to.id)}>${nameOf(to)}</button>`;
  if (!isFollowed(to) || flow === null) return html`<tr class="unfollowed"><th scope="row">${name}</th><td colspan="3">${t("inspector.unfollowed")}</td></tr>`;
  return html`
    <tr>
      <th scope="row">${name}</th>
      <td>${derivative === null ? html`<span class="absent" title=${t("inspector.jacobian")}>J</span>` : formatValue(derivative)}</td>
      <td>× ${upstream}</td>
      <td>= <button type="button" class="link" onClick=${() => actions.select(edge.id)}><b>${formatValue(flow)}</b></button></td>
    </tr>
  `;
}

/** PyTorch's derivative formula for each input. */
export function Rules({ node, t }) {
  const rules = Object.entries(node.rule ?? {});
  if (rules.length === 0) return null;
  return html`
    <${Block} title=${t("inspector.rule")}>
      <dl class="rules">${rules.map(([name, formula]) => html`<div key=${name}><dt><code>${name}</code></dt><dd><code>${formula}</code></dd></div>`)}</dl>
    <//>
  `;
}

/** What the node kept for the backward pass; `changed` is what differs in the pass on show. */
export function Saved({ node, t, changed }) {
  const saved = Object.entries({ ...node.saved, ...changed });
  if (saved.length === 0) return null;
  return html`
    <${Block} title=${t("inspector.saved")}>
      <dl class="facts">${saved.map(([name, value]) => html`<div key=${name}><dt><code>${name}</code></dt><dd>${savedText(value, t)}</dd></div>`)}</dl>
    <//>
  `;
}

function savedText(value, t) {
  if (value === null) return "None";
  if (Array.isArray(value)) return `(${value.map(formatNumber).join(", ")})`;
  if (typeof value !== "object") return typeof value === "string" ? value : formatNumber(value);
  return t("inspector.saved-tensor", { dtype: value.dtype, shape: `[${value.shape.join(", ")}]`, bytes: value.bytes });
}
