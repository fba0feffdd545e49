// What the program printed, each print at its moment, and what the present step did to the parameters.

import { formatValue } from "../format.js";
import { translator } from "../i18n.js";
import { describeChange, isPlainDescent } from "../sentence.js";
import { frameAt, timelineOf } from "../timeline.js";
import { html, useMemo, useState } from "../vendor/preact.js";
import { figuresOf } from "./figures.js";

/** Prints shown before and after the present moment; a button shows all. */
const WINDOW = { before: 200, after: 100 };
const MOST_PARAMETERS = 50;

/** @param {{state: any, actions: any}} props */
export function Output({ state, actions }) {
  const t = translator(state.settings.language);
  const { trace } = state;
  if (!trace) return html`<section class="output-view" aria-label=${t("output.title")}><p class="hint">${t("output.empty")}</p></section>`;
  const timeline = timelineOf(trace);
  const frame = frameAt(timeline, state.position);
  return html`
    <section class="output-view" aria-label=${t("output.title")}>
      <${Prints} ...${{ timeline, frame, actions, t }} language=${state.settings.language} output=${trace.output} />
      <${Updates} ...${{ timeline, frame, actions, t }} />
    </section>
  `;
}

function printsOf(timeline) {
  return timeline.moments.flatMap((moment, m) => (moment.kind === "print" ? [{ m, text: moment.text ?? "", span: moment.span }] : []));
}

function Prints({ timeline, frame, actions, t, language, output }) {
  const [isWhole, setWhole] = useState(false);
  const prints = useMemo(() => printsOf(timeline), [timeline]);
  const reached = countReached(prints, frame.moment);
  const from = isWhole ? 0 : Math.max(0, reached - WINDOW.before);
  const to = isWhole ? prints.length : Math.min(prints.length, reached + WINDOW.after);
  const list = useMemo(
    () => prints.slice(from, to).map((print, k) => html`<${Print} key=${print.m} ...${{ print, timeline, actions, t }} isReached=${from + k < reached} isNow=${print.m === frame.moment} />`),
    [prints, from, to, reached, frame.moment === prints[reached - 1]?.m, language],
  );
  if (prints.length === 0) return html`<div class="prints">${output ? html`<pre>${output}</pre>` : html`<p class="hint">${t("output.no-print")}</p>`}</div>`;
  return html`
    <div class="prints">
      <h3>${t("output.printed")}</h3>
      ${to - from < prints.length && html`<button type="button" class="link" onClick=${() => setWhole(true)}>${t("output.all", { count: prints.length })}</button>`}
      <ol>${list}</ol>
    </div>
  `;
}

/** How many prints lie at or before a moment. */
function countReached(prints, moment) {
  let low = 0;
  let high = prints.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (prints[middle].m <= moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

function Print({ print, timeline, actions, t, isReached, isNow }) {
  const go = () => {
    actions.pause();
    actions.setPosition(timeline.starts[print.m]);
  };
  return html`<li class=${`${isReached ? "reached" : "ahead"}${isNow ? " now" : ""}`}>
    <button type="button" title=${t("output.go")} onClick=${go}><code>${print.text.replace(/\n$/, "") || " "}</code></button>
    ${print.span && html`<button type="button" class="link line" onClick=${() => actions.goToSpan(print.span)}>${t("inspector.line", { line: print.span.line })}</button>`}
  </li>`;
}

/** The updates of the present step, by place on the timeline. */
function updatesOf(timeline, frame) {
  const from = timeline.stepStarts[frame.step] ?? 0;
  const to = timeline.stepStarts[frame.step + 1] ?? timeline.moments.length;
  const updates = [];
  for (let m = from; m < to; m += 1) {
    const moment = timeline.moments[m];
    if (moment.kind === "update") updates.push({ m, update: timeline.trace.updates[moment.update] });
  }
  return updates;
}

function Updates({ timeline, frame, actions, t }) {
  if (timeline.trace.updates.length === 0) return null;
  return html`
    <div class="updates sideways" tabindex="0" role="region" aria-label=${t("output.updates", { step: frame.step + 1 })}>
      <h3>${t("output.updates", { step: frame.step + 1 })}</h3>
      ${updatesOf(timeline, frame).map(({ m, update }) => html`<${UpdateTable} key=${m} ...${{ m, update, frame, timeline, actions, t }} />`)}
    </div>
  `;
}

function UpdateTable({ m, update, frame, timeline, actions, t }) {
  const options = Object.entries(update.options).filter(([, value]) => value !== null && value !== false && value !== 0);
  const rows = update.parameters.slice(0, MOST_PARAMETERS);
  return html`
    <table class=${`update${frame.moment >= m ? " reached" : " ahead"}`}>
      <caption><button type="button" class="link" onClick=${() => actions.setPosition(timeline.starts[m])}>${update.optimizer === "in-place" ? t("output.in-place") : update.optimizer}</button>
        ${isPlainDescent(update) && html` <code>p ← p − lr · p.grad</code>`} <small>${t("output.options", { options: options.map(([name, value]) => `${name} = ${formatOption(value)}`) })}</small></caption>
      <thead><tr>${["parameter", "before", "gradient", "after"].map((name) => html`<th scope="col">${t(`output.${name}`)}</th>`)}</tr></thead>
      <tbody>${rows.map((row, k) => html`<${ParameterRow} key=${k} ...${{ row, update, actions }} />`)}</tbody>
    </table>
    ${update.parameters.length > rows.length && html`<p class="hint">${t("output.more", { count: update.parameters.length - rows.length })}</p>`}
  `;
}

function formatOption(value) {
  return typeof value === "number" ? formatValue(value) : String(value);
}

function ParameterRow({ row, update, actions }) {
  const name = row.variable ?? "?";
  return html`
    <tr title=${describeChange(update, row)}>
      <th scope="row">${row.node ? html`<button type="button" class="link" onClick=${() => actions.select(row.node)}>${name}</button>` : name}</th>
      <td>${figuresOf(row.before)}</td><td>${figuresOf(row.gradient)}</td><td><b>${figuresOf(row.after)}</b></td>
    </tr>
  `;
}
