import assert from "node:assert/strict";
import { test } from "node:test";
import { checked, countsBy, worstFirst } from "../verdicts.js";

const nodes = [
  { node: "n0", verdict: "agrees", error: 1e-9 },
  { node: "n1", verdict: "differs", error: 0.5 },
  { node: "n2", verdict: "differs", error: "Infinity" },
  { node: "n3", verdict: "kink", error: 0.5 },
];

test("badges stand on the nodes of the pass that was checked, and on no other", () => {
  const check = { pass: 2, nodes };
  const { pills } = checked({ check }, { frame: { pass: 2 } });
  assert.deepEqual([...pills].map(([id, { text, kind }]) => `${id} ${text} ${kind}`), ["n0 ✓ agrees", "n1 ✗ differs", "n2 ✗ differs", "n3 ∠ kink"]);
  assert.equal(checked({ check }, { frame: { pass: 1 } }).pills.size, 0);
  assert.equal(checked({ check: null }, null).pills.size, 0);
});

test("the worst comes first, and kinds are counted", () => {
  assert.deepEqual(worstFirst(nodes).map(({ node }) => node), ["n2", "n1", "n3", "n0"]);
  assert.deepEqual(countsBy(nodes, "verdict"), [{ name: "agrees", count: 1 }, { name: "differs", count: 2 }, { name: "kink", count: 1 }]);
});
