// A leaf at the present frame: its `.grad`, what piled up in it, and how updates moved it.

import { historyOf } from "../chain.js";
import { formatValue } from "../format.js";
import { heldGradient } from "../scene.js";
import { html } from "../vendor/preact.js";
import { Block } from "./block.js";
import { figuresOf } from "./figures.js";
import { Tensor } from "./tensor.js";

const MOST_CHANGES = 8;

/** @param {{scene: any, t: any, actions: any, node: any, view: any, i: number}} props */
export function LeafState({ scene, t, actions, node, view, i }) {
  const history = historyOf(scene, node, MOST_CHANGES);
  return html`
    <${Block} title=".grad">
      ${view.gradient === null ? html`<p class="later"><code>None</code></p>` : html`<${Tensor} value=${view.gradient} t=${t} />`}
      ${view.piled && html`<${Pile} ...${{ scene, t, view, i }} />`}
    <//>
    ${history.length > 0 && html`<${History} ...${{ history, t, actions }} />`}
  `;
}

/** How a `.grad` came to hold more than the last pass gave. */
function Pile({ scene, t, view, i }) {
  const { timeline, frame, topology, pass } = scene;
  if (frame.kind !== "backward") return html`<p class="piled-note">${t("inspector.piled")}</p>`;
  const before = heldGradient(timeline, frame.moment - 1, topology, i).value;
  const sum = `${formatValue(before)} + ${formatValue(pass.gradients[i] ?? null)} = ${formatValue(view.gradient)}`;
  return html`<p class="piled-note">${t("inspector.piled")}${before !== null && html` <span class="product">${sum}</span>`}</p>`;
}

function History({ history, t, actions }) {
  const states = Object.entries(history[0].change.state ?? {});
  return html`
    <${Block} title=${t("inspector.updates")}>
      <table class="history">
        <thead><tr>${["step", "before", "gradient", "after"].map((name) => html`<th scope="col">${t(`inspector.update-${name}`)}</th>`)}</tr></thead>
        <tbody>
          ${history.map(
            ({ index, position, change }) => html`<tr key=${index}>
              <th scope="row"><button type="button" class="link" onClick=${() => actions.setPosition(position)}>${index + 1}</button></th>
              <td>${figuresOf(change.before)}</td><td>${figuresOf(change.gradient)}</td><td><b>${figuresOf(change.after)}</b></td>
            </tr>`,
          )}
        </tbody>
      </table>
      ${states.length > 0 && html`<dl class="facts">${states.map(([name, value]) => html`<div key=${name}><dt><code>${name}</code></dt><dd>${formatValue(value)}</dd></div>`)}</dl>`}
    <//>
  `;
}
