import assert from "node:assert/strict";
import { test } from "node:test";

import { framesAround, membersOf, portsOf, titleOf } from "../frames.js";
import { levelsOf } from "../levels.js";
import { selectionIn } from "../redraw.js";
import { topologyOf } from "../topology.js";
import { quadratic } from "./fixtures/build.js";

const GRAPH = {
  nodes: [{ id: "n0" }, { id: "n1", module: "net.0.linear" }, { id: "n2", module: "net.0" }, { id: "n3" }, { id: "n4" }],
  groups: [{ id: "m0", key: "module:net.0.linear", members: ["n3", "n4"] }],
  clusters: [
    { id: "c0", key: "module:net", boxes: ["c1", "n1"] },
    { id: "c1", key: "module:net.0", boxes: ["m0", "n2"] },
  ],
};

test("frames lie around nodes, groups and frames, the outermost first", () => {
  const around = (id) => framesAround(GRAPH, id).map((frame) => frame.id);
  assert.deepEqual(["n0", "n1", "n2", "n4", "m0", "c1"].map(around), [[], ["c0"], ["c0", "c1"], ["c0", "c1"], ["c0", "c1"], ["c0"]]);
  assert.deepEqual(framesAround(null, "n0"), []);
});

test("a frame holds the nodes of what lies in it", () => {
  assert.deepEqual(membersOf(GRAPH, GRAPH.clusters[0]), ["n3", "n4", "n2", "n1"]);
});

test("titles count rounds, blocks and calls", () => {
  const titles = [{ title: "net" }, { title: "net", repeats: 1200 }, { title: "net", first: 3 }, { title: "net", first: 1, repeats: 10 }];
  assert.deepEqual(titles.map(titleOf), ["net", "net × 1,200", "net #3", "net #1–10"]);
});

test("ports are what crosses the border, parameters left out", () => {
  const { graphs } = quadratic();
  const topology = topologyOf(graphs[0]);
  const inside = new Set(graphs[0].nodes.flatMap(({ kind }, i) => (kind === "operation" ? [i] : [])));
  const { inputs, outputs } = portsOf(topology, inside);
  assert.ok(inputs.every((i) => graphs[0].nodes[i].kind === "constant"));
  assert.ok(outputs.length > 0 && outputs.every((i) => inside.has(i)));
  assert.deepEqual(portsOf(topology, new Set()), { inputs: [], outputs: [] });
});

test("levels can be asked for as deep as modules lie, and one deeper than what is open", () => {
  assert.equal(levelsOf(GRAPH), 4);
  assert.equal(levelsOf({ nodes: [{ id: "n0" }], groups: [{ id: "m0" }] }), 2);
});

test("what is chosen goes by its key into the next picture", () => {
  const drawn = { groups: [{ id: "m7", key: "module:net.0" }], clusters: [{ id: "c5", key: "module:net" }] };
  assert.deepEqual(["c1", "c0", "m0", "n2", null].map((id) => selectionIn(GRAPH, drawn, id)), ["m7", "c5", null, "n2", null]);
});
