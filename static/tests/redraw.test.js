import assert from "node:assert/strict";
import { test } from "node:test";
import { drawnLike } from "../redraw.js";

const settings = { language: "en", direction: "TB" };

/** A graph of one node in each of these modules. */
function graph(modules, fields = {}) {
  const nodes = modules.map((module, i) => ({ id: `n${i}`, kind: "operation", name: "TanhBackward0", module }));
  return { id: "g0", nodes, edges: [], opened: [], ...fields };
}

/** The body of what is asked of the server for a call, and what comes of it. */
async function asked(call) {
  const bodies = [];
  globalThis.fetch = async (url, { body }) => {
    bodies.push(JSON.parse(body));
    return new Response(JSON.stringify({ svg: "drawn", opened: [] }), { headers: { "Content-Type": "application/json" } });
  };
  const drawing = await drawnLike(call);
  return { bodies, drawing };
}

test("a graph that nobody touched is not drawn again", () => {
  const former = { graphs: [graph(["net"])] };
  assert.equal(drawnLike({ former, graph: graph(["net"]), settings }), null);
  assert.equal(drawnLike({ former: null, graph: graph(["net"]), settings }), null);
});

test("a graph that already looks as it did is not drawn again", () => {
  const former = { graphs: [graph(["net"], { opened: ["b", "a"], closed: [], depth: null })] };
  assert.equal(drawnLike({ former, graph: graph(["net"], { opened: ["a", "b"] }), settings }), null);
});

test("an equal graph keeps all of its groups, and its depth", async () => {
  const former = { graphs: [graph(["net"], { opened: ["loop:1", "module:net"], closed: ["chain:2"], depth: 3 })] };
  const { bodies, drawing } = await asked({ former, graph: graph(["net"]), settings });
  assert.deepEqual([bodies[0].expanded, bodies[0].collapsed, bodies[0].depth], [["loop:1", "module:net"], ["chain:2"], 3]);
  assert.deepEqual([drawing.svg, drawing.closed, drawing.depth, drawing.direction], ["drawn", ["chain:2"], 3, "TB"]);
});

test("another graph keeps the modules that are still there", async () => {
  const opened = ["module:net.a", "module:net.gone", "module:net.a/loop:3", "loop:1"];
  const former = { graphs: [graph(["net.a.x", "net.gone"], { opened, closed: ["module:ne"] })] };
  const { bodies } = await asked({ former, graph: graph(["net.a.x", "net.b", "net.b"]), settings });
  assert.deepEqual([bodies[0].expanded, bodies[0].collapsed], [["module:net.a", "module:net.a/loop:3"], []]);
});
