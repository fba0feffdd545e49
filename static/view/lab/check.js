// The check: autograd beside central differences, element by element, and sympy's derivative beside both.

import { formatNumber } from "../../format.js";
import { checkBody } from "../../lab/requests.js";
import { html } from "../../vendor/preact.js";
import { Formula } from "../formula.js";
import { Hidden } from "../hidden.js";
import { RunBar, TextField } from "./fields.js";
import { Problem } from "./problem.js";
import { Stale } from "./stale.js";
import { useStudy } from "./study.js";

/** So many elements of a leaf are listed. */
const MOST_ROWS = 64;

/** @param {{state: any, studies: any, lab: any, language: string, t: any, set: any, subject: any}} props */
export function CheckBench(props) {
  return props.state.predict ? html`<${Hidden} what="check" language=${props.language} />` : html`<${Checking} ...${props} />`;
}

function Checking({ state, studies, lab, language, t, set, subject }) {
  const read = checkBody(lab, state.source);
  const finding = state.findings.check;
  const { run, faults, isLegible } = useStudy({ kind: "check", read, isRun: lab.check.isRun, isReady: true, studies, finding, set, language });
  const answer = finding?.data?.answer;
  return html`
    <div class="lab-form">
      ${subject}
      <div class="lab-numbers">
        ${state.source.mode === "program" && html`<${TextField} label=${t("lab.pass")} path="check/pass" value=${lab.check.pass} size=${5} set=${(pass) => set("check", { pass })} ...${{ faults, t }} />`}
        <${TextField} label=${t("lab.tolerance")} path="check/tolerance" value=${lab.check.tolerance} set=${(tolerance) => set("check", { tolerance })} ...${{ faults, t }} />
      </div>
      <${RunBar} ...${{ finding, faults, t }} progress=${null} run=${run} cancel=${() => studies.cancel("check")} />
    </div>
    <div class="lab-results">
      ${isLegible && html`<${Problem} ...${{ finding, language }} />`}
      <${Stale} ...${{ finding, t }} source=${state.source} />
      ${answer ? html`<${Answer} ...${{ answer, t }} isProgram=${finding.body.program !== undefined} />` : html`<p class="hint lab-empty">${t("lab.check-empty")}</p>`}
    </div>
  `;
}

function Answer({ answer, isProgram, t }) {
  const { loss, random, repeatable, leaves, symbolic } = answer;
  const worst = leaves.filter(({ verdict }) => verdict !== "agrees").length;
  return html`
    <p class="lab-statement">${t(worst === 0 ? "lab.check-good" : "lab.check-bad", { count: leaves.length, worst, loss: formatNumber(loss) })}</p>
    ${random && html`<p class="card warning">${t(isProgram ? "lab.random-program" : "lab.random")}</p>`}
    ${repeatable === false && html`<p class="card warning">${t(isProgram ? "lab.not-repeatable-program" : "lab.not-repeatable")}</p>`}
    ${symbolic && html`<div class="lab-symbolic"><h3>${t("lab.symbolic")}</h3><${Formula} formula=${{ latex: symbolic.expression, text: symbolic.expression, names: [] }} /></div>`}
    ${symbolic === null && !random && !isProgram && html`<p class="hint">${t("lab.no-symbolic")}</p>`}
    ${leaves.map((leaf) => html`<${Leaf} key=${leaf.variable} leaf=${leaf} symbolic=${symbolic?.leaves.find(({ variable }) => variable === leaf.variable)} t=${t} />`)}
  `;
}

function Leaf({ leaf, symbolic, t }) {
  const { variable, reached, verdict, elements } = leaf;
  const rows = elements.slice(0, MOST_ROWS);
  const own = new Map((symbolic?.elements ?? []).map((element) => [element.index.join(), element]));
  return html`
    <section class="lab-leaf" aria-label=${variable}>
      <h3><code>${variable}</code> <${Verdict} ...${{ verdict, t }} />${!reached && html` <span class="hint">${t("lab.not-reached")}</span>`}</h3>
      <div class="lab-table sideways" tabindex="0" role="region" aria-label=${`${t("lab.verdict")} ${variable}`}><table class="standings">
        <thead><tr>${elements.length > 1 && html`<th scope="col">${t("step.element")}</th>`}<th scope="col">autograd</th><th scope="col">${t("lab.numeric")}</th><th scope="col">${t("lab.error")}</th><th scope="col">${t("lab.verdict")}</th>${symbolic && html`<th scope="col">sympy</th><th scope="col">${t("lab.derivative")}</th>`}</tr></thead>
        <tbody>${rows.map((element) => html`<${Element} key=${element.index.join()} ...${{ element, symbolic: own.get(element.index.join()), hasSymbolic: Boolean(symbolic), isMany: elements.length > 1, t }} />`)}</tbody>
      </table></div>
      ${elements.length > rows.length && html`<p class="hint">${t("lab.more-elements", { count: elements.length - rows.length })}</p>`}
    </section>
  `;
}

function Element({ element, symbolic, hasSymbolic, isMany, t }) {
  const { index, autograd, numeric, error, verdict } = element;
  return html`
    <tr class=${verdict === "agrees" ? "" : "doubtful"}>
      ${isMany && html`<th scope="row">[${index.join(", ")}]</th>`}
      <td>${formatNumber(autograd)}</td><td>${formatNumber(numeric)}</td><td>${formatNumber(error)}</td><td><${Verdict} ...${{ verdict, t }} /></td>
      ${hasSymbolic && html`<td>${symbolic ? formatNumber(symbolic.value) : "–"}</td><td>${symbolic?.latex ? html`<${Formula} formula=${{ latex: symbolic.latex, text: symbolic.derivative, names: [] }} />` : (symbolic?.derivative ?? "–")}</td>`}
    </tr>
  `;
}

function Verdict({ verdict, t }) {
  return html`<span class=${`verdict ${verdict}`} title=${t(`lab.check-${verdict}-why`)}>${t(`lab.check-${verdict}`)}</span>`;
}
