// The opened groups in which a node lies, each with a button that closes it again.

import { html } from "../vendor/preact.js";

/** The innermost ones are those that somebody wants to close. */
const MOST = 3;
const MODULE = "module:";

/** @param {{graph: any, node: any, t: any, actions: any}} props */
export function Enclosing({ graph, node, t, actions }) {
  const groups = enclosing(graph, node).slice(-MOST);
  if (groups.length === 0) return null;
  return html`<div class="enclosing">${groups.map(({ key, title }) => html`<button type="button" class="action" key=${key} onClick=${() => actions.collapse(key)}>${t("inspector.collapse", { title })}</button>`)}</div>`;
}

/** Modules hold a node by its path; other groups were seen closed before they were opened here. */
function enclosing({ opened = [], unfolded = [] }, node) {
  return opened.flatMap((key) => {
    if (key.startsWith(MODULE)) {
      const path = key.slice(MODULE.length);
      const isInside = !path.includes(":") && (node.module === path || node.module?.startsWith(`${path}.`));
      if (isInside) return [{ key, title: path }];
    }
    return unfolded.filter((group) => group.key === key && group.members.includes(node.id));
  });
}
