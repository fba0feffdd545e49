// How deep the groups of a large graph are opened, and in words what is folded.

import { html } from "../vendor/preact.js";
import { levelsOf } from "../levels.js";
import { MOST_BOXES } from "../redraw.js";
import { withWords } from "./words.js";

/** @param {{graph: any, actions: any, t: any}} props */
function LevelChoice({ graph, actions, t }) {
  const deepest = levelsOf(graph);
  const depth = graph.depth ?? null;
  const choices = Array.from({ length: deepest }, (_, k) => k + 1);
  const choose = (event) => actions.setDepth(event.target.value === "" ? null : Number(event.target.value));
  return html`
    <label class="levels"><span class="unseen">${t("levels.label")}</span><select title=${t("levels.label")} value=${depth ?? ""} onChange=${choose}>
      <option value="" selected=${depth === null}>${t("levels.auto")}</option>
      ${choices.map((level) => html`<option key=${level} value=${level} selected=${level === depth}>${t("levels.depth", { level })}</option>`)}
      <option value=${ALL} selected=${depth === ALL}>${t("levels.all", { count: MOST_BOXES })}</option>
    </select></label>
    <p class="folded-note" role="status"><span>${noteOf(graph, t)}</span></p>
  `;
}

/** More levels than any graph has. */
const ALL = 1000;

function noteOf({ nodes, groups = [], depth = null }, t) {
  const inside = groups.reduce((sum, { members }) => sum + members.length, 0);
  const boxes = nodes.length - inside + groups.length;
  const numbers = { nodes: nodes.length.toLocaleString("en"), boxes, inside: inside.toLocaleString("en") };
  if (groups.length === 0) return t("levels.whole", numbers);
  return t(depth === ALL ? "levels.full" : "levels.folded", numbers);
}

export const Levels = withWords("nets", LevelChoice);
