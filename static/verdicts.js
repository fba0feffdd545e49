// What a gradient check says, as badges on nodes and in order of how bad it is. Pure.

const SIGNS = { agrees: "✓", differs: "✗", kink: "∠", jump: "⌿", unclear: "?", undefined: "?" };
const RANKS = ["differs", "jump", "kink", "undefined", "unclear", "agrees"];

/**
 * The badges of a check on the picture of its pass.
 *
 * @param {any} state with a `check`
 * @param {any} scene
 * @returns {{pills: Map<string, {text: string, kind: string}>, notes: Map<string, string>}} by id of the node
 */
export function checked({ check }, scene) {
  const pills = new Map();
  if (check && scene?.frame.pass === check.pass) {
    for (const { node, verdict } of check.nodes) pills.set(node, { text: SIGNS[verdict], kind: verdict });
  }
  return { pills, notes: new Map() };
}

/** The worst first: by verdict, then by error. */
export function worstFirst(nodes) {
  const error = (one) => (typeof one.error === "number" ? one.error : Infinity);
  return [...nodes].sort((a, b) => RANKS.indexOf(a.verdict) - RANKS.indexOf(b.verdict) || error(b) - error(a) || 0);
}

/** How many nodes there are of each kind. */
export function countsBy(items, field) {
  const counts = new Map();
  for (const item of items) counts.set(item[field], (counts.get(item[field]) ?? 0) + 1);
  return [...counts].map(([name, count]) => ({ name, count }));
}
