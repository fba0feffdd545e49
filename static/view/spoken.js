// What a screen reader says about the parts of a picture.

import { nodeView } from "../scene.js";
import { nameOf } from "../sentence.js";
import { isBox } from "./picture.js";

/**
 * Name every node by operation, value, gradient and neighbours; edges are left to the nodes' words.
 *
 * Called when the run stands still, not in each frame.
 */
export function labelParts(picture, scene, t) {
  for (const part of picture.parts) {
    if (isBox(part)) labelPart(part, scene, t);
  }
}

function labelPart(part, scene, t) {
  const i = scene.topology.places.get(part.id);
  const shown = [...part.element.querySelectorAll("text")].map((text) => text.textContent).filter(Boolean).join(" ");
  const text = i === undefined ? t("graph.group", { shown: shown || part.id, count: part.group.members.length }) : nodeText(scene, i, { shown, t });
  set(part.element, "role", "button");
  set(part.element, "aria-label", text);
}

/** One node in words: first what is written on it, so that one can also call it by that, then its neighbours. */
function nodeText(scene, i, { shown, t }) {
  const { graph, inputs, consumers, sources, targets } = scene.topology;
  const names = (places) => (places.length === 0 ? "—" : places.map((place) => nameOf(graph.nodes[place])));
  const cut = cutText(scene, i, t);
  return t("graph.node", {
    shown: cut ? t("graph.spoken-more", { shown, more: cut }) : shown,
    inputs: names(inputs[i].map((j) => targets[j])),
    consumers: names(consumers[i].map((j) => sources[j])),
  });
}

/** Why no gradient comes back along here, where that is so. */
function cutText(scene, i, t) {
  const { kind, cut } = scene.topology.graph.nodes[i];
  if (cut) return t(kind === "ghost" ? "graph.spoken-ghost" : "graph.spoken-cut", { how: cut });
  return nodeView(scene, i).blocks ? t("graph.spoken-blocks") : "";
}

function set(element, name, text) {
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}
