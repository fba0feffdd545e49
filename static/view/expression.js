// The expression form: what is differentiated, a field for each name, how it is minimised, and the program it becomes.

import { textOf, valueOf } from "../names.js";
import { OPTIMIZERS, STARTERS, isProgram, variablesOf } from "../source.js";
import { placeInProgram, spanInExpression } from "../spans.js";
import { formatValue } from "../format.js";
import { html } from "../vendor/preact.js";
import { Editor } from "./editor.js";
import { choosePlace, chosenMarks, faultOf, faultsOf, graphOf, isEarly } from "./source.js";
import { Sign } from "./signs.js";

/** @param {{state: any, actions: any, t: any, fold: any}} props `fold`: what opens the form where it stands folded */
export function ExpressionForm({ fold, ...parts }) {
  return html`
    <${ExpressionEditor} ...${parts} />
    ${fold}
    <${Starters} ...${parts} />
    <${Variables} ...${parts} />
    <${Descent} ...${parts} />
    <${WrittenProgram} ...${parts} />
  `;
}

function ExpressionEditor({ state, actions, t }) {
  const { source, trace } = state;
  const { expression } = source;
  const program = trace?.program ?? "";
  const marks = chosenMarks(state).map(({ span, name }) => ({ span: spanInExpression(program, expression, span), name }));
  const onPlace = (place) => choosePlace(state, actions, place && placeInProgram(program, expression, place.column));
  return html`
    <label class="field-label" onClick=${focusEditor}>${t("expression.label")}</label>
    <${Editor} kind="expression" isEarly=${isEarly(state)} text=${expression} label=${t("expression.label")} hint="a*x**2 + b*x + c"
      marks=${marks.filter(({ span }) => span)} faults=${expressionFaults(state)} jump=${state.jump?.isOwn ? state.jump : null} onJumped=${actions.jumped}
      onChange=${(text, isLive) => (isProgram(text) ? actions.openAsProgram(text) : actions.setSource({ expression: text }, isLive))} onRun=${() => actions.run()} onPlace=${onPlace} />
  `;
}

/** A row of expressions to try; the one in the box is left out. */
function Starters({ state, actions, t }) {
  const others = STARTERS.filter(({ expression }) => expression !== state.source.expression.trim());
  return html`
    <div class="starters" role="group" aria-label=${t("expression.starters")}>
      ${others.map((form) => html`<button type="button" class="chip" key=${form.expression} onClick=${() => actions.loadExample({ expression: form })}><code>${form.expression}</code></button>`)}
    </div>
  `;
}

function focusEditor({ target }) {
  target.parentElement.querySelector(".cm-content, textarea")?.focus();
}

/** A problem of the expression itself, or of the program where the place can be found in the expression. */
function expressionFaults({ problem, source, settings }) {
  if (!problem?.line) return [];
  if (!problem.program) return [faultOf(problem, settings.language)];
  const { line, column } = problem;
  const span = { line, column, end_line: line, end_column: column };
  const found = spanInExpression(problem.program, source.expression, span);
  return found ? [faultOf({ ...problem, line: found.line, column: found.column }, settings.language)] : [];
}

function Variables({ state, actions, t }) {
  const variables = variablesOf(state.source);
  if (variables.length === 0) return null;
  return html`
    <div class="variables" role="group" aria-label=${t("expression.variables")}>
      <div class="variables-head" aria-hidden="true"><span>${t("expression.name")}</span><span>${t("expression.value")}</span><span title=${t("expression.follow-why")}>${t("expression.follow")}</span></div>
      ${variables.map((variable) => html`<${Variable} key=${variable.name} ...${{ variable, state, actions, t }} />`)}
    </div>
  `;
}

function Variable({ variable, state, actions, t }) {
  const { name, value, requires_grad } = variable;
  const number = valueOf(value);
  const set = (fields, isDragged) => actions.setVariable(name, fields, isDragged);
  return html`
    <div class="variable">
      <label class="variable-name" for=${`value-${name}`}><code>${name}</code></label>
      <input id=${`value-${name}`} class="variable-value" type="text" inputmode="text" autocomplete="off" spellcheck=${false} value=${textOf(value)}
        placeholder=${defaultOf(state, name)} title=${t("expression.value-why")} onInput=${(event) => set({ value: event.target.value })} />
      <label class="variable-follow" title=${t("expression.follow-why")}>
        <input type="checkbox" checked=${requires_grad} aria-label=${t("expression.follow-name", { name })} onChange=${(event) => set({ requires_grad: event.target.checked })} />
      </label>
      ${typeof number === "number" && html`<${Slider} key=${name} ...${{ name, number, t }} set=${(moved) => set({ value: moved }, true)} />`}
    </div>
  `;
}

/** A slider over a range that the number fits in; the range stays while the slider moves. */
function Slider({ name, number, t, set }) {
  const reach = reachOf(number);
  const step = reach / 100;
  return html`<input type="range" class="slider" min=${-reach} max=${reach} step=${step} value=${number} aria-label=${t("expression.slide", { name })}
    onInput=${(event) => set(Number(Number(event.target.value).toPrecision(6)))} />`;
}

/** 5, 10, 50, 100 …: the first that the number does not pass. */
function reachOf(number) {
  const size = Math.abs(number);
  if (size <= 5) return 5;
  const power = 10 ** Math.floor(Math.log10(size));
  return [power, 5 * power, 10 * power].find((reach) => reach >= size) ?? 10 * power;
}

/** What the server took for a field that was left empty. */
function defaultOf(state, name) {
  const graph = graphOf(state);
  const i = graph?.nodes.findIndex((node) => node.variable === name) ?? -1;
  const first = state.trace?.passes.find((pass) => pass.graph === graph?.id);
  return i >= 0 && first ? formatValue(first.values[i]) : "";
}

function Descent({ state, actions, t }) {
  const { steps, sum, seed, optimizer } = state.source;
  const whole = (event, most) => Math.min(most, Math.max(0, Math.round(Number(event.target.value)) || 0));
  return html`
    <div class="descent">
      <label>${t("expression.steps")} <input type="number" min="0" max="1000" step="1" value=${steps} title=${t("expression.steps-why")}
        onInput=${(event) => actions.setSource({ steps: whole(event, 1000) })} /></label>
      <label class=${steps > 0 ? "" : "off"}>${t("expression.optimizer")}
        <select value=${optimizer.name} disabled=${steps === 0} onChange=${(event) => actions.setSource({ optimizer: optimizerNamed(event.target.value, optimizer) })}>
          ${namesWith(optimizer.name).map((name) => html`<option key=${name} value=${name} selected=${name === optimizer.name}>${name}</option>`)}
        </select></label>
      ${steps > 0 && html`<${Options} ...${{ optimizer, actions }} />`}
      <label>${t("expression.seed")} <input type="number" min="0" step="1" value=${seed} title=${t("expression.seed-why")}
        onInput=${(event) => actions.setSource({ seed: whole(event, Number.MAX_SAFE_INTEGER) })} /></label>
      <label class="check"><input type="checkbox" checked=${sum} onChange=${(event) => actions.setSource({ sum: event.target.checked })} /> ${t("expression.sum")}</label>
    </div>
  `;
}

/** An example or a link may name an optimizer that the list leaves out. */
function namesWith(name) {
  const names = Object.keys(OPTIMIZERS);
  return names.includes(name) ? names : [...names, name];
}

/** Another optimizer keeps none of the former's options but takes its own usual ones: rates do not compare. */
function optimizerNamed(name, former) {
  return name === former.name ? former : { name, options: { ...OPTIMIZERS[name] } };
}

function Options({ optimizer, actions }) {
  const names = [...new Set([...Object.keys(OPTIMIZERS[optimizer.name] ?? {}), ...Object.keys(optimizer.options)])];
  const set = (name, text) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value)) return;
    actions.setSource({ optimizer: { ...optimizer, options: { ...optimizer.options, [name]: value } } });
  };
  return names.map(
    (name) => html`<label key=${`${optimizer.name}-${name}`}><code>${name}</code> <input type="number" min="0" step="any" value=${Number(optimizer.options[name] ?? 0)} onInput=${(event) => set(name, event.target.value)} /></label>`,
  );
}

/** The program that the server wrote from the expression: what really ran. */
function WrittenProgram({ state, actions, t }) {
  const program = state.trace?.program;
  if (!program || state.traceMode !== "expression") return null;
  return html`
    <details class="written" open=${state.isProgramShown} onToggle=${(event) => actions.showProgram(event.currentTarget.open)}>
      <summary>${t("expression.as-program")}</summary>
      ${state.isProgramShown && html`
        <${Editor} kind="view" text=${program} label=${t("expression.as-program")} marks=${chosenMarks(state)} faults=${faultsOf(state, program)}
          jump=${state.jump?.isOwn ? null : state.jump} onJumped=${actions.jumped} onPlace=${(place) => choosePlace(state, actions, place)} />
        <button type="button" class="button small" onClick=${actions.moveToProgram}><${Sign} name="copy" /> ${t("expression.move")}</button>`}
    </details>
  `;
}
