// One run of a sweep: what became of it, and where to look at it more closely.

import { formatNumber } from "../../format.js";
import { placeOf, verdictOf } from "../../lab/sweep.js";
import { html } from "../../vendor/preact.js";
import { OpenRun } from "./open.js";

/** A run in one line. */
export function readingOf(sweep, cell, t) {
  const { plan, cells } = sweep;
  const place = placeOf(plan, cell);
  const verdict = verdictOf(sweep, cell);
  const run = [plan.configurations[place.configuration].label, `lr = ${formatNumber(plan.rates[place.rate])}`, ...startTexts(plan, place, t)];
  const numbers = { final: wordOf(cells.final[cell]), initial: wordOf(cells.initial[cell]), step: wordOf(cells.diverged[cell]) };
  return t("lab.cell-told", { run, told: verdict === "waiting" ? "…" : t(`lab.cell-${verdict}`, numbers) });
}

function startTexts({ starts, seeds }, { start, seed }, t) {
  const place = starts.length > 1 ? Object.entries(starts[start] ?? {}).map(([name, value]) => `${name} = ${formatNumber(value)}`) : [];
  return seeds.length > 1 ? [...place, t("lab.cell-seed", { seed: seeds[seed] })] : place;
}

/** The run of a cell: its configuration, rate, start and seed. */
export function runOf({ plan }, cell) {
  const place = placeOf(plan, cell);
  return { ...plan.configurations[place.configuration], rate: plan.rates[place.rate], start: plan.starts[place.start] ?? {}, seed: plan.seeds[place.seed] };
}

/** A loss that may be no finite number. */
function wordOf(number) {
  return formatNumber(Number.isFinite(number) ? number : String(number));
}

/** @param {{sweep: any, cell: number, body: any, actions: any, lab: any, t: any}} props */
export function Cell({ sweep, cell, body, actions, lab, t }) {
  const { plan, cells, failures } = sweep;
  const place = placeOf(plan, cell);
  const configuration = plan.configurations[place.configuration];
  const run = runOf(sweep, cell);
  const failure = failures.get(cell);
  const facts = ["initial", "final", "best"].map((name) => [name, wordOf(cells[name][cell])]);
  const reached = cells.reached[cell];
  return html`
    <section class="lab-cell" aria-label=${t("lab.cell")}>
      <h3>${readingOf(sweep, cell, t)}</h3>
      ${failure && html`<p class="fault"><b>${failure.title}</b> ${failure.detail}</p>`}
      ${verdictOf(sweep, cell) !== "waiting" && !failure && html`<dl class="facts">${facts.map(([name, text]) => html`<div key=${name}><dt>${t(`lab.column-${name}`)}</dt><dd>${text}</dd></div>`)}
        ${Number.isFinite(reached) && html`<div><dt>${t("lab.column-reached")}</dt><dd>${reached}</dd></div>`}</dl>`}
      <p class="lab-ways">
        <${OpenRun} ...${{ body, run, actions, t }} label=${[configuration.label, `lr = ${formatNumber(run.rate)}`]} />
        <button type="button" class="button small" onClick=${() => raceRates({ plan, place, lab, actions, body, run })}>${t("lab.race-rates")}</button>
      </p>
    </section>
  `;
}

/** This rate against its neighbours, from the same start: there the sharpness is followed step by step. */
function raceRates({ plan, place, lab, actions, body, run }) {
  const rates = [place.rate - 1, place.rate, place.rate + 1].map((at) => plan.rates[at]).filter((rate) => rate !== undefined);
  const texts = Object.fromEntries(Object.entries(run.options).map(([name, value]) => [name, typeof value === "boolean" ? value : Array.isArray(value) ? value.join(", ") : String(value)]));
  const clips = Object.fromEntries(["clip_norm", "clip_value"].filter((name) => run[name] !== null && run[name] !== undefined).map((name) => [name, String(run[name])]));
  const racers = rates.map((rate) => ({ name: run.name, options: { lr: String(Number(rate.toPrecision(4))), ...texts, ...clips }, scheduler: null }));
  for (const [name, value] of Object.entries(run.start)) actions.setVariable(name, { value });
  actions.setLab({ ...lab, bench: "race", race: { ...lab.race, racers, isTuned: false, steps: String(body.steps), isRun: false } });
}
