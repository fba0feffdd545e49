// The loss around the run: a relief over two numbers or two directions, or a curve with its tangent over one number.
// Fetched when first opened.

import { MOST_ELEMENTS, isExpression, rounded, scalarsOf } from "../landscape.js";
import { isGivenAxis } from "../elements.js";
import { sceneAt } from "../scene.js";
import { planesOf } from "../slices.js";
import { frameAt, timelineOf } from "../timeline.js";
import { html, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { useGround } from "./ground.js";
import { Hidden } from "./hidden.js";
import { Icon } from "./icons.js";
import { Plane } from "./plane.js";
import { Reading } from "./reading.js";
import { withWords } from "./words.js";

/** @param {{state: any, actions: any, language: string, t?: any}} props */
export const Landscape = withWords("landscape", ({ state, actions, t }) => {
  if (state.predict) return html`<${View} t=${t}><${Hidden} what="landscape" language=${state.settings.language} /><//>`;
  const scene = sceneOf(state);
  const scalars = scene ? scalarsOf(state, scene) : [];
  if (!scene || planesOf(state, scene, scalars).length === 0) return html`<${View} t=${t}><p class="hint">${t("landscape.empty")}</p><//>`;
  return html`<${Terrain} ...${{ state, actions, t, scene, scalars }} />`;
});

function View({ t, children }) {
  return html`<section class="landscape-view" aria-label=${t("landscape.name")}>${children}</section>`;
}

function sceneOf({ trace, position }) {
  if (!trace?.passes.length) return null;
  const timeline = timelineOf(trace);
  return sceneAt(timeline, frameAt(timeline, position));
}

function Terrain({ state, actions, t, scene, scalars }) {
  const host = useRef(null);
  const [width, ratio] = useSize(host);
  const ground = useGround({ state, scene, scalars, ratio, t });
  const set = settingOf({ state, actions, ground });
  const shared = { state, t, set, width, height: width / ratio, ...ground };
  return html`
    <${View} t=${t}>
      <${Tools} ...${{ state, actions, t, scalars }} ...${ground} />
      <div class="landscape-body" aria-busy=${String(ground.isAsking)}>
        <div class="landscape-host" ref=${host}>${width > 0 && html`<${Plane} ...${shared} zoom=${actions.zoomTerrain} />`}</div>
        <${Reading} ...${shared} scene=${scene} scalars=${scalars} />
      </div>
    <//>
  `;
}

/** What setting the start does; null where a number has no place in the source. */
function settingOf({ state, actions, ground: { plane, axes } }) {
  if (plane !== "axes" || !axes.every((axis) => (isExpression(state) && axis.place < 0) || isGivenAxis(state, axis))) return null;
  return (values, windows) => actions.setStart(axes.map(({ variable, place, node }, k) => ({ variable, place, node, value: rounded(values[k], windows[k]) })));
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

function Tools({ state, actions, t, scalars, names, plane, planes }) {
  const choose = (axis, own, isFree) => html`
    <label><span>${t(`landscape.${axis}`)}</span> <select value=${own ?? ""} onChange=${(event) => actions.setAxes({ ...names, [axis]: event.target.value })}>
      ${isFree && html`<option value="" selected=${own === null}>${t("landscape.none")}</option>`}
      ${scalars.filter(({ name }) => axis === "x" || name !== names.x).map(({ name }) => html`<option key=${name} value=${name} selected=${name === own}>${name}</option>`)}
    </select></label>`;
  const zooms = [["zoom-in", "plus", 1.6], ["zoom-out", "minus", 1 / 1.6], ["fit", "fit", null]];
  return html`
    <div class="landscape-tools">
      ${planes.length > 1 && html`<label><span>${t("landscape.plane-choice")}</span> <select value=${plane} onChange=${(event) => actions.setAxes({ plane: event.target.value })}>
        ${planes.map((name) => html`<option key=${name} value=${name} selected=${name === plane}>${t(`landscape.plane-${name}`)}</option>`)}
      </select></label>`}
      ${plane === "axes" && choose("x", names.x, false)}
      ${plane === "axes" && scalars.length > 1 && choose("y", names.y, true)}
      <span class="landscape-zooms" role="group" aria-label=${t("landscape.zoom")}>
        ${zooms.map(([name, icon, factor]) => html`<button type="button" class="quiet" key=${name} title=${t(`landscape.${name}`)} aria-label=${t(`landscape.${name}`)} disabled=${factor === null && state.terrain.zoom === 1} onClick=${() => actions.zoomTerrain(factor)}><${Icon} name=${icon} /></button>`)}
      </span>
      ${plane === "axes" && scalars.some(isCut) && html`<span class="hint">${t("landscape.some", { count: MOST_ELEMENTS })}</span>`}
    </div>
  `;
}

/** Is this an element of a tensor that has more than can be chosen? */
function isCut({ place, node }) {
  return place >= 0 && node.shape.reduce((product, size) => product * size, 1) > MOST_ELEMENTS;
}
