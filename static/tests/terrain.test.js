import assert from "node:assert/strict";
import { test } from "node:test";
import { firstSource } from "../source.js";
import { createStore } from "../store.js";
import { createTerrain } from "../terrain.js";

const TRACE = { graphs: [], passes: [], updates: [], timeline: [] };

function made(source) {
  const store = createStore({ source: { ...firstSource(), ...source }, trace: TRACE, terrain: { x: null, y: null, zoom: 4 } });
  const calls = [];
  const actions = { setSource: (fields) => calls.push(fields), run: (options) => calls.push(options) };
  return { store, calls, terrain: createTerrain({ store, actions }) };
}

test("other axes begin with the whole path in sight", () => {
  const { store, terrain } = made({});
  terrain.setAxes({ x: "b" });
  assert.deepEqual(store.get().terrain, { x: "b", y: null, zoom: 1 });
  terrain.zoomTerrain(2);
  assert.equal(store.get().terrain.zoom, 2);
  terrain.zoomTerrain(null);
  assert.equal(store.get().terrain.zoom, 1);
});

test("a start is written into the variables of an expression, and the run begins at its first step", async () => {
  const { calls, terrain } = made({});
  await terrain.setStart([{ variable: "a", place: -1, node: null, value: -1.5 }, { variable: "x", place: -1, node: null, value: 2 }]);
  assert.deepEqual([calls[0].variables.a.value, calls[0].variables.x, calls[0].variables.b.value], [-1.5, { value: 2, requires_grad: false }, 2]);
  assert.deepEqual(calls[1], { position: 0 });
});

test("a start is written into the literals of a program", async () => {
  const { calls, terrain } = made({ mode: "program", program: "w = torch.tensor(3.0, requires_grad=True)\n" });
  await terrain.setStart([{ variable: "w", place: -1, node: { kind: "leaf", variable: "w" }, value: -2 }]);
  assert.equal(calls[0].program, "w = torch.tensor(-2.0, requires_grad=True)\n");
});
