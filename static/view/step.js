// How an optimizer made its step for the chosen parameter: each line of its formula with this step's numbers.

import { formatNumber, formatValue } from "../format.js";
import { numberOf } from "../formula.js";
import { placeIn } from "../optim/evaluate.js";
import { inNumbers, inSymbols, symbolOf } from "../optim/latex.js";
import { explainStep } from "../optim/step.js";
import { largestOf, placeText, stepAt } from "../optim/sight.js";
import { html, useState } from "../vendor/preact.js";
import { Block } from "./block.js";
import { Formula } from "./formula.js";
import { Sentence } from "./problem.js";
import { withWords } from "./words.js";

/** @param {{scene: any, node: any, language: string, t?: any}} props */
export const Step = withWords("lab", ({ scene, node, t }) => {
  const given = stepAt(scene, node);
  if (!given) return null;
  const step = explainStep(given);
  const { optimizer } = given.update;
  const title = t("step.title", { optimizer });
  if (step.reason) return html`<${Block} title=${title}><p class="later"><${Sentence} text=${t(`step.${step.reason}`, { optimizer })} /></p><//>`;
  return html`<${Block} title=${title}><${Lines} key=${node.id} ...${{ step, given, t }} /><//>`;
});

function Lines({ step, given, t }) {
  const [chosen, choose] = useState(null);
  const { update, at } = given;
  const count = step.after.data.length;
  const k = Math.min(chosen ?? largestOf(step), count - 1);
  const place = { shape: step.shape, k };
  const { optimizer } = update;
  return html`
    ${count > 1 && html`<${Element} ...${{ place, count, choose, t }} />`}
    <${Letters} ...${{ step, update, t }} />
    <ol class="step-lines">${step.lines.map((line, n) => html`<li key=${n}><${LineOf} ...${{ line, place, optimizer, t }} /></li>`)}</ol>
    <${Verdict} ...${{ step, parameter: update.parameters[at], place, t }} />
    <${Others} ...${{ step, place, t }} />
  `;
}

/** Of a tensor one element is shown at a time. */
function Element({ place, count, choose, t }) {
  const options = Array.from({ length: count }, (_, k) => k);
  return html`<label class="step-element">${t("step.element")} <select value=${place.k} onChange=${(event) => choose(Number(event.target.value))}>
    ${options.map((k) => html`<option key=${k} value=${k} selected=${k === place.k}>${placeText(place.shape, k)}</option>`)}
  </select></label>`;
}

/** The options that the lines use, each with its letter. */
function Letters({ step, update, t }) {
  const used = new Set(step.lines.flatMap(({ is }) => is.match(/[A-Za-z_]\w*/g) ?? []));
  const options = Object.keys(update.options).filter((name) => used.has(name) && step.scope[name]);
  const rows = [...options, ...(used.has("t") ? ["t"] : [])];
  return html`<dl class="step-letters" aria-label=${t("step.letters")}>${rows.map((name) => {
    const value = step.scope[name].data[0];
    const latex = `${symbolOf(name, update.optimizer)} = ${numberOf(value).latex}`;
    return html`<div key=${name}><dt><code>${name === "t" ? "step" : name}</code></dt><dd><${Formula} formula=${{ latex, text: `${name} = ${formatNumber(value)}`, names: [] }} /></dd></div>`;
  })}</dl>`;
}

function LineOf({ line, place, optimizer, t }) {
  const sign = Object.hasOwn(line.scope, line.to) ? "\\leftarrow" : "=";
  const value = numberAt(line.value, place);
  const symbols = inSymbols(line.tree, optimizer);
  const numbers = inNumbers(line.tree, line.scope, place);
  const result = numberOf(value).latex;
  const rows = [`${symbolOf(line.to, optimizer)} &${sign} ${symbols}`, ...(numbers === result ? [] : [`&= ${numbers}`]), `&= ${result}`];
  const formula = { latex: `\\begin{aligned}${rows.join(" \\\\[2pt] ")}\\end{aligned}`, text: `${line.to} = ${line.is} = ${formatNumber(value)}`, names: [] };
  return html`<${Formula} formula=${formula} />${line.agrees !== null && html`<${Kept} ...${{ line, place, t }} />`}`;
}

/** What the optimizer keeps of a line, as torch recorded it. */
function Kept({ line, place, t }) {
  const value = formatNumber(numberAt(line.recorded, place));
  return html`<p class=${`step-kept ${line.agrees ? "agrees" : "differs"}`}><${Sentence} text=${t(line.agrees ? "step.kept" : "step.kept-differs", { state: line.state, value })} /></p>`;
}

/** JSON has words for what is no finite number, and so has what is printed. */
function numberAt(tensor, place) {
  const number = tensor.data[placeIn(tensor, place.shape, place.k)];
  return Number.isFinite(number) ? number : String(number);
}

function Verdict({ step, parameter, place, t }) {
  const after = formatNumber(numberAt(step.after, place));
  const moved = formatNumber(stepOf(step, step.after, place));
  if (step.inner !== null && step.inner !== 1) return html`<p class="step-verdict"><${Sentence} text=${t("step.inner", { count: step.inner })} /></p>`;
  if (step.agrees) return html`<p class="step-verdict agrees"><${Sentence} text=${t("step.agrees", { after, step: moved })} /></p>`;
  return html`<p class="step-verdict differs"><${Sentence} text=${t("step.differs", { after, torch: formatValue(parameter.after) })} /></p>`;
}

function stepOf(step, after, place) {
  return Number(numberAt(after, place)) - Number(numberAt(step.scope.p, place));
}

/** What this step alone would have been with a part of it left out. */
function Others({ step, place, t }) {
  if (step.others.length === 0) return null;
  const row = (name, after) => html`<tr key=${name}><th scope="row">${t(`step.without-${name}`)}</th><td>${formatNumber(stepOf(step, after, place))}</td><td><b>${formatNumber(numberAt(after, place))}</b></td></tr>`;
  return html`
    <h4>${t("step.others")}</h4>
    <table class="history">
      <thead><tr><td></td><th scope="col">${t("step.step")}</th><th scope="col">${t("step.after")}</th></tr></thead>
      <tbody>${row("nothing", step.after)}${step.others.map(({ name, after }) => row(name, after))}</tbody>
    </table>
    <p class="hint">${t("step.others-how")}</p>
  `;
}
