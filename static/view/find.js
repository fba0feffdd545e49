// The search field over the graph, and the nodes it found.

import { formatValue } from "../format.js";
import { FILTERS, search } from "../search.js";
import { nameOf } from "../sentence.js";
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact.js";
import { setTabStop } from "./stage.js";

const MOST_ROWS = 50;

/** @param {{actions: any, scene: any, t: any, stage: any}} props */
export function Find({ actions, scene, t, stage }) {
  const field = useRef(null);
  const [question, ask] = useState({ text: "", filter: null });
  const [at, setAt] = useState(0);
  const { pass, topology } = scene;
  const found = useMemo(() => search({ topology, pass }, question, MOST_ROWS), [topology, pass, question]);
  useEffect(() => field.current.focus(), []);
  const change = (fields) => {
    ask({ ...question, ...fields });
    setAt(0);
  };
  const close = () => {
    actions.find(false);
    stage.current?.host.closest(".graph-view")?.querySelector(".graph-lens .tool")?.focus();
  };
  const choose = async (i) => {
    const { id } = topology.graph.nodes[i];
    await actions.reveal(id);
    actions.find(false);
    requestAnimationFrame(() => setTabStop(stage.current, id, true));
  };
  const onKeyDown = (event) => {
    const last = found.places.length - 1;
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown") setAt(Math.min(last, at + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, at - 1));
    else if (event.key === "Enter" && found.places[at] !== undefined) choose(found.places[at]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const isAsked = question.text.trim() !== "" || question.filter !== null;
  return html`
    <div class="find" role="search" onKeyDown=${onKeyDown}>
      <input type="text" ref=${field} value=${question.text} placeholder=${t("find.placeholder")} aria-label=${t("find.label")} spellcheck=${false} autocomplete="off"
        role="combobox" aria-expanded=${String(found.places.length > 0)} aria-controls="find-results" aria-activedescendant=${found.places.length > 0 ? `find-${at}` : undefined}
        onInput=${(event) => change({ text: event.target.value })} />
      <div class="filters" role="group" aria-label=${t("find.filters")}>
        ${FILTERS.map((name) => html`<button type="button" key=${name} aria-pressed=${String(name === question.filter)} onClick=${() => (change({ filter: name === question.filter ? null : name }), field.current.focus())}>${t(`find.${name}`)}</button>`)}
      </div>
      <p class="find-count" role="status">${isAsked ? t("find.count", { count: found.count }) : t("find.hint")}</p>
      <ul id="find-results" role="listbox" aria-label=${t("find.label")} hidden=${found.places.length === 0}>
        ${found.places.map((i, k) => html`<${Row} key=${topology.graph.nodes[i].id} ...${{ node: topology.graph.nodes[i], gradient: pass?.gradients[i] ?? null, k, isChosen: k === at }} act=${() => choose(i)} />`)}
      </ul>
    </div>
  `;
}

function Row({ node, gradient, k, isChosen, act }) {
  const row = useRef(null);
  useEffect(() => {
    if (isChosen) row.current.scrollIntoView({ block: "nearest" });
  }, [isChosen]);
  return html`<li id=${`find-${k}`} ref=${row} role="option" aria-selected=${String(isChosen)} onClick=${act}>
    <b>${nameOf(node)}</b>${gradient !== null && html`<span class="found-gradient">∂ ${formatValue(gradient)}</span>`}
    <span class="found-place"><code>${node.name}</code>${node.module && html` <span class="found-module">${node.module}</span>`}</span>
  </li>`;
}
