// The race: the same loss from the same start under two to eight configurations.

import { formatNumber } from "../../format.js";
import { MOST_RACERS } from "../../lab/bench.js";
import { logGrid } from "../../lab/scales.js";
import { pathsOf, standingsOf, stepsOf, stepsOfProgram } from "../../lab/race.js";
import { hasOwnPlane, raceBody, scalarsOf } from "../../lab/requests.js";
import { variablesOf } from "../../source.js";
import { html, useMemo, useState } from "../../vendor/preact.js";
import { Course } from "./course.js";
import { RunBar, Stretch, TextField } from "./fields.js";
import { Lines } from "./lines.js";
import { Cut, Problem } from "./problem.js";
import { Racers } from "./racers.js";
import { Scrub } from "./scrub.js";
import { Standings } from "./standings.js";
import { Stale } from "./stale.js";
import { useStudy } from "./study.js";

/** @param {{state: any, actions: any, studies: any, lab: any, catalog: any, language: string, t: any, set: any, subject: any}} props */
export function RaceBench({ state, actions, studies, lab, catalog, language, t, set, subject }) {
  const { race } = lab;
  const read = raceBody(lab, state.source, catalog);
  const finding = state.findings.race;
  const { run, faults, isLegible } = useStudy({ kind: "race", read, isRun: race.isRun, isReady: catalog !== null, studies, finding, set, language, configurations: race.racers });
  const put = (fields) => set("race", fields);
  const progress = finding?.data?.plan && { share: progressOf(finding.data), text: t("lab.racing", { done: finding.data.racers.filter(Boolean).length, count: finding.data.plan.racers.length }) };
  return html`
    <div class="lab-form">
      ${subject}
      <section aria-label=${t("lab.racers")}><h3>${t("lab.racers")}</h3>
        <${Racers} racers=${race.racers} set=${(racers) => put({ racers })} path="race/racers" most=${MOST_RACERS} hasSwatches=${true} ...${{ catalog, faults, t }} hides=${race.isTuned ? ["lr"] : []} />
      </section>
      <section class="lab-rates" aria-label=${t("lab.rates")}><h3>${t("lab.rates")}</h3>
        <div class="choice" role="group" aria-label=${t("lab.rates")}>${[false, true].map((isTuned) => html`<button type="button" key=${isTuned} aria-pressed=${String(isTuned === race.isTuned)} onClick=${() => put({ isTuned })}>${t(isTuned ? "lab.tuned" : "lab.given")}</button>`)}</div>
        <p class="hint">${t(race.isTuned ? "lab.tuned-why" : "lab.given-why")}</p>
        ${race.isTuned && html`<${Stretch} legend=${t("lab.rates-tried")} path="race/tuning" value=${race.tuning} set=${(tuning) => put({ tuning })} ...${{ faults, t }} />`}
      </section>
      ${!hasOwnPlane(state.source) && html`<${PlaneChoice} ...${{ t, put }} isRandom=${race.isRandom} />`}
      <div class="lab-numbers">
        <${TextField} label=${t("lab.steps")} path="race/steps" value=${race.steps} size=${5} set=${(steps) => put({ steps })} ...${{ faults, t }} />
        <${TextField} label=${t("lab.target")} path="race/target" value=${race.target} hint="–" set=${(target) => put({ target })} ...${{ faults, t }} />
      </div>
      <${RunBar} ...${{ finding, faults, t, progress }} run=${run} cancel=${() => studies.cancel("race")} />
    </div>
    <div class="lab-results">
      ${isLegible && html`<${Problem} ...${{ finding, language }} />`}
      <${Stale} ...${{ finding, t }} source=${state.source} />
      ${finding?.data?.plan ? html`<${Results} ...${{ state, actions, t, language }} isRunning=${finding.status === "running"} race=${finding.data} body=${finding.body} />` : html`<p class="hint lab-empty">${t("lab.race-empty")}</p>`}
    </div>
  `;
}

/** Many parameters are shown in a plane: that of the paths, or one at random around the best end. */
function PlaneChoice({ isRandom, t, put }) {
  const choice = (own) => html`<button type="button" key=${own} aria-pressed=${String(own === isRandom)} onClick=${() => put({ isRandom: own })}>${t(own ? "lab.plane-random" : "lab.plane-pca")}</button>`;
  return html`
    <section class="lab-rates lab-plane" aria-label=${t("lab.plane")}><h3>${t("lab.plane")}</h3>
      <div class="choice" role="group" aria-label=${t("lab.plane")}>${[false, true].map(choice)}</div>
      <p class="hint">${t(isRandom ? "lab.plane-random-why" : "lab.plane-pca-why")}</p>
    </section>
  `;
}

function progressOf({ plan, racers, tuned }) {
  const parts = plan.racers.length * (plan.rates === "tuned" ? 2 : 1);
  return (racers.filter(Boolean).length + (plan.rates === "tuned" ? tuned.filter(Boolean).length : 0)) / parts;
}

function Results({ state, actions, race, body, t, language, isRunning }) {
  const { plan } = race;
  const [isLog, setLog] = useState(true);
  const [at, setStep] = useState(Infinity);
  const count = stepsOf(race);
  const step = Math.min(at, count);
  const ends = body.program === undefined ? null : stepsOfProgram(race);
  const rows = useMemo(() => standingsOf(race), [race]);
  const lines = useMemo(() => linesOf(race, rows, ({ losses }) => ({ values: losses.map(Number) })), [race]);
  const sharp = useMemo(() => sharpnessOf(race, rows), [race]);
  const names = ownNames(body, state.source);
  const paths = useMemo(() => pathsOf(race, names), [race]);
  const shared = { step, count, go: setStep, t };
  return html`
    <p class="lab-statement">${statementOf(race, t)}${ends !== null && html` ${t("lab.program-ends", { steps: ends })}`}</p>
    ${race.cut && html`<${Cut} cut=${race.cut} ...${{ t, language }} />`}
    <${Scrub} ...${shared} />
    <div class="lab-charts">
      <div>
        <label class="lab-log"><input type="checkbox" checked=${isLog} onChange=${(event) => setLog(event.target.checked)} /> ${t("lab.log")}</label>
        <${Lines} title=${t("lab.loss")} lines=${lines} isLog=${isLog} ...${shared} />
      </div>
      <${Course} ...${{ race, body, names, paths, t, language, step }} theme=${state.settings.theme} isTall=${sharp.length > 0} />
      ${sharp.length > 0 && html`<div><${Lines} title=${t("lab.sharpness")} lines=${sharp} isLog=${true} ...${shared} /><p class="hint">${t("lab.sharpness-why")}</p></div>`}
    </div>
    <${Standings} ...${{ rows, lines, step, t, body, actions, plan, isRunning }} />
  `;
}

/** How the rates came about: without that, a race says little. */
function statementOf({ plan, tuned }, t) {
  if (plan.rates !== "tuned") return t("lab.statement-given", { seed: plan.seed, steps: plan.steps });
  const { start, stop, count } = plan.tuning;
  const tried = logGrid({ start, stop, count }).length;
  return t("lab.statement-tuned", { count: plan.tried || tried, start: formatNumber(start), stop: formatNumber(stop), steps: plan.steps, seed: plan.seed, done: tuned.filter(Boolean).length, all: plan.racers.length });
}

function linesOf(race, rows, read) {
  return race.racers.flatMap((racer, k) => (racer?.losses ? [{ k, label: rows[k].label, ...read(racer) }] : []));
}

/** The largest eigenvalue over the steps, and the bound 2/lr beside it, for gradient descent without momentum. */
function sharpnessOf(race, rows) {
  return race.racers.flatMap((racer, k) => {
    if (!racer?.sharpness) return [];
    const { steps, values } = racer.sharpness;
    const { name, options } = race.plan.racers[k];
    const isPlain = name === "SGD" && !options.momentum;
    const rate = rows[k].rate;
    return [{ k, label: rows[k].label, xs: steps, values: values.map(Number), level: isPlain && rate > 0 ? 2 / rate : null }];
  });
}

/** The variables of the picture, if the loss has just one or two and all are scalars. */
function ownNames(body, source) {
  const followed = body.expression === undefined ? [] : variablesOf({ ...source, expression: body.expression }).filter(({ requires_grad }) => requires_grad);
  const scalars = scalarsOf({ ...source, mode: body.expression === undefined ? "program" : "expression", expression: body.expression ?? "" });
  return followed.length <= 2 && scalars.length === followed.length ? scalars.map(({ name }) => name) : [];
}
