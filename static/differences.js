// The differences of a comparison as pills on nodes, and what has no partner. Pure.

import { changeText, changesBetween, pinnedSide, sideOf } from "./compare.js";

const WORDS = { came: "＋", went: "✕", shape: "≠" };

/**
 * What the picture shows of a comparison.
 *
 * @param {any} state with a `pin`
 * @returns {{pills: Map<string, {text: string, kind: string}>, notes: Map<string, string>}} by id of the node
 */
export function compared(state) {
  const overlay = { pills: new Map(), notes: new Map() };
  const [before, after] = [pinnedSide(state.pin, state), sideOf(state.trace, state.position)];
  if (!before || !after) return overlay;
  const { nodes, groups = [] } = after.scene.topology.graph;
  const { changes, partners } = changesBetween(before, after);
  for (const { i, value, gradient } of changes) addChange(overlay, nodes[i].id, { value, gradient });
  for (const i of partners.alone) overlay.notes.set(nodes[i].id, "alone");
  for (const { id, members } of groups) {
    const notes = members.map((member) => overlay.notes.get(member));
    overlay.notes.set(id, notes.find((note) => note === "changed" || note === "alone") ? "changed" : "unchanged");
  }
  return overlay;
}

function addChange({ pills, notes }, id, { value, gradient }) {
  const isAny = (change) => change !== null && change.kind !== "same";
  notes.set(id, isAny(value) || isAny(gradient) ? "changed" : "unchanged");
  const parts = [isAny(value) ? changeText(value, WORDS) : "", isAny(gradient) ? `∂ ${changeText(gradient, WORDS)}` : ""].filter(Boolean);
  if (parts.length > 0) pills.set(id, { text: parts.join("  "), kind: isAny(value) ? "change" : "change gradient-only" });
}
