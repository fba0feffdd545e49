// What a screen reader says about the parts of a picture.

import { formatValue } from "../format.js";
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
  const text = i === undefined ? t("graph.group", { label: part.group?.title ?? part.id }) : nodeText(scene, i, t);
  set(part.element, "role", "button");
  set(part.element, "aria-label", text);
}

/** One node in words. */
export function nodeText(scene, i, t) {
  const { graph, inputs, consumers, sources, targets } = scene.topology;
  const node = graph.nodes[i];
  const view = nodeView(scene, i);
  const names = (places) => places.map((place) => nameOf(graph.nodes[place])).join(", ") || "—";
  return t("graph.node", {
    name: node.name,
    label: nameOf(node),
    value: formatValue(view.value),
    gradient: formatValue(view.gradient),
    inputs: names(inputs[i].map((j) => targets[j])),
    consumers: names(consumers[i].map((j) => sources[j])),
  });
}

function set(element, name, text) {
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}
