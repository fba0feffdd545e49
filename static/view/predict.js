// The card of "predict, then reveal": what is hidden, a field for the guess about the chosen node, and how far it was off.

import { formatNumber } from "../format.js";
import { judgeGuess, targetsOf } from "../guess.js";
import { nodeView, sceneAt } from "../scene.js";
import { nameOf } from "../sentence.js";
import { frameAt, timelineOf } from "../timeline.js";
import { isGiven } from "../topology.js";
import { keyOf } from "../veil.js";
import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { Sentence } from "./problem.js";
import { withWords } from "./words.js";

const HIDES = ["gradient", "value"];
/** A menu of more elements than this is better walked by eye in the table of the tensor. */
const MOST_TARGETS = 65;

/** @param {{state: any, actions: any, t: any}} props the state without its veil */
export const Predict = withWords("reason", ({ state, actions, t }) => {
  const { hides, guesses } = state.predict;
  const count = Object.keys(guesses).length;
  return html`
    <section class="reason-card predict" aria-label=${t("predict.title")}>
      <header><h2>${t("predict.title")}</h2><button type="button" class="close" title=${t("predict.end")} aria-label=${t("predict.end")} onClick=${() => actions.setPredict(null)}>×</button></header>
      <div class="choice" role="group" aria-label=${t("predict.hide")}>
        ${HIDES.map((name) => html`<button type="button" key=${name} aria-pressed=${String(name === hides)} onClick=${() => name !== hides && actions.setPredict(name)}>${t(`predict.hide-${name}`)}</button>`)}
      </div>
      ${state.predict.wish && html`<${Wish} key=${state.predict.wish} ...${{ state, actions, t }} />`}
      <${Question} ...${{ state, actions, t }} />
      ${count > 0 && html`<footer><button type="button" class="link" onClick=${actions.hideAgain}>${t("predict.again", { count })}</button></footer>`}
    </section>
  `;
});

/** What would show the numbers is not begun unasked. */
function Wish({ state: { predict: { wish } }, actions, t }) {
  const box = useRef(null);
  useEffect(() => box.current.focus({ preventScroll: true }), []);
  return html`
    <div class="wish" role="alert" tabindex="-1" ref=${box}>
      <p>${t(`predict.wish-${wish}`)}</p>
      <div class="guess-row">
        <button type="button" class="button small" onClick=${() => actions.grantWish(actions)}>${t(`predict.grant-${wish}`)}</button>
        <button type="button" class="link" onClick=${actions.dropWish}>${t("predict.go-on")}</button>
      </div>
    </div>
  `;
}

function Question({ state, actions, t }) {
  const found = subjectOf(state);
  if (typeof found === "string") return html`<p class="hint why-not" role="status"><${Sentence} text=${t(`predict.${found}`)} /></p>`;
  const guess = state.predict.guesses[found.key];
  if (guess) return html`<${Answer} key=${`a${found.key}`} ...${{ found, guess, t }} />`;
  return html`<${Form} key=${found.key} ...${{ found, t }} hides=${state.predict.hides} tell=${(given) => actions.guess(found.key, given)} />`;
}

/** What is to be guessed about the chosen node; or the key of a text that says why nothing is. */
function subjectOf({ trace, position, selection, predict: { hides } }) {
  if (!trace || trace.graphs.length === 0) return "choose";
  const timeline = timelineOf(trace);
  const scene = sceneAt(timeline, frameAt(timeline, position));
  const i = scene.topology?.places.get(selection);
  if (i === undefined || !scene.pass) return "choose";
  const node = scene.topology.graph.nodes[i];
  if (hides === "value" ? isGiven(node) : node.kind === "constant" || node.kind === "ghost") return hides === "value" ? "given" : "unfollowed";
  const value = (hides === "value" ? scene.pass.values : scene.pass.gradients)[i] ?? null;
  if (value === null) return "nothing";
  const { state } = nodeView(scene, i);
  if (state === "pending" || (hides === "gradient" && state !== "ran")) return `later-${hides}`;
  const targets = targetsOf(value);
  if (targets.length === 0) return "complex";
  return { key: keyOf(scene.frame.pass, node.id), node, targets, shape: typeof value === "object" ? value.shape : [], hides };
}

function Form({ found, hides, tell, t }) {
  const { node, targets, shape } = found;
  const [text, setText] = useState("");
  const [target, setTarget] = useState(targets[0].name);
  const [isRefused, refuse] = useState(false);
  const chosen = targets.find(({ name }) => name === target) ?? targets[0];
  const submit = (event) => {
    event.preventDefault();
    if (judgeGuess(text, chosen.actual) === null) return refuse(true);
    tell({ text, target: chosen.name });
  };
  const label = nameOf(node);
  const listed = targets.length > MOST_TARGETS ? [...targets.slice(0, MOST_TARGETS - 1), targets.at(-1)] : targets;
  return html`
    <form class="guess" onSubmit=${submit}>
      <p><${Sentence} text=${t(`predict.ask-${hides}`, { label })} /></p>
      ${targets.length > 1 && html`<label class="guess-target"><span>${t("predict.of", { shape: `[${shape.join(", ")}]` })}</span> <select value=${chosen.name} onChange=${(event) => setTarget(event.target.value)}>
        ${listed.map(({ name }) => html`<option key=${name} value=${name} selected=${name === chosen.name}>${targetText(name, t)}</option>`)}
      </select></label>`}
      <div class="guess-row">
        <input type="text" class="guess-field" inputmode="text" autocomplete="off" spellcheck=${false} value=${text} aria-label=${t("predict.field", { label })} aria-invalid=${String(isRefused)}
          placeholder="2*8" onInput=${(event) => (setText(event.target.value), refuse(false))} />
        <button type="submit" class="button primary small">${t("predict.reveal")}</button>
        <button type="button" class="link" onClick=${() => tell({ text: null, target: chosen.name })}>${t("predict.give-up")}</button>
      </div>
      <p class=${isRefused ? "fault" : "hint"} role=${isRefused ? "alert" : null}><${Sentence} text=${t(isRefused ? "predict.no-number" : `predict.how-${hides}`)} /></p>
    </form>
  `;
}

function targetText(name, t) {
  return /^\d/.test(name) ? t("predict.element", { place: name }) : t(`predict.target-${name}`);
}

/** What was guessed beside what it is; in the field's place, so that the keyboard stays where it was. */
function Answer({ found, guess, t }) {
  const box = useRef(null);
  useEffect(() => box.current.focus({ preventScroll: true }), []);
  const { actual } = found.targets.find(({ name }) => name === guess.target) ?? found.targets[0];
  const what = guess.target ? `${nameOf(found.node)} ${targetText(guess.target, t)}` : nameOf(found.node);
  const judged = guess.text === null ? null : judgeGuess(guess.text, actual);
  const verdict = judged?.verdict ?? "shown";
  const parameters = {
    actual: formatNumber(actual),
    guess: guess.text ?? "",
    difference: judged ? formatNumber(Math.abs(judged.difference)) : "",
    percent: judged && judged.relative !== null ? formatNumber(100 * judged.relative) : "",
    factor: Math.abs(judged?.factor ?? 0),
  };
  const key = verdict === "factor" ? (judged.factor > 0 ? "factor-large" : "factor-small") : verdict;
  return html`
    <div class=${`answer ${verdict}`} role="status" tabindex="-1" ref=${box}>
      <p class="answer-head">${t(`predict.head-${verdict}`)}</p>
      <p><${Sentence} text=${t(`predict.${found.hides}-is`, { label: what, actual: parameters.actual })} /> ${judged && verdict !== "exact" && html`<${Sentence} text=${t(`predict.said-${key}`, parameters)} />`}</p>
      <p class="hint">${t("predict.next")}</p>
    </div>
  `;
}
