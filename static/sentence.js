// What happens at a frame, in words: the key of a text and the numbers it needs.

import { formatValue } from "./format.js";
import { clauses } from "./i18n.js";
import { changeOf, heldGradient, nodeView } from "./scene.js";

/**
 * The sentence of a frame.
 *
 * @param {any} scene as `sceneAt` gives it
 * @returns {{key: string, parameters: Record<string, any>}} a key below `timeline.now`
 */
export function sentenceOf(scene) {
  const { frame } = scene;
  if (frame.kind === null || frame.pass < 0) return describeStart(scene);
  return SENTENCES[frame.kind](scene);
}

/** More leaves than these are not called by name. */
const MOST_NAMES = 6;

/** Nor are more changes than these told. */
const MOST_CHANGES = 4;

const SENTENCES = {
  forward: describeForward,
  backward: describeBackward,
  update: describeUpdate,
  zero_grad: describeClearing,
  gap: ({ timeline, frame }) => ({ key: "gap", parameters: timeline.moments[frame.moment].left_out }),
  print: describePrint,
};

function describeStart(scene) {
  const { frame } = scene;
  return frame.kind === "print" ? describePrint(scene) : { key: "start", parameters: {} };
}

function describeClearing({ timeline, frame }) {
  const names = (timeline.moments[frame.moment].cleared ?? []).map(({ variable }) => variable).filter(Boolean);
  if (names.length === 0 || names.length > MOST_NAMES) return { key: "zero-grad", parameters: {} };
  return { key: "zero-grad-of", parameters: { names: names.map((name) => `${name}.grad`) } };
}

function describePrint({ timeline, frame }) {
  const text = timeline.moments[frame.moment].text ?? "";
  return { key: "print", parameters: { text: text.trim() } };
}

function describeForward(scene) {
  if (scene.frame.k === 0) return { key: "forward-given", parameters: {} };
  const [i] = scene.active;
  const node = scene.topology.graph.nodes[i];
  const parameters = { name: node.name, label: nameOf(node), value: formatValue(nodeView(scene, i).value) };
  return { key: "forward", parameters };
}

/** What a person would call a node: the program's name for it, else its source text, else torch's name. */
export function nameOf(node) {
  return node.variable ?? (node.label || node.name);
}

function describeBackward(scene) {
  const [i] = scene.active;
  if (i === undefined) return { key: "backward-nothing", parameters: {} };
  const node = scene.topology.graph.nodes[i];
  if (node.kind === "leaf") return describeAccumulation(scene, i);
  const gradient = formatValue(scene.pass.gradients[i] ?? null);
  const flows = sentFlows(scene, i);
  const key = flows.length === 0 ? "backward-end" : scene.frame.k === 0 ? "backward-root" : "backward";
  return { key, parameters: { name: node.name, label: nameOf(node), gradient, flows } };
}

/** "16 → a", "1 → b": the gradients that leave a node. */
function sentFlows({ topology, pass }, i) {
  const sent = topology.inputs[i].filter((j) => (pass.flows[j] ?? null) !== null);
  const { nodes } = topology.graph;
  return sent.map((j) => `${formatValue(pass.flows[j])} → ${nameOf(nodes[topology.targets[j]])}`);
}

function describeAccumulation({ timeline, frame, topology, pass }, i) {
  const node = topology.graph.nodes[i];
  const before = heldGradient(timeline, frame.moment - 1, topology, i).value;
  const gradient = formatValue(pass.gradients[i] ?? null);
  const after = formatValue(pass.accumulated[node.id] ?? null);
  const key = before === null ? "accumulate-first" : "accumulate";
  return { key, parameters: { label: nameOf(node), before: formatValue(before), gradient, after } };
}

function describeUpdate(scene) {
  const { timeline, frame } = scene;
  const update = timeline.trace.updates[timeline.moments[frame.moment].update];
  const changes = update.parameters.slice(0, MOST_CHANGES).map((parameter) => describeChange(update, parameter));
  const more = update.parameters.length > MOST_CHANGES ? ["…"] : [];
  const key = update.optimizer === "in-place" ? "update-in-place" : "update";
  return { key, parameters: { optimizer: update.optimizer, changes: clauses([...changes, ...more]) } };
}

/** "x ← 1 − 0.1 × 2 = 0.8" where that is the whole rule, else "x: 1 → 0.8". */
export function describeChange(update, parameter) {
  const { before, gradient, after } = parameter;
  const name = parameter.variable ?? "?";
  if (typeof before === "object" && before !== null) return name;
  if (!isPlainDescent(update) || gradient === null) return `${name}: ${formatValue(before)} → ${formatValue(after)}`;
  const rate = formatValue(update.options.lr);
  return `${name} ← ${formatValue(before)} − ${rate} × ${formatValue(gradient)} = ${formatValue(after)}`;
}

/** Is x ← x − lr · grad all that this optimizer did? */
export function isPlainDescent({ optimizer, options }) {
  const extras = ["momentum", "weight_decay", "nesterov", "maximize"];
  return optimizer === "SGD" && typeof options.lr === "number" && extras.every((name) => !options[name]);
}

/** The change of a node in the update of a frame, if it has one. */
export function changeAt({ timeline, frame }, node) {
  if (frame.kind !== "update") return null;
  return changeOf(timeline.trace.updates[timeline.moments[frame.moment].update], node);
}
