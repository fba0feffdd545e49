// Gradient flow: norms of gradients and updates by layer over the steps, as a map or as curves, and in words.

import { formatNumber } from "../format.js";
import { QUANTITIES, extremesOf, flowOf, scaleOf } from "../flow.js";
import { frameAt, positionOfPass, timelineOf } from "../timeline.js";
import { html, useMemo, useRef, useState } from "../vendor/preact.js";
import { Chart } from "./curves.js";
import { HeatMap } from "./heatmap.js";
import { withWords } from "./words.js";

const FORMS = ["map-form", "curves-form", "table-form"];
/** More curves than this no eye can follow: they are chosen evenly from the first layer to the last. */
const MOST_CURVES = 12;
/** A gradient so many times smaller than another has as good as vanished. */
const VANISHED = 1e4;
/** Updates of about a thousandth of the weights are usual. */
const USUAL = 1e-3;

/** @param {{state: any, actions: any, t: any}} props */
function FlowPanel({ state, actions, t }) {
  const [quantity, setQuantity] = useState("gradient");
  const [form, setForm] = useState("map-form");
  const { trace, run } = state;
  const flow = useSettled(trace, run.status === "running");
  if (trace?.passes.some(({ isVeiled }) => isVeiled)) return html`<section class="flow-view"><p class="hint">${t("flow.hidden")}</p></section>`;
  if (!flow || flow.layers.length === 0) return html`<section class="flow-view"><p class="hint">${t("flow.empty")}</p></section>`;
  const timeline = timelineOf(trace);
  const { pass } = frameAt(timeline, state.position);
  const names = flow.layers.map(({ name }) => name);
  const rows = flow[quantity];
  const go = ({ row, pass: p }) => {
    const position = positionOfPass(timeline, p);
    if (state.playing) actions.pause();
    if (position !== null) actions.setPosition(position);
    const leaf = row === null ? null : flow.layers[row].leaves.get(trace.passes[p].graph)?.[0];
    if (leaf) actions.reveal(leaf);
  };
  const theme = `${state.settings.theme} ${matchMedia("(prefers-color-scheme: dark)").matches}`;
  const shared = { flow, rows, names, pass, go, theme, t, title: t(`flow.${quantity}`) };
  return html`
    <section class="flow-view" aria-label=${t("flow.title")}>
      <div class="flow-tools">
        <${Choice} names=${QUANTITIES} chosen=${quantity} choose=${setQuantity} label=${t("flow.quantity")} t=${t} />
        <${Choice} names=${FORMS} chosen=${form} choose=${setForm} label=${t("flow.form")} t=${t} />
      </div>
      ${form === "map-form" && html`<${HeatMap} ...${shared} /><${Legend} rows=${rows} t=${t} />`}
      ${form === "curves-form" && html`<${Curves} ...${shared} />`}
      ${form === "table-form" && html`<${Table} ...${shared} />`}
      <p class="flow-words">${wordsOf(quantity, shared)}</p>
    </section>
  `;
}

/** The flow of a run, found anew when the run is over: while it streams in, what was known last. */
function useSettled(trace, isRunning) {
  const last = useRef({ trace: null, flow: null });
  return useMemo(() => {
    if (!trace || trace.passes.length === 0) return null;
    if (!isRunning || last.current.trace?.graphs[0]?.nodes !== trace.graphs[0]?.nodes) last.current = { trace, flow: flowOf(trace) };
    return last.current.flow;
  }, [isRunning, trace?.passes, trace?.updates]);
}

function Choice({ names, chosen, choose, label, t }) {
  return html`<div class="choice" role="group" aria-label=${label}>
    ${names.map((name) => html`<button type="button" key=${name} aria-pressed=${String(name === chosen)} onClick=${() => choose(name)}>${t(`flow.${name}`)}</button>`)}
  </div>`;
}

function Curves({ flow, rows, names, pass, go, theme, t, title }) {
  const curves = useMemo(() => {
    const count = Math.min(MOST_CURVES, names.length);
    const places = Array.from({ length: count }, (_, k) => (count === 1 ? 0 : Math.round((k * (names.length - 1)) / (count - 1))));
    return places.map((row) => ({ name: names[row], numbers: rows[row].map((number) => (Number.isFinite(number) ? number : null)), marks: marksOf(rows[row]) }));
  }, [rows, names.length]);
  const steps = useMemo(() => Array.from({ length: flow.count }, (_, p) => p + 1), [flow.count]);
  return html`<${Chart} ...${{ title, curves, theme, t: (key, parameters) => t(key.replace("curves.", "flow.curve-"), parameters), pass }} isLog=${true} steps=${steps} go=${(p) => go({ row: null, pass: p })} />`;
}

function marksOf(row) {
  return row.flatMap((number, pass) => (number !== null && !Number.isFinite(number) ? [{ pass, value: "NaN, ∞" }] : []));
}

/** All numbers of the present step, for those who would rather read. */
function Table({ flow, names, pass, go, t }) {
  return html`<div class="flow-table sideways" tabindex="0" role="region" aria-label=${t("flow.table", { step: pass + 1 })}><table>
    <caption>${t("flow.table", { step: pass + 1 })}</caption>
    <thead><tr><th scope="col">${t("flow.layer")}</th>${QUANTITIES.map((name) => html`<th scope="col" key=${name}>${t(`flow.${name}`)}</th>`)}</tr></thead>
    <tbody>${names.map((name, row) => html`<tr key=${name}><th scope="row"><button type="button" class="link" onClick=${() => pass >= 0 && go({ row, pass })}>${name}</button></th>
      ${QUANTITIES.map((quantity) => html`<td key=${quantity}>${numberOf(flow[quantity][row][pass])}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

function numberOf(number) {
  if (number === null || number === undefined) return "—";
  return Number.isFinite(number) ? formatNumber(number) : "NaN, ∞";
}

function Legend({ rows, t }) {
  const scale = scaleOf(rows);
  if (!scale) return null;
  return html`<p class="flow-legend" role="img" aria-label=${t("flow.scale", { low: formatNumber(scale.low), high: formatNumber(scale.high) })}>
    <span>${formatNumber(scale.low)}</span><span class="steps">${Array.from({ length: 7 }, (_, k) => html`<i key=${k} class=${`tint-${k}`}></i>`)}</span><span>${formatNumber(scale.high)}</span>
    <span class="swatch-name"><i class="tint-zero"></i>0</span><span class="swatch-name"><i class="tint-broken"></i>NaN, ∞</span></p>`;
}

/** What the present step shows, in one sentence. */
function wordsOf(quantity, { rows, names, pass, t }) {
  const found = extremesOf(rows, pass);
  if (!found) return t("flow.nothing");
  const { high, low, factor } = found;
  const numbers = { high: names[high.row], low: names[low.row], most: whole(high.number), least: whole(low.number), factor: whole(factor), step: pass + 1 };
  if (quantity === "ratio") return t(high.number > 30 * USUAL ? "flow.ratio-large" : high.number < USUAL / 30 ? "flow.ratio-small" : "flow.ratio-usual", numbers);
  if (quantity === "gradient" && factor > VANISHED) return t(low.row < high.row ? "flow.vanishing" : "flow.growing", numbers);
  return t("flow.even", numbers);
}

/** A number that is not broken after its sign or that of its power, where a line ends. */
function whole(number) {
  return formatNumber(number).replaceAll("-", "-\u2060");
}

export const Flow = withWords("nets", FlowPanel);
