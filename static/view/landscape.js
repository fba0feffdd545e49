// The loss around the run: a relief over two variables, or a curve with its tangent over one. Fetched when first opened.

import { formatNumber } from "../format.js";
import { givenOf } from "../givens.js";
import { sentencesOf, translator } from "../i18n.js";
import { POINTS, axesOf, heldOf, isExpression, landscapeBody, levelsOf, lowestCell, pathOf, rounded, scalarsOf, windowOf } from "../landscape.js";
import { sceneAt } from "../scene.js";
import { variablesOf } from "../source.js";
import { frameAt, timelineOf } from "../timeline.js";
import { html, useLayoutEffect, useMemo, useRef, useState } from "../vendor/preact.js";
import { Hidden } from "./hidden.js";
import { Icon } from "./icons.js";
import { Plane } from "./plane.js";
import { Sentence } from "./problem.js";
import { bandColours } from "./relief.js";
import { useSlice } from "./slice.js";

/** @param {{state: any, actions: any}} props */
export function Landscape({ state, actions }) {
  const t = translator(state.settings.language);
  if (state.predict) return html`<section class="landscape-view" aria-label=${t("landscape.title")}><${Hidden} what="landscape" language=${state.settings.language} /></section>`;
  const scene = sceneOf(state);
  const scalars = scene ? scalarsOf(state, scene) : [];
  if (scalars.length === 0) return html`<section class="landscape-view" aria-label=${t("landscape.title")}><p class="hint">${t("landscape.empty")}</p></section>`;
  return html`<${Terrain} ...${{ state, actions, t, scene, scalars }} />`;
}

function sceneOf({ trace, position }) {
  if (!trace?.passes.length) return null;
  const timeline = timelineOf(trace);
  return sceneAt(timeline, frameAt(timeline, position));
}

function Terrain({ state, actions, t, scene, scalars }) {
  const host = useRef(null);
  const [width, ratio] = useSize(host);
  const names = axesOf(scalars, state.terrain);
  const axes = [names.x, names.y].filter(Boolean).map((name) => scalars.find((one) => one.name === name));
  const path = useMemo(() => pathOf(state.trace, axes), [state.trace, names.x, names.y, ...axes.map(({ node, value }) => (node ? 0 : value))]);
  const windows = windowOf(path, state.terrain.zoom, ratio);
  const slice = useSlice(isExpression(state) && !state.isStale ? landscapeBody(state.source, scene, gridOf(axes, windows)) : null, state.settings.language);
  const relief = slice && fits(slice, axes) ? reliefOf(slice) : null;
  const set = settingOf({ state, actions, axes });
  const shared = { state, t, scene, axes, path, windows, relief, set, width };
  return html`
    <section class="landscape-view" aria-label=${t("landscape.title")}>
      <${Tools} ...${{ state, actions, t, scalars, names }} />
      <div class="landscape-body">
        <div class="landscape-host" ref=${host}>${width > 0 && html`<${Plane} ...${shared} zoom=${actions.zoomTerrain} />`}</div>
        <${Words} ...${shared} scalars=${scalars} problem=${slice?.problem} />
      </div>
    </section>
  `;
}

/** The last axis is the fastest, so that a row of the answer is a row of the picture. */
function gridOf(axes, windows) {
  const axis = (k, count) => ({ name: axes[k].name, from: windows[k][0], to: windows[k][1], count });
  return axes.length === 1 ? [axis(0, POINTS.curve)] : [axis(1, POINTS.up), axis(0, POINTS.across)];
}

/** An answer about other variables says nothing here. */
function fits({ body, problem }, axes) {
  return !problem && [...body.axes].reverse().every(({ variable }, k) => variable === axes[k]?.name) && body.axes.length === axes.length;
}

function reliefOf({ body, losses }) {
  const [first, second] = [...body.axes].reverse();
  return { losses, windows: [[first.start, first.stop], second && [second.start, second.stop]], across: first.count, up: second?.count ?? 1, levels: levelsOf(losses), lowest: lowestCell(losses) };
}

/** What setting the start does; null where a number has no place in the source. */
function settingOf({ state, actions, axes }) {
  if (!axes.every(({ node }) => isExpression(state) || givenOf(state, node) !== null)) return null;
  return (values, windows) => actions.setStart(axes.map(({ name, node }, k) => ({ name, node, value: rounded(values[k], windows[k]) })));
}

/** Width of the place in pixels, and its shape; both follow the window. */
function useSize(host) {
  const [size, setSize] = useState([0, 1]);
  useLayoutEffect(() => {
    const measure = () => setSize([host.current.clientWidth, host.current.clientWidth / Math.max(1, host.current.clientHeight)]);
    const observer = new ResizeObserver(measure);
    observer.observe(host.current);
    measure();
    return () => observer.disconnect();
  }, []);
  return size;
}

function Tools({ state, actions, t, scalars, names }) {
  const choose = (axis, own, isFree) => html`
    <label><span>${t(`landscape.${axis}`)}</span> <select value=${own ?? ""} onChange=${(event) => actions.setAxes({ ...names, [axis]: event.target.value })}>
      ${isFree && html`<option value="" selected=${own === null}>${t("landscape.none")}</option>`}
      ${scalars.filter(({ name }) => axis === "x" || name !== names.x).map(({ name }) => html`<option key=${name} value=${name} selected=${name === own}>${name}</option>`)}
    </select></label>`;
  const zooms = [["zoom-in", "plus", 1.6], ["zoom-out", "minus", 1 / 1.6], ["fit", "fit", null]];
  return html`
    <div class="landscape-tools">
      ${choose("x", names.x, false)}
      ${scalars.length > 1 && choose("y", names.y, true)}
      <span class="landscape-zooms" role="group" aria-label=${t("landscape.zoom")}>
        ${zooms.map(([name, icon, factor]) => html`<button type="button" class="quiet" key=${name} title=${t(`landscape.${name}`)} aria-label=${t(`landscape.${name}`)} disabled=${factor === null && state.terrain.zoom === 1} onClick=${() => actions.zoomTerrain(factor)}><${Icon} name=${icon} /></button>`)}
      </span>
    </div>
  `;
}

/** The landscape in words: what it is, what it is not, where the run stands on it. */
function Words({ state, t, scene, axes, path, relief, scalars, set, width, problem }) {
  const { language } = state.settings;
  const fault = problem && sentencesOf(language, "problems", problem.code, problem.parameters);
  return html`
    <div class="landscape-words" id="landscape-words">
      ${relief && axes.length === 2 && html`<${Legend} ...${{ t, relief, width }} theme=${state.settings.theme} />`}
      ${fault && html`<p class="landscape-fault"><b>${fault.title}.</b> <${Sentence} text=${`${fault.what} ${fault.instead}`} /></p>`}
      <p>${standingText({ t, scene, axes, path })}</p>
      ${relief?.lowest >= 0 && html`<p>${lowestText({ t, axes, relief })}</p>`}
      <p class="hint"><${Sentence} text=${sliceText({ state, t, axes, scalars })} /></p>
      <p class="hint">${t(set ? "landscape.how" : "landscape.no-start")}</p>
    </div>
  `;
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
  return axes.map(({ name }, k) => `${name} = ${formatNumber(values[k])}`).join(", ");
}

function standingText({ t, scene, axes, path }) {
  const { pass, loss, at } = path[Math.max(0, scene.frame.pass)];
  const slopes = axes.map(({ gradient }) => gradient);
  const place = placeText(axes, at);
  if (slopes.some((slope) => slope === null)) return t("landscape.stands", { step: pass + 1, place, loss: formatNumber(loss) });
  const gradient = axes.map(({ name, gradient: slope }) => `∂loss/∂${name} = ${formatNumber(slope)}`).join(", ");
  return t(axes.length === 1 ? "landscape.stands-slope" : "landscape.stands-gradient", { step: pass + 1, place, loss: formatNumber(loss), gradient });
}

function lowestText({ t, axes, relief }) {
  const { lowest, losses, across, up, windows } = relief;
  const share = [(lowest % across) / (across - 1), Math.floor(lowest / across) / Math.max(1, up - 1)];
  const values = axes.map((_, k) => rounded(windows[k][0] + share[k] * (windows[k][1] - windows[k][0]), windows[k]));
  return t("landscape.lowest", { loss: formatNumber(losses[lowest]), place: placeText(axes, values) });
}

function sliceText({ state, t, axes, scalars }) {
  if (!isExpression(state)) return t("landscape.of-program");
  const variables = variablesOf(state.source);
  const shown = axes.map(({ name }) => name);
  const { held, tensors } = heldOf(scalars, variables.map(({ name }) => name), shown);
  const others = [...held.map(({ name, value }) => `\`${name} = ${formatNumber(value)}\``), ...tensors.map((name) => `\`${name}\``)];
  if (others.length === 0) return t("landscape.whole");
  const isMoving = state.trace.updates.length > 0 && variables.some(({ name, requires_grad }) => requires_grad && !shown.includes(name));
  return t(isMoving ? "landscape.slice-moving" : "landscape.slice", { others: others.join(", ") });
}
