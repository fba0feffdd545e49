// Loss and parameters over the passes of a run; a line marks the pass on show, a click goes to another.

import { translator } from "../i18n.js";
import { lossOf, parametersOf } from "../series.js";
import { frameAt, positionOfPass, timelineOf } from "../timeline.js";
import { html, useLayoutEffect, useMemo, useRef, useState } from "../vendor/preact.js";
import { createChart, destroyChart, growChart, isSameChart, pointChart } from "./chart.js";

/** @param {{state: any, actions: any}} props */
export function Curves({ state, actions }) {
  const t = translator(state.settings.language);
  const [quantity, setQuantity] = useState("value");
  const [isLog, setLog] = useState(false);
  const { trace } = state;
  const count = trace?.passes.length ?? 0;
  // Of a long run some passes are left out: the others stand where they belong.
  const steps = useMemo(() => (trace?.passes ?? []).map(({ number }, p) => (number ?? p) + 1), [trace?.passes]);
  const loss = useMemo(() => (count > 0 ? [lossOf(trace)] : []), [trace?.passes]);
  const parameters = useMemo(() => (count > 0 ? parametersOf(trace, quantity) : []), [trace?.passes, quantity]);
  if (count < 2) return html`<section class="curves-view" aria-label=${t("curves.title")}><p class="hint">${t("curves.empty")}</p></section>`;
  const timeline = timelineOf(trace);
  const pass = frameAt(timeline, state.position).pass;
  const go = (p) => {
    const position = positionOfPass(timeline, p);
    if (state.playing) actions.pause();
    if (position !== null) actions.setPosition(position);
  };
  const shared = { steps, pass, go, theme: `${state.settings.theme} ${state.settings.size} ${matchMedia("(prefers-color-scheme: dark)").matches}`, t };
  return html`
    <section class="curves-view" aria-label=${t("curves.title")}>
      <div class="curves-tools">
        <${Choice} names=${["value", "gradient"]} chosen=${quantity} choose=${setQuantity} t=${t} />
        <label><input type="checkbox" checked=${isLog} onChange=${(event) => setLog(event.target.checked)} /> ${t("curves.log")}</label>
      </div>
      <div class="curves-charts">
        <${Chart} title=${t("curves.loss")} curves=${loss} isLog=${isLog} ...${shared} />
        ${parameters.length > 0
          ? html`<${Chart} title=${t(`curves.${quantity}`)} curves=${parameters} isLog=${isLog && quantity === "gradient"} ...${shared} />`
          : html`<p class="hint">${t(trace.passes[0].isVeiled ? "curves.hidden" : "curves.no-parameters")}</p>`}
      </div>
    </section>
  `;
}

function Choice({ names, chosen, choose, t }) {
  return html`<div class="choice" role="group" aria-label=${t("curves.quantity")}>
    ${names.map((name) => html`<button type="button" key=${name} aria-pressed=${String(name === chosen)} onClick=${() => choose(name)}>${t(`curves.${name}`)}</button>`)}
  </div>`;
}

/** One chart; it is made anew only when its curves, scale, size or colours are others. */
export function Chart({ title, curves, isLog, steps, pass, go, theme, t }) {
  const host = useRef(null);
  const chart = useRef(null);
  const latest = useRef(go);
  latest.current = go;
  const shape = { names: curves.map(({ name }) => name), isLog, theme };
  useLayoutEffect(() => {
    if (chart.current && isSameChart(chart.current, shape)) growChart(chart.current, curves, steps);
    else {
      if (chart.current) destroyChart(chart.current);
      chart.current = createChart(host.current, { ...shape, curves, steps, go: (p) => latest.current(p) });
    }
    pointChart(chart.current, pass);
  }, [curves, isLog, theme, steps]);
  useLayoutEffect(() => pointChart(chart.current, pass), [pass]);
  useLayoutEffect(() => () => chart.current && destroyChart(chart.current), []);
  const broken = curves.flatMap(({ name, marks }) => marks.slice(0, 1).map((mark) => ({ name, ...mark })));
  return html`
    <figure class="chart">
      <figcaption>${title}</figcaption>
      <div class="chart-host" ref=${host}></div>
      ${broken.length > 0 && html`<p class="chart-broken">${broken.slice(0, 3).map(({ name, pass: p, value }) => html`<button type="button" class="link" onClick=${() => go(p)}>${t("curves.broken", { name, value, step: steps[p] })}</button> `)}</p>`}
    </figure>
  `;
}
