// Finding nodes: by name, operation, module or shape, and by what is wrong with their gradients. Pure.

import { isBroken, isZero, magnitudeOf } from "./magnitude.js";
import { nameOf } from "./sentence.js";
import { isFollowed } from "./topology.js";

/** What can be asked about numbers; the last ones order by size instead of choosing. */
export const FILTERS = ["nan", "zero", "none", "largest", "smallest"];

/**
 * The nodes of a pass that a question means, best first.
 *
 * @param {{topology: any, pass: any}} scene
 * @param {{text: string, filter: string | null}} question
 * @param {number} most
 * @returns {{count: number, places: number[]}}
 */
export function search({ topology, pass }, { text, filter }, most) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const { nodes } = topology.graph;
  if (words.length === 0 && !filter) return { count: 0, places: [] };
  const ranked = [];
  nodes.forEach((node, i) => {
    const rank = rankOf(node, text.trim().toLowerCase(), words);
    if (rank !== null && (!filter || matches(filter, node, pass, i))) ranked.push({ i, rank });
  });
  ranked.sort(orderOf(filter, pass));
  return { count: ranked.length, places: ranked.slice(0, most).map(({ i }) => i) };
}

/** How well a node fits: 0 is its very name; null does not fit. */
function rankOf(node, whole, words) {
  const names = [node.variable, nameOf(node), node.label, ...writtenOf(node.name)].filter(Boolean).map((name) => name.toLowerCase());
  if (names.includes(whole)) return 0;
  const text = [...names, node.module ?? "", ...shapesOf(node)].join("\n").toLowerCase();
  if (!words.every((word) => hasWord(text, word)) && !shapesOf(node).includes(whole)) return null;
  return names.some((name) => name.startsWith(words[0] ?? "")) ? 1 : 2;
}

/** An operation's name as people write it: NativeLayerNormBackward0, native layer norm, layer_norm, LayerNorm. */
function writtenOf(name) {
  const parts = name.replace(/Backward\d*$/, "").split(/(?<=[a-z\d])(?=[A-Z])/);
  return [name, name.replace(/(?<=[a-z])(?=[A-Z])/g, " "), ...parts.map((_, k) => parts.slice(k).join("_")), ...parts.map((_, k) => parts.slice(k).join(""))];
}

/** Does a word begin somewhere with these letters? Who looks for "mul" does not mean "AccumulateGrad". */
function hasWord(text, letters) {
  for (let at = text.indexOf(letters); at >= 0; at = text.indexOf(letters, at + 1)) {
    if (!/[\p{L}\p{N}]/u.test(text[at - 1] ?? " ") || !/[\p{L}\p{N}]/u.test(letters[0])) return true;
  }
  return false;
}

/** A shape as people write it: [3, 4], [3,4], 3x4, 3×4. */
function shapesOf({ shape }) {
  if (!shape) return [];
  return shape.length === 0 ? ["scalar", "[]"] : [`[${shape.join(", ")}]`, `[${shape.join(",")}]`, shape.join("x"), shape.join("×")];
}

function matches(filter, node, pass, i) {
  const gradient = pass?.gradients[i] ?? null;
  if (filter === "nan") return isBroken(gradient) || isBroken(pass?.values[i] ?? null);
  if (filter === "zero") return isZero(gradient);
  if (filter === "none") return gradient === null && isFollowed(node);
  return magnitudeOf(gradient) !== null;
}

function orderOf(filter, pass) {
  const size = ({ i }) => magnitudeOf(pass.gradients[i]) ?? 0;
  if (filter === "largest") return (a, b) => size(b) - size(a) || a.rank - b.rank;
  if (filter === "smallest") return (a, b) => size(a) - size(b) || a.rank - b.rank;
  return (a, b) => a.rank - b.rank || a.i - b.i;
}
