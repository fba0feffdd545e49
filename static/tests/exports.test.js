import assert from "node:assert/strict";
import { test } from "node:test";
import { choicesOf, passAlone } from "../exports.js";
import { descent } from "./fixtures/build.js";

/** Two passes, the second over the graph of a gradient, which leads back to the first graph. */
function twice() {
  const trace = { version: 1, program: "secret", ...descent() };
  const [first] = trace.graphs;
  const nodes = first.nodes.map((node) => ({ ...node, origin: { graph: "g0", node: node.id }, rule: { self: "grad" } }));
  const passes = [trace.passes[0], { ...trace.passes[1], graph: "g1" }];
  return { ...trace, graphs: [first, { ...first, id: "g1", nodes, svg: "<svg/>", opened: [] }], passes };
}

test("the pass on show is a trace by itself, with its own graph and nothing that it leads to", () => {
  const trace = twice();
  const alone = passAlone(trace, { pass: 1 });
  assert.deepEqual(alone.passes, [{ ...trace.passes[1], graph: "g0" }]);
  assert.deepEqual(alone.graphs.map(({ id, edges }) => ({ id, edges })), [{ id: "g0", edges: trace.graphs[1].edges }]);
  assert.deepEqual(alone.graphs[0].nodes.map(({ id }) => id), trace.graphs[1].nodes.map(({ id }) => id));
  for (const field of ["origin", "rule", "saved"]) assert.ok(alone.graphs[0].nodes.every((node) => !(field in node)));
  assert.deepEqual([alone.program, alone.updates, alone.timeline], ["", [], []]);
});

test("before any pass it is the first one, and of a trace without passes nothing", () => {
  const trace = twice();
  assert.deepEqual(passAlone(trace, { pass: -1 }), passAlone(trace, { pass: 0 }));
  const { graphs, passes } = passAlone({ ...trace, passes: [] }, { pass: -1 });
  assert.deepEqual([graphs, passes], [[], []]);
});

test("an opened trace exports every file that a run does, and no text that would run it", () => {
  const [run, opened] = [choicesOf({ opened: null, predict: null }), choicesOf({ opened: "mine.json", predict: null })];
  assert.deepEqual(opened.files, run.files);
  assert.deepEqual([opened.texts, opened.withheld, run.withheld], [[], [], []]);
  assert.ok(run.texts.length > 0);
  assert.deepEqual(choicesOf({ opened: "mine.json", predict: {} }).withheld, ["svg", "png", "pdf", "dot", "json"]);
});
