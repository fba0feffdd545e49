// The ways from the loss to the chosen node, each with its product; a path in focus lights up in the graph.

import { formatNumber } from "../format.js";
import { isWhole, pathsTo } from "../paths.js";
import { nameOf } from "../sentence.js";
import { html, useEffect, useMemo, useState } from "../vendor/preact.js";
import { Block } from "./block.js";

/** Longer rows than this are cut in the middle. */
const MOST_PARTS = 7;
const KEPT = 3;

/** @param {{scene: any, t: any, actions: any, i: number}} props */
export function Paths({ scene, t, actions, i }) {
  const { pass, topology, ranks, backwardReach } = scene;
  const hasRun = Boolean(pass) && ranks.backward[i] <= backwardReach;
  const found = useMemo(() => (hasRun ? pathsTo(scene, i) : null), [pass, topology, hasRun, i]);
  const [pinned, setPinned] = useState(null);
  useEffect(() => {
    setPinned(null);
    return () => actions.showTrail(null);
  }, [topology, i]);
  if (!hasRun || pass.isVeiled || topology.consumers[i].length === 0) return null;
  if (!found) return html`<${Block} title=${t("paths.title")}><p class="later">${t("paths.tensor")}</p><//>`;
  if (found.count === 1 && found.paths[0].edges.length < 2) return null;
  const idsOf = ({ edges }) => edges.map((j) => topology.graph.edges[j].id);
  const leave = () => actions.showTrail(pinned === null ? null : idsOf(found.paths[pinned]));
  const pin = (k) => {
    setPinned(k === pinned ? null : k);
    actions.showTrail(k === pinned ? null : idsOf(found.paths[k]));
  };
  return html`
    <${Block} title=${t("paths.title")}>
      <p class="hint">${t("paths.hint")}</p>
      <ol class="paths" onMouseLeave=${leave}>
        ${found.paths.map((path, k) => html`<li key=${k}><button type="button" class="path" aria-pressed=${String(k === pinned)}
          onMouseEnter=${() => actions.showTrail(idsOf(path))} onFocus=${() => actions.showTrail(idsOf(path))} onBlur=${leave} onClick=${() => pin(k)}>
          <span class="path-nodes">${namesOf(topology, path)}</span><span class="path-product">${productOf(pass, path, found.seed)} = <b>${formatNumber(path.product)}</b></span></button></li>`)}
      </ol>
      <${Sum} found=${found} t=${t} />
    <//>
  `;
}

/** The sum over all paths, those that are not listed included, beside what the engine found. */
function Sum({ found, t }) {
  const { count, sum, gradient, paths } = found;
  return html`
    ${count > paths.length && html`<p class="hint">${t("paths.more", { shown: paths.length, count: formatNumber(count) })}</p>`}
    <p class=${`paths-sum${isWhole(found) ? "" : " differs"}`}>${t("paths.sum", { count: formatNumber(count) })} <b>${formatNumber(sum)}</b> ${
      isWhole(found) ? html`<span class="agrees">${t("paths.agrees", { gradient: formatNumber(gradient) })}</span>` : html`<span class="piled-note">${t("paths.differs", { gradient: formatNumber(gradient) })}</span>`
    }</p>
  `;
}

/** "y → u → a": the nodes of a path, from the loss on. */
function namesOf({ graph, sources, targets }, { edges }) {
  const places = [sources[edges[0]], ...edges.map((j) => targets[j])];
  return cut(places.map((i) => nameOf(graph.nodes[i]))).join(" → ");
}

function productOf(pass, { edges }, seed) {
  const factors = edges.map((j) => formatNumber(pass.derivatives[j]));
  const all = seed === 1 && factors.length > 0 ? factors : [formatNumber(seed), ...factors];
  return cut(all).map((text) => (text.startsWith("-") ? `(${text})` : text)).join(" × ");
}

function cut(parts) {
  return parts.length <= MOST_PARTS ? parts : [...parts.slice(0, KEPT), "…", ...parts.slice(-KEPT)];
}
