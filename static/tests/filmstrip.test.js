import assert from "node:assert/strict";
import { test } from "node:test";
import { createReel, filmOf } from "../filmstrip.js";
import { timelineOf } from "../timeline.js";

/** A run of some steps over one operation and one leaf. */
function run(steps) {
  const nodes = [{ id: "n0", kind: "output", name: "MulBackward0" }, { id: "n1", kind: "leaf", name: "AccumulateGrad" }];
  const graph = { id: "g0", nodes, edges: [{ id: "e0", source: "n0", target: "n1", slot: 0 }] };
  const pass = { graph: "g0", call: "backward", loss: 1, values: [1, 1], gradients: [1, 1], flows: [1], derivatives: [1], accumulated: { n1: 1 }, order: [0, 1] };
  const timeline = Array.from({ length: steps }, (_, i) => [{ kind: "forward", pass: i }, { kind: "backward", pass: i }]).flat();
  return timelineOf({ graphs: [graph], passes: Array.from({ length: steps }, () => pass), updates: [], timeline });
}

test("a short run is filmed whole", () => {
  const timeline = run(2);
  assert.deepEqual(filmOf(timeline, "g0", 3), Array.from({ length: timeline.length }, (_, i) => i));
});

test("a long run has a bounded film: its first step node by node, its last moment last", () => {
  const timeline = run(500);
  const film = filmOf(timeline, "g0", 3);
  assert.ok(film.length <= 90, String(film.length));
  assert.deepEqual(film.slice(0, 4), [0, 1, 2, 3]);
  assert.equal(film.at(-1), timeline.length - 1);
  assert.deepEqual(film, [...new Set(film)].sort((a, b) => a - b));
  assert.ok(filmOf(timeline, "g0", 600).length <= 12);
});

test("what changes alike shares a class, what never changes has none", () => {
  const reel = createReel(3);
  assert.equal(reel.classOf("opacity", ["1", "1", "1"]), null);
  const name = reel.classOf("opacity", ["0", "1", "1"]);
  assert.equal(reel.classOf("opacity", ["0", "1", "1"]), name);
  assert.notEqual(reel.classOf("opacity", ["0", "0", "1"]), name);
  const sheet = reel.sheet();
  assert.ok(sheet.startsWith(`.${name}{opacity:1}`), "the last frame stands where nothing moves");
  assert.match(sheet, /prefers-reduced-motion:no-preference/);
});
