// What is known about a folded group, or about the frame of an opened one, at the present frame.

import { placesOf, shareOf } from "../folded.js";
import { formatShare } from "../format.js";
import { membersOf, portsOf, titleOf } from "../frames.js";
import { nameOf } from "../sentence.js";
import { html, useMemo } from "../vendor/preact.js";
import { withWords } from "./words.js";

const MOST_OPERATIONS = 12;
const MOST_PORTS = 6;

/** @param {{scene: any, actions: any, t: any, group: any}} props the group is folded, or a frame with `boxes` */
function Group({ scene, actions, t, group }) {
  const { topology } = scene;
  const isOpen = Boolean(group.boxes);
  const { members, parameters, inputs, outputs, counts } = useMemo(() => contentOf(topology, group), [topology, group]);
  const facts = [
    ["nodes", members.length.toLocaleString("en")],
    ["parameters", parameters > 0 ? parameters.toLocaleString("en") : null],
    ["share", parameters > 0 ? formatShare(shareOf(scene, isOpen ? frameAsGroup(group, members) : group)) : null],
    ["inputs", html`<${Ports} ...${{ topology, actions, t }} places=${inputs} />`],
    ["outputs", html`<${Ports} ...${{ topology, actions, t }} places=${outputs} />`],
  ].filter(([, content]) => content !== null);
  return html`
    <header class="inspector-head"><span class="badge group">${t(`group.${group.kind}`)}</span><h2>${titleOf(group)}</h2>
      <button type="button" class="close" title=${t("group.leave")} aria-label=${t("group.leave")} onClick=${() => actions.select(null)}>×</button></header>
    <p class="group-actions">${
      isOpen
        ? html`<button type="button" class="action" onClick=${() => actions.collapse(group.key)}>${t("group.close")}</button>`
        : html`<button type="button" class="action" onClick=${() => actions.expand(group.id)}>${t("group.open")}</button>`
    }</p>
    <dl class="facts">${facts.map(([name, content]) => html`<div key=${name}><dt title=${t(`group.${name}-why`)}>${t(`group.${name}`)}</dt><dd>${content}</dd></div>`)}</dl>
    <h3>${t("group.operations")}</h3>
    <dl class="facts counts">${counts.map(([name, count]) => html`<div key=${name}><dt><code>${name}</code></dt><dd>${count.toLocaleString("en")}</dd></div>`)}</dl>
  `;
}

/** What does not change from frame to frame. */
function contentOf(topology, group) {
  const members = group.members ?? membersOf(topology.graph, group);
  const places = placesOf(topology, { members });
  const nodes = [...places].map((i) => topology.graph.nodes[i]);
  const parameters = nodes.filter(({ kind }) => kind === "leaf").reduce((sum, { shape }) => sum + (shape ?? []).reduce((a, b) => a * b, 1), 0);
  return { members, parameters, ...portsOf(topology, places), counts: countsOf(nodes) };
}

const frames = new WeakMap();

/** A frame with its members, the same object for the same frame: what it shows is kept by it. */
function frameAsGroup(frame, members) {
  const known = frames.get(frame) ?? { members };
  frames.set(frame, known);
  return known;
}

function countsOf(nodes) {
  const counts = new Map();
  for (const { name } of nodes) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST_OPERATIONS);
}

function Ports({ topology, places, actions, t }) {
  if (places.length === 0) return "—";
  const node = (i) => topology.graph.nodes[i];
  return html`<ul class="ports">
    ${places.slice(0, MOST_PORTS).map((i) => html`<li key=${i}><button type="button" class="link" onClick=${() => actions.reveal(node(i).id)}>${nameOf(node(i))}</button>${node(i).shape?.length > 0 && html` <code>[${node(i).shape.join(", ")}]</code>`}</li>`)}
    ${places.length > MOST_PORTS && html`<li>${t("group.more", { count: places.length - MOST_PORTS })}</li>`}
  </ul>`;
}

export const GroupCard = withWords("nets", Group);
