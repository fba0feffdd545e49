// The sweep: optimizers × learning rates × starts × seeds, as a heat map with its boundary.

import { formatNumber } from "../../format.js";
import { cellCount, scalarsOf, sweepBody } from "../../lab/requests.js";
import { shadesOf, summaryRows } from "../../lab/sweep.js";
import { html, useMemo, useState } from "../../vendor/preact.js";
import { Cell, readingOf, runOf } from "./cell.js";
import { RunBar, Stretch, TextField } from "./fields.js";
import { Heat } from "./heat.js";
import { openRun } from "./open.js";
import { Cut, Problem } from "./problem.js";
import { Racers } from "./racers.js";
import { Stale } from "./stale.js";
import { useStudy } from "./study.js";

const MOST_CONFIGURATIONS = 24;

/** @param {{state: any, actions: any, studies: any, lab: any, catalog: any, language: string, t: any, set: any, subject: any}} props */
export function SweepBench({ state, actions, studies, lab, catalog, language, t, set, subject }) {
  const { sweep } = lab;
  const read = sweepBody(lab, state.source, catalog);
  const finding = state.findings.sweep;
  const { run, faults, isLegible } = useStudy({ kind: "sweep", read, isRun: sweep.isRun, isReady: catalog !== null, studies, finding, set, language, configurations: sweep.configurations });
  const put = (fields) => set("sweep", fields);
  const count = cellCount(lab, state.source);
  return html`
    <div class="lab-form">
      ${subject}
      <section aria-label=${t("lab.configurations")}><h3>${t("lab.configurations")}</h3>
        <${Racers} racers=${sweep.configurations} set=${(configurations) => put({ configurations })} path="sweep/configurations" most=${MOST_CONFIGURATIONS} hides=${["lr"]} ...${{ catalog, faults, t }} />
      </section>
      <${Stretch} legend=${t("lab.rates-log")} path="sweep/rates" value=${sweep.rates} set=${(rates) => put({ rates })} ...${{ faults, t }} />
      <${Starts} ...${{ sweep, put, faults, t }} scalars=${scalarsOf(state.source)} />
      <div class="lab-numbers">
        <${TextField} label=${t("lab.seeds")} path="sweep/seeds" value=${sweep.seeds} size=${4} set=${(seeds) => put({ seeds })} ...${{ faults, t }} />
        <${TextField} label=${t("lab.steps")} path="sweep/steps" value=${sweep.steps} size=${5} set=${(steps) => put({ steps })} ...${{ faults, t }} />
        <${TextField} label=${t("lab.target")} path="sweep/target" value=${sweep.target} hint="–" set=${(target) => put({ target })} ...${{ faults, t }} />
      </div>
      ${count !== null && html`<p class="hint">${t("lab.runs", { count: count.toLocaleString(language) })}</p>`}
      <${RunBar} ...${{ finding, faults, t }} progress=${progressOf(finding, language, t)} run=${run} cancel=${() => studies.cancel("sweep")} />
    </div>
    <div class="lab-results">
      ${isLegible && html`<${Problem} ...${{ finding, language }} />`}
      <${Stale} ...${{ finding, t }} source=${state.source} />
      ${finding?.data?.plan ? html`<${Results} ...${{ state, actions, lab, t, language }} sweep=${finding.data} body=${finding.body} />` : html`<p class="hint lab-empty">${t("lab.sweep-empty")}</p>`}
    </div>
  `;
}

function progressOf(finding, language, t) {
  const { plan, done } = finding?.data ?? {};
  const [told, count] = [done, plan?.cells].map((number) => number?.toLocaleString(language));
  return plan ? { share: done / plan.cells, text: t("lab.cells", { done: told, count }) } : null;
}

/** A grid of starts over the scalar variables, if one is wanted. */
function Starts({ sweep, put, scalars, faults, t }) {
  if (scalars.length === 0) return null;
  const turn = (isOn) => {
    const missing = scalars.filter(({ name }) => !(name in sweep.starts)).slice(0, 2);
    const more = missing.map(({ name, value }) => [name, { start: String(value - 2), stop: String(value + 2), count: "5" }]);
    put({ hasStarts: isOn, starts: isOn ? { ...sweep.starts, ...Object.fromEntries(more) } : sweep.starts });
  };
  return html`
    <section aria-label=${t("lab.starts")}>
      <label class="check"><input type="checkbox" checked=${sweep.hasStarts} onChange=${(event) => turn(event.target.checked)} /> ${t("lab.starts")}</label>
      ${sweep.hasStarts && scalars.filter(({ name }) => name in sweep.starts).map(({ name }) => html`<${Stretch} key=${name} legend=${t("lab.starts-of", { name })} path=${`sweep/starts/${name}`} value=${sweep.starts[name]} set=${(stretch) => put({ starts: { ...sweep.starts, [name]: stretch } })} ...${{ faults, t }} />`)}
    </section>
  `;
}

function Results({ state, actions, lab, sweep, body, t, language }) {
  const [chosen, choose] = useState(null);
  const [pointed, point] = useState(null);
  const { plan, summary, cut, failures } = sweep;
  const shown = pointed ?? chosen;
  return html`
    <p class="lab-statement">${t(body.program === undefined ? "lab.sweep-statement" : "lab.sweep-statement-program", { count: plan.cells.toLocaleString(language), steps: plan.steps })}
      ${summary && html` ${t("lab.sweep-summary", { diverged: summary.diverged, failed: summary.failed })}`}</p>
    ${cut && html`<${Cut} cut=${cut} ...${{ t, language }} />`}
    <${Heat} ...${{ sweep, chosen, choose, point, t }} open=${(cell) => openRun(body, runOf(sweep, cell), actions)} theme=${state.settings.theme} />
    <${Legend} ...${{ sweep, t }} />
    <p class="heat-reading" id="heat-reading" role="status">${shown === null ? t("lab.heat-hint") : readingOf(sweep, shown, t)}</p>
    ${chosen !== null && html`<${Cell} ...${{ sweep, body, actions, lab, t }} cell=${chosen} />`}
    ${summary?.best !== null && summary?.best !== undefined && html`<p>${t("lab.best")} <button type="button" class="link" onClick=${() => choose(summary.best)}>${readingOf(sweep, summary.best, t)}</button></p>`}
    <${Curvature} ...${{ sweep, t }} />
    <${Failures} ...${{ sweep, failures, choose, t }} />
    <${Table} ...${{ sweep, t }} />
  `;
}

function Legend({ sweep, t }) {
  const { lowest, highest, isLog } = shadesOf(sweep);
  const has = { bound: sweep.curvature.some(({ at, bound }) => at === "start" && bound !== null), boundary: sweep.summary !== null };
  return html`
    <ul class="heat-legend">
      ${Number.isFinite(lowest) && html`<li><span>${formatNumber(lowest)}</span><i class="ramp"></i><span>${formatNumber(highest)}</span> ${t(isLog ? "lab.final-log" : "lab.final")}</li>`}
      <li><i class="swatch diverged"></i>${t("lab.verdict-diverged")}</li><li><i class="swatch rose"></i>${t("lab.verdict-rose")}</li>
      ${sweep.failures.size > 0 && html`<li><i class="swatch failed"></i>${t("lab.verdict-failed")}</li>`}
      ${has.boundary && html`<li><i class="stroke boundary"></i>${t("lab.boundary")}</li>`}${has.bound && html`<li><i class="stroke bound"></i>${t("lab.bound")}</li>`}
    </ul>
  `;
}

/** What the Hessian says at the starts, and where the best run ended. */
function Curvature({ sweep, t }) {
  const points = sweep.curvature.slice(0, 6);
  if (points.length === 0) return null;
  const nameOf = ({ at, start, point }) => (at === "best" ? t("lab.at-best") : t("lab.at-start", { place: placeText(point ?? sweep.plan.starts[start] ?? {}) }));
  return html`
    <details class="lab-more"><summary>${t("lab.curvature")}</summary>
      <table class="standings"><thead><tr><th scope="col">${t("lab.point")}</th><th scope="col">${t("lab.loss")}</th><th scope="col">${t("lab.eigenvalues")}</th><th scope="col">2/λ</th></tr></thead>
        <tbody>${points.map((point, i) => html`<tr key=${i}><th scope="row">${nameOf(point)}</th><td>${formatNumber(point.loss)}</td><td>${t("lab.eigenvalues-listed", { values: [...point.eigenvalues.slice(0, 4).map(formatNumber), ...(point.eigenvalues.length > 4 ? ["…"] : [])] })}</td><td>${point.bound === null ? "–" : formatNumber(point.bound)}</td></tr>`)}</tbody>
      </table>
    </details>
  `;
}

/** Where a run began: its variables. */
function placeText(start) {
  return Object.entries(start).map(([name, value]) => `${name} = ${formatNumber(value)}`);
}

function Failures({ sweep, failures, choose, t }) {
  if (failures.size === 0) return null;
  return html`<details class="lab-more"><summary>${t("lab.failures", { count: failures.size })}</summary>
    <ul>${[...failures.values()].slice(0, 20).map(({ cell, title }) => html`<li key=${cell}><button type="button" class="link" onClick=${() => choose(cell)}>${readingOf(sweep, cell, t)}</button> ${title}</li>`)}</ul></details>`;
}

/** The heat map in words and numbers. */
function Table({ sweep, t }) {
  const [isOpen, setOpen] = useState(false);
  const rows = useMemo(() => (isOpen ? summaryRows(sweep) : []), [isOpen, sweep]);
  return html`
    <details class="lab-more" onToggle=${(event) => setOpen(event.currentTarget.open)}><summary>${t("lab.table")}</summary>
      ${isOpen && html`<div class="lab-table sideways" tabindex="0" role="region" aria-label=${t("lab.table")}><table class="standings"><thead><tr>${["label", "rate", "runs", "fell", "best", "middle"].map((name) => html`<th key=${name} scope="col">${t(`lab.column-${name}`)}</th>`)}</tr></thead>
        <tbody>${rows.map((row, i) => html`<tr key=${i}><th scope="row">${row.label}</th><td>${formatNumber(row.rate)}</td><td>${row.runs}</td><td>${row.fell}</td><td>${row.best === null ? "–" : formatNumber(row.best)}</td><td>${row.middle === null ? "–" : formatNumber(row.middle)}</td></tr>`)}</tbody></table></div>`}
    </details>
  `;
}
