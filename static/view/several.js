// What only some nodes have: several outputs, each with its value and gradient; and the node of an earlier graph that a
// node of the gradient's graph comes from. Loaded when the first such node is chosen.

import { nameOf } from "../sentence.js";
import { positionOfPass } from "../timeline.js";
import { html } from "../vendor/preact.js";
import { Block } from "./block.js";
import { formatValue } from "../format.js";

/** @param {{scene: any, node: any, view: any, t: any, actions: any}} props */
export function Several({ scene, node, view, t, actions }) {
  return html`
    ${node.outputs && html`<${Outputs} ...${{ scene, node, view, t }} />`}
    ${node.origin && html`<${OriginOf} ...${{ scene, node, t, actions }} />`}
  `;
}

function Outputs({ scene, node, view, t }) {
  const known = view.state === "pending" ? [] : (scene.pass?.outputs?.[node.id] ?? []);
  const gradient = (output) => (view.state === "ran" ? formatValue(output?.gradient ?? null) : "");
  return html`
    <${Block} title=${t("inspector.outputs")}>
      <table class="history outputs">
        <thead><tr><th scope="col">output_nr</th><th scope="col">${t("inspector.shape")}</th><th scope="col">${t("inspector.value")}</th><th scope="col">${t("inspector.upstream-short")}</th></tr></thead>
        <tbody>${node.outputs.map(({ shape }, k) => html`<tr key=${k}><th scope="row">${k}</th><td>[${shape.join(", ")}]</td><td>${known[k] ? formatValue(known[k].value) : ""}</td><td>${gradient(known[k])}</td></tr>`)}</tbody>
      </table>
    <//>
  `;
}

/** The way to the node whose backward computation this one records: to the pass that ran it, and its box there. */
function OriginOf({ scene, node, t, actions }) {
  const { timeline, frame } = scene;
  const graph = timeline.graphs.get(node.origin.graph);
  const origin = graph?.nodes.find(({ id }) => id === node.origin.node);
  if (!origin) return null;
  const go = () => {
    actions.pause();
    actions.setPosition(positionOfPass(timeline, latestPass(timeline, node.origin.graph, frame.pass)) ?? 0);
    actions.select(origin.id);
  };
  return html`<${Block} title=${t("inspector.origin")}><p>${t("inspector.origin-why")} <button type="button" class="link" onClick=${go}>${nameOf(origin)}</button> <code class="torch-name">${origin.name}</code></p><//>`;
}

function latestPass({ trace }, graph, before) {
  const earlier = trace.passes.findLastIndex((pass, index) => pass.graph === graph && index <= before);
  return earlier >= 0 ? earlier : trace.passes.findIndex((pass) => pass.graph === graph);
}
