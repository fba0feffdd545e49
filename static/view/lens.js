// Ways to look at a large graph: search for a node, colour nodes by size or module, and what the colours mean.

import { formatNumber } from "../format.js";
import { HUES, STEPS, TINTS, tintsOf } from "../tint.js";
import { html, useEffect, useMemo } from "../vendor/preact.js";
import { Icon } from "./icons.js";
import { Later } from "./later.js";
import { Steady } from "./steady.js";

const WRITING = "input:not([type=range]), textarea, select, [contenteditable], .cm-editor, dialog";

/** @param {{state: any, actions: any, scene: any, t: any, stage: any}} props */
export function Lens({ state, actions, scene, t, stage }) {
  useLensKeys(actions);
  const { isFinding, tint, predict, pin, check, settings: { language } } = state;
  const { graph } = scene.topology;
  return html`
    <div class=${`graph-lens${isFinding ? " finding" : ""}`}>
      <${Steady} part=${Row} on=${[isFinding, tint, predict, pin, check, language, graph]} props=${{ state, actions, graph, t }} />
      ${isFinding && html`<${Later} load=${loadFind} props=${{ actions, scene, t, stage }} />`}
    </div>
    ${tint !== "none" && html`<${Scale} ...${{ scene, tint, t }} />`}
  `;
}

function Row({ state, actions, graph, t }) {
  const { isFinding, tint } = state;
  return html`
    <div class="lens-row">
        <button type="button" class="tool" title=${t("find.open")} aria-label=${t("find.open")} aria-expanded=${String(isFinding)} onClick=${() => actions.find(!isFinding)}><${Icon} name="find" /></button>
        <label class=${`tint${tint === "none" ? "" : " on"}`}><${Icon} name="tint" /><span class="unseen">${t("tint.label")}</span><select title=${t("tint.label")} value=${tint} onChange=${(event) => actions.setTint(event.target.value)}>
          ${TINTS.map((name) => html`<option key=${name} value=${name} selected=${name === tint}>${t(`tint.${name}`)}</option>`)}
        </select></label>
        <button type="button" class="tool" title=${t("lens.predict")} aria-label=${t("lens.predict")} aria-pressed=${String(state.predict !== null)} onClick=${() => actions.setPredict(state.predict ? null : "gradient")}><${Icon} name="predict" /></button>
        <button type="button" class="tool" title=${t("lens.compare")} aria-label=${t("lens.compare")} aria-pressed=${String(state.pin !== null)} onClick=${() => (state.pin ? actions.endCompare() : actions.pinMoment())}><${Icon} name="compare" /></button>
        <button type="button" class="tool" title=${t("lens.check")} aria-label=${t("lens.check")} aria-pressed=${String(state.check !== null)} onClick=${() => (state.check ? actions.endCheck() : actions.checkNodes())}><${Icon} name="check" /></button>
        ${isFolded(graph) && html`<${Later} key="levels" load=${loadLevels} sheet="nets" props=${{ graph, actions, language: state.settings.language }} />`}
      </div>
  `;
}

const loadFind = async () => (await import("./find.js")).Find;
const loadLevels = async () => (await import("./levels.js")).Levels;

function isFolded({ groups = [], clusters = [] }) {
  return groups.length + clusters.length > 0;
}

/** What a letter does from wherever nobody is writing. */
const KEYS = {
  "/": (actions) => actions.find(true),
  p: (actions) => actions.predictByKey(),
  c: (actions) => actions.pinMoment(),
  g: (actions) => actions.checkNodes(),
};

function useLensKeys(actions) {
  useEffect(() => {
    const listen = (event) => {
      if (!Object.hasOwn(KEYS, event.key) || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof Element && event.target.closest(WRITING)) return;
      event.preventDefault();
      KEYS[event.key](actions);
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}

/** The legend of the colours on show. */
function Scale({ scene, tint, t }) {
  const tints = useMemo(() => tintsOf(scene, tint), [scene, tint]);
  const { low, high, modules, has } = tints;
  const name = tint === "time" ? "tint.times" : "tint.scale";
  if (tint === "module") {
    if (modules.length === 0) return html`<p class="scale empty">${t("tint.no-modules")}</p>`;
    return html`<ul class="scale modules" aria-label=${t("tint.module")}>${modules.slice(0, HUES).map((name, k) => html`<li key=${name}><i class=${`tint-hue-${k}`}></i>${name}</li>`)}${modules.length > HUES && html`<li>…</li>`}</ul>`;
  }
  if (low === null && !has.zero && !has.broken) return html`<p class="scale empty">${t("tint.nothing")}</p>`;
  return html`
    <div class="scale" role="img" aria-label=${t(name, { low: formatNumber(low), high: formatNumber(high) })}>
      ${low !== null && html`<span>${formatNumber(low)}</span><span class="steps">${Array.from({ length: STEPS }, (_, k) => html`<i key=${k} class=${`tint-${k}`}></i>`)}</span><span>${formatNumber(high)}</span>`}
      ${has.zero && html`<span class="swatch-name"><i class="tint-zero"></i>0</span>`}
      ${has.broken && html`<span class="swatch-name"><i class="tint-broken"></i>NaN, ∞</span>`}
    </div>
  `;
}
