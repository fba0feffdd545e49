// A landscape in words: where the run stands on it, what it is, and what it does not show.

import { formatNumber } from "../format.js";
import { following, sentencesOf } from "../i18n.js";
import { sliceWords } from "../lab/hidden.js";
import { isExpression, rounded } from "../landscape.js";
import { heldOf, numberOfPass } from "../slices.js";
import { variablesOf } from "../source.js";
import { html, useLayoutEffect, useRef } from "../vendor/preact.js";
import { Sentence } from "./problem.js";
import { bandColours } from "./relief.js";
import { useWords } from "./words.js";

/** @param {any} props what the panel shows, as `useGround` gives it, and what it was made of */
export function Reading(props) {
  const { state, t, axes, relief, problem, slice, set, width, plane, isAsking } = props;
  const { language } = state.settings;
  const held = plane === "axes" ? heldText(props) : "";
  const fault = problem && sentencesOf(language, "problems", problem.code, problem.parameters);
  return html`
    <div class="landscape-words" id="landscape-words">
      ${relief && axes.length === 2 && html`<${Legend} ...${{ t, relief, width }} theme=${state.settings.theme} />`}
      ${fault && html`<p class="landscape-fault"><b>${fault.title}</b> <${Sentence} text=${following([fault.what, fault.instead], language)} /></p>`}
      ${!relief && !fault && isAsking && html`<p class="hint" role="status">${t("landscape.asking")}</p>`}
      ${(plane === "axes" || slice) && html`<p>${standingText(props)}</p>`}
      ${relief?.lowest >= 0 && html`<p>${lowestText(props)}</p>`}
      ${held && html`<p class="hint"><${Sentence} text=${held} /></p>`}
      ${slice && html`<${Beside} ...${{ language, slice }} />`}
      <p class="hint">${t(set ? "landscape.how" : "landscape.no-start")}</p>
    </div>
  `;
}

/** What lies beside the slice: the words of the lab, which come with the first landscape of a program. */
function Beside({ language, slice }) {
  const t = useWords(language, "lab");
  return t && html`<p class="hint">${following(sliceWords(t, slice.hidden), language)}</p>`;
}

function Legend({ t, relief, width, theme }) {
  const host = useRef(null);
  useLayoutEffect(() => {
    const colours = bandColours(host.current, host.current.children.length);
    [...host.current.children].forEach((swatch, k) => (swatch.style.backgroundColor = colours[k]));
  }, [relief.levels.length, theme, width, matchMedia("(prefers-color-scheme: dark)").matches]);
  const finite = relief.losses.filter(Number.isFinite);
  const [low, high] = [relief.losses[relief.lowest], finite.reduce((most, loss) => Math.max(most, loss), -Infinity)];
  return html`<p class="landscape-legend"><span>${t("landscape.loss")} ${formatNumber(low)}</span><span class="bands" ref=${host} aria-hidden="true">${[...relief.levels, 0].map((_, k) => html`<i key=${k} />`)}</span><span>${formatNumber(high)}</span></p>`;
}

function placeText(axes, values) {
  return axes.map(({ name }, k) => `${name} = ${formatNumber(values[k])}`);
}

function standingText({ t, axes, plane, here: { pass, at, loss, slopes } }) {
  const words = { step: pass + 1, place: placeText(axes, at), loss: formatNumber(loss) };
  if (plane !== "axes") return t(slopes ? "landscape.stands-down" : "landscape.stands-plane", words);
  if (!slopes) return t("landscape.stands", words);
  const gradient = axes.map(({ name }, k) => `∂loss/∂${name} = ${formatNumber(slopes[k])}`);
  return t(axes.length === 1 ? "landscape.stands-slope" : "landscape.stands-gradient", { ...words, gradient });
}

function lowestText({ t, axes, relief }) {
  const { lowest, losses, across, up, windows } = relief;
  const share = [(lowest % across) / (across - 1), Math.floor(lowest / across) / Math.max(1, up - 1)];
  const values = axes.map((_, k) => rounded(windows[k][0] + share[k] * (windows[k][1] - windows[k][0]), windows[k]));
  return t("landscape.lowest", { loss: formatNumber(losses[lowest]), place: placeText(axes, values) });
}

/** What stays as it is while the axes move. */
function heldText({ state, t, axes, scalars, scene }) {
  if (state.opened) return t("landscape.of-trace");
  const { named, tensors, more } = heldOf(state, scene, scalars, axes);
  const others = [...named.map(({ name, value }) => `\`${name} = ${formatNumber(value)}\``), ...tensors.map((name) => `\`${name}\``), ...(more > 0 ? [t("landscape.others-more", { count: more })] : [])];
  if (others.length === 0) return isExpression(state) ? t("landscape.whole") : "";
  const hasMoved = state.trace.updates.length > 0;
  if (!isExpression(state)) {
    const step = numberOfPass(state.trace, Math.max(0, scene.frame.pass)) + 1;
    return following([t("landscape.slice-pass", { step, others }), hasMoved ? t("landscape.path-moving") : ""], state.settings.language);
  }
  const isMoving = hasMoved && variablesOf(state.source).some(({ name, requires_grad }) => requires_grad && !axes.some((axis) => axis.variable === name));
  return t(isMoving ? "landscape.slice-moving" : "landscape.slice", { others });
}
