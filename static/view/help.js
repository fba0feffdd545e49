// What the keys do, and what the page is.

import { translator } from "../i18n.js";
import { html } from "../vendor/preact.js";
import { Sentence } from "./problem.js";

/** @type {[string[], string][]} */
const KEYS = [
  [["Ctrl Enter"], "run"],
  [["Alt ↑", "Alt ↓"], "number"],
  [["Space"], "play"],
  [["←", "→"], "node"],
  [["Shift ←", "Shift →"], "phase"],
  [["PgUp", "PgDn"], "step"],
  [["Home", "End"], "ends"],
  [["[", "]"], "loop"],
  [["/"], "find"],
  [["p"], "predict"],
  [["c"], "compare"],
  [["g"], "check"],
  [["+", "−", "0"], "zoom"],
  [["Tab", "Enter"], "choose"],
  [["O", "C"], "fold"],
  [["Esc"], "leave"],
  [["?"], "help"],
];

/** @param {{state: any}} props */
export function Help({ state }) {
  const t = translator(state.settings.language);
  return html`
    <p><${Sentence} text=${t("help.about")} /></p>
    <p><${Sentence} text=${t("help.how")} /></p>
    <p><a href=${`/docs?lang=${state.settings.language}`}>${t("toolbar.docs")}</a></p>
    <h3>${t("help.keys")}</h3>
    <dl class="keys">${KEYS.map(([keys, name]) => html`<div key=${name}><dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${t(`help.key-${name}`)}</dd></div>`)}</dl>
  `;
}
