// The graph as a plain table, for those who would rather read than look.

import { groupView, shareOf } from "../folded.js";
import { formatShare, formatValue } from "../format.js";
import { titleOf } from "../frames.js";
import { nodeView } from "../scene.js";
import { nameOf } from "../sentence.js";
import { html } from "../vendor/preact.js";

/** More rows than this make a page slow; the picture folds, and so does the table. */
const MOST_ROWS = 500;

/** @param {{scene: any, t: any, selection: string | null, select: (id: string) => void}} props */
export function NodeTable({ scene, t, selection, select }) {
  const { nodes, groups = [] } = scene.topology.graph;
  const columns = ["node", "operation", "value", "gradient", "inputs"];
  return html`
    <div class="graph-table sideways" tabindex="0" role="region" aria-label=${t("graph.table-caption")}>
      <table>
        <caption>${t("graph.table-caption")}</caption>
        <thead><tr>${columns.map((column) => html`<th scope="col">${t(`graph.column-${column}`)}</th>`)}</tr></thead>
        <tbody>
          ${groups.map((group) => html`<${GroupRow} key=${group.key} ...${{ scene, group, t, select }} isChosen=${group.id === selection} />`)}
          ${nodes.slice(0, MOST_ROWS).map((node, i) => html`<${Row} key=${node.id} ...${{ scene, node, i, select, t }} isChosen=${node.id === selection} />`)}
        </tbody>
      </table>
      ${nodes.length > MOST_ROWS && html`<p>${t("graph.table-more", { count: nodes.length - MOST_ROWS })}</p>`}
    </div>
  `;
}

/** A folded group stands before the nodes, with what it shows in the picture. */
function GroupRow({ scene, group, t, select, isChosen }) {
  const { state, active } = groupView(scene, group);
  const face = scene.topology.places.get(group.face);
  const view = face === undefined ? { value: null, gradient: null } : nodeView(scene, face);
  return html`
    <tr class=${`group ${state}${active ? " active" : ""}${isChosen ? " chosen" : ""}`}>
      <th scope="row"><button type="button" class="link" onClick=${() => select(group.id)}>${titleOf(group)}</button></th>
      <td>${t("graph.table-group", { count: group.members.length })}</td>
      <td class="number">${formatValue(view.value)}</td>
      <td class="number">${formatValue(view.gradient)}</td>
      <td>${group.parameters > 0 && t("graph.table-share", { share: formatShare(shareOf(scene, group)) })}</td>
    </tr>
  `;
}

function Row({ scene, node, i, select, isChosen, t }) {
  const { topology } = scene;
  const view = nodeView(scene, i);
  const sign = node.cut && node.kind !== "ghost" ? "✂ " : "";
  const inputs = topology.inputs[i].map((j) => sign + nameOf(topology.graph.nodes[topology.targets[j]]));
  return html`
    <tr class=${`${view.state}${view.active ? " active" : ""}${isChosen ? " chosen" : ""}`}>
      <th scope="row"><button type="button" class="link" onClick=${() => select(node.id)}>${nameOf(node)}</button></th>
      <td>${node.cut ? t("graph.cut", { how: node.cut }) : view.blocks ? t("graph.blocks", { name: node.name }) : node.name}</td>
      <td class="number">${formatValue(view.value)}</td>
      <td class="number">${formatValue(view.gradient)}</td>
      <td>${t("graph.table-inputs", { inputs })}</td>
    </tr>
  `;
}
