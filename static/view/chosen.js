// What is known about one node, or about one edge, at the present frame.

import { contributionsTo, sourceAt } from "../chain.js";
import { formatValue } from "../format.js";
import { gradientFormula } from "../formula.js";
import { unranReason } from "../missing.js";
import { edgeView, nodeView } from "../scene.js";
import { nameOf } from "../sentence.js";
import { isFollowed } from "../topology.js";
import { html } from "../vendor/preact.js";
import { Block } from "./block.js";
import { ChainRule, Contributions, Rules, Saved } from "./derivation.js";
import { Enclosing } from "./enclosing.js";
import { Formula } from "./formula.js";
import { Later as Fetched } from "./later.js";
import { LeafState } from "./leaf.js";
import { Missing } from "./missing.js";
import { Paths } from "./paths.js";
import { Sentence } from "./problem.js";
import { Tensor } from "./tensor.js";

/** @param {any} props */
export function NodeCard({ scene, actions, t, program, language, i }) {
  const node = scene.topology.graph.nodes[i];
  const view = nodeView(scene, i);
  const parts = { scene, actions, t, node, view, i };
  return html`
    <${Heading} ...${parts} />
    <${Facts} ...${{ node, t, program, actions }} />
    <${Enclosing} ...${{ graph: scene.topology.graph, node, t, actions }} />
    ${node.kind !== "ghost" && html`<${Block} title=${t("inspector.value")}>
      ${view.state === "pending" ? html`<${Later} ...${parts} />` : html`<${Tensor} value=${view.value} t=${t} />`}
      ${view.state !== "pending" && (view.value ?? null) === null && html`<p class="reason">${t("missing.value")}</p>`}
    <//>`}
    ${node.kind === "leaf" && scene.frame.kind === "update" && html`<${Fetched} load=${loadStep} props=${{ scene, node, language }} />`}
    ${(node.outputs || node.origin) && html`<${Fetched} load=${loadSeveral} props=${parts} />`}
    ${node.kind === "leaf" && html`<${LeafState} ...${parts} />`}
    ${isFollowed(node) && html`<${Upstream} ...${parts} />`}
    ${isFollowed(node) && node.kind !== "leaf" && html`<${ChainRule} ...${parts} />`}
    ${isFollowed(node) && html`<${Paths} ...${parts} />`}
    <${Missing} ...${{ scene, t, i }} />
    <${Rules} ...${{ node, t }} />
    <${Saved} ...${{ node, t, changed: scene.pass?.saved?.[node.id] }} />
  `;
}

const loadSeveral = async () => (await import("./several.js")).Several;
const loadStep = async () => (await import("./step.js")).Step;

function Heading({ node, t, actions }) {
  return html`
    <header class="inspector-head">
      <span class=${`badge ${node.kind}${node.cut ? " cut" : ""}`}>${t(`inspector.kind-${node.kind}`)}</span>
      <h2>${nameOf(node)}</h2>
      <code class="torch-name">${node.name}</code>
      <${Close} ...${{ t, actions }} />
    </header>
  `;
}

function Close({ t, actions }) {
  return html`<button type="button" class="close" title=${t("inspector.close")} aria-label=${t("inspector.close")} onClick=${() => actions.select(null)}>×</button>`;
}

function Facts({ node, t, program, actions }) {
  const facts = [
    ["label", node.variable && node.label && node.label !== node.variable ? html`<code>${node.label}</code>` : null],
    ["source", node.span ? html`<${SourceLink} ...${{ span: node.span, program, t, actions }} />` : null],
    ["shape", node.shape ? (node.shape.length === 0 ? t("inspector.scalar") : `[${node.shape.join(", ")}]`) : null],
    ["dtype", node.dtype],
    ["module", node.module],
  ];
  const known = facts.filter(([, content]) => content !== null && content !== undefined);
  return html`<dl class="facts">${known.map(([name, content]) => html`<div key=${name}><dt>${t(`inspector.${name}`)}</dt><dd>${content}</dd></div>`)}</dl>`;
}

function SourceLink({ span, program, t, actions }) {
  return html`<button type="button" class="link source" onClick=${() => actions.goToSpan(span)}>
    ${t("inspector.line", { line: span.line })} <code>${sourceAt(program, span)}</code>
  </button>`;
}

/** What is not known yet at this frame, and the way to where it is. */
function Later({ scene, actions, t, i, phase = "forward" }) {
  const { ranks, timeline, frame } = scene;
  const m = timeline.moments.findIndex((moment) => moment.kind === phase && moment.pass === Math.max(0, frame.pass));
  const rank = ranks?.[phase][i] ?? 0;
  const canGo = m >= 0 && Number.isFinite(rank);
  return html`<p class="later">${t(`inspector.later-${phase}`)} ${canGo && html`<button type="button" class="link" onClick=${() => actions.setPosition(timeline.starts[m] + rank)}>${t("inspector.go")}</button>`}</p>`;
}

function Upstream(parts) {
  const { scene, t, node, i } = parts;
  const title = t(node.kind === "leaf" ? "inspector.arrived" : "inspector.upstream");
  const { pass, ranks, backwardReach } = scene;
  const reason = unranReason(scene, i);
  if (reason) return html`<${Block} title=${title}><p class="later"><${Sentence} text=${t(`inspector.${reason}`)} /></p><//>`;
  if (!ranks || ranks.backward[i] > backwardReach) return html`<${Block} title=${title}><${Later} ...${parts} phase="backward" /><//>`;
  return html`
    <${Block} title=${title}>
      <${Tensor} value=${pass.gradients[i] ?? null} t=${t} />
      <${Contributions} contributions=${contributionsTo(scene, i)} total=${pass.gradients[i] ?? null} t=${t} actions=${parts.actions} />
      <${Formula} formula=${gradientFormula(scene, i)} />
      ${node.kind === "output" && html`<p class="hint">${t("inspector.root")}</p>`}
    <//>
  `;
}

/** @param {any} props */
export function EdgeCard({ scene, actions, t, j }) {
  const { graph, sources, targets } = scene.topology;
  const [from, to] = [graph.nodes[sources[j]], graph.nodes[targets[j]]];
  const view = edgeView(scene, j);
  const end = (node) => html`<button type="button" class="link" onClick=${() => actions.select(node.id)}>${nameOf(node)}</button>`;
  const derivative = scene.pass?.derivatives[j] ?? null;
  const carried = nodeView(scene, targets[j]).value;
  return html`
    <header class="inspector-head"><span class=${`badge edge${from.cut ? " cut" : ""}`}>${t(from.cut ? "inspector.break" : "inspector.edge")}</span><h2>${nameOf(to)} → ${nameOf(from)}</h2><${Close} ...${{ t, actions }} /></header>
    <dl class="facts"><div><dt>${t("inspector.edge-data")}</dt><dd>${end(to)} → ${end(from)}</dd></div>
      <div><dt>${t("inspector.edge-gradient")}</dt><dd>${end(from)} → ${end(to)}</dd></div>
      <div><dt>${t("inspector.slot")}</dt><dd>${graph.edges[j].slot}</dd></div></dl>
    <${Block} title=${t("inspector.edge-value")}><${Tensor} value=${carried} t=${t} /><//>
    ${
      from.cut
        ? html`<p class="hint"><${Sentence} text=${t(`missing.${isFollowed(from) ? "cut-leaf" : "cut"}`, { how: from.cut })} /></p>`
        : !isFollowed(to)
        ? html`<p class="hint">${t("inspector.edge-constant")}</p>`
        : html`<${Block} title=${t("inspector.edge-flow")}>
            ${view.flow === null ? html`<${Later} ...${{ scene, actions, t, i: sources[j] }} phase="backward" />` : html`<${Tensor} value=${view.flow} t=${t} />`}
            ${view.flow !== null && derivative !== null && html`<p class="product">${formatValue(scene.pass.gradients[sources[j]])} × ${formatValue(derivative)} = <b>${formatValue(view.flow)}</b></p>`}
          <//>`
    }
  `;
}
