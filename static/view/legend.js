// What shapes and colours mean, and how to begin: shown while nothing is chosen.

import { html, useMemo } from "../vendor/preact.js";

const KINDS = ["leaf", "operation", "constant", "output", "ghost"];
const STATES = ["forward", "backward", "update", "piled", "blocks", "break"];

/** @type {[string[], string][]} */
const KEYS = [
  [["Space"], "play"],
  [["←", "→"], "node"],
  [["Shift ←", "Shift →"], "phase"],
  [["PgUp", "PgDn"], "step"],
  [["+", "−", "0"], "zoom"],
  [["Tab", "Enter"], "choose"],
];

/** @param {{t: any, language: string, hasTrace: boolean}} props */
export function Legend({ t, language, hasTrace }) {
  return useMemo(() => written(t, hasTrace), [language, hasTrace]);
}

function written(t, hasTrace) {
  return html`
    <div class="legend">
      <p class="hint">${t(hasTrace ? "inspector.choose" : "inspector.begin")}</p>
      <h3>${t("inspector.legend")}</h3>
      <ul>
        ${KINDS.map((kind) => html`<li key=${kind}><${Shape} kind=${kind} /><span><b>${t(`inspector.kind-${kind}`)}</b> ${t(`inspector.means-${kind}`)}</span></li>`)}
        ${STATES.map((state) => html`<li key=${state}><i class=${`swatch ${state}`}></i><span>${t(`inspector.means-${state}`)}</span></li>`)}
      </ul>
      ${hasTrace && html`<h3 class="keys-title">${t("inspector.keys")}</h3><dl class="keys">${KEYS.map(([keys, name]) => html`<div key=${name}><dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${t(`inspector.key-${name}`)}</dd></div>`)}</dl>`}
    </div>
  `;
}

/** The outline that the picture gives to a kind. */
function Shape({ kind }) {
  return html`<svg class=${`shape ${kind}`} viewBox="0 0 34 22" width="34" height="22" aria-hidden="true">${OUTLINES[kind]()}</svg>`;
}

const OUTLINES = {
  leaf: () => html`<rect x="2" y="2" width="30" height="18" rx="9" />`,
  operation: () => html`<rect x="2" y="2" width="30" height="18" rx="3" />`,
  constant: () => html`<rect x="2" y="2" width="30" height="18" rx="0" />`,
  ghost: () => html`<rect x="2" y="2" width="30" height="18" rx="9" />`,
  output: () => html`<rect x="2" y="2" width="30" height="18" rx="3" /><rect x="5" y="5" width="24" height="12" rx="2" />`,
};
