// The opened groups in which a node lies, each with a button that closes it again.

import { framesAround, titleOf } from "../frames.js";
import { html } from "../vendor/preact.js";

/** The innermost ones are those that somebody wants to close. */
const MOST = 3;

/** @param {{graph: any, node: any, t: any, actions: any}} props */
export function Enclosing({ graph, node, t, actions }) {
  const frames = framesAround(graph, node.id).slice(-MOST);
  if (frames.length === 0) return null;
  return html`<div class="enclosing">${frames.map((frame) => html`<button type="button" class="action" key=${frame.key} onClick=${() => actions.collapse(frame.key)}>${t("inspector.collapse", { title: titleOf(frame) })}</button>`)}</div>`;
}
