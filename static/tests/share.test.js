import assert from "node:assert/strict";
import { deflateRawSync } from "node:zlib";
import { test } from "node:test";
import { packState, unpackState } from "../share.js";
import { firstSource } from "../source.js";

const STATE = { source: firstSource(), position: 12, selection: "n3", settings: { language: "zh", theme: "dark", direction: "LR" }, panel: "landscape", terrain: { x: "a", y: "", zoom: 3 } };

function link(kept) {
  return `1.${deflateRawSync(Buffer.from(typeof kept === "string" ? kept : JSON.stringify(kept))).toString("base64url")}`;
}

test("an expression comes back with its form, place and choice", async () => {
  const found = await unpackState(`#${await packState(STATE)}`);
  assert.deepEqual(found.source, STATE.source);
  assert.deepEqual([found.position, found.selection, found.direction, found.language], [12, "n3", "LR", "zh"]);
  assert.deepEqual([found.panel, found.axes], ["landscape", { x: "a", y: "", plane: "axes", zoom: 3 }]);
});

test("a program comes back letter for letter", async () => {
  const program = 'import torch\nprint("½ · 中文 · 😀")\n';
  const found = await unpackState(await packState({ ...STATE, source: { ...STATE.source, mode: "program", program, seed: 7 } }));
  assert.deepEqual([found.source.mode, found.source.program, found.source.seed], ["program", program, 7]);
});

test("a link is short, and made of letters that need no escape", async () => {
  const packed = await packState(STATE);
  assert.match(packed, /^1\.[A-Za-z0-9_-]+$/);
  assert.ok(packed.length < 400, `${packed.length} letters`);
});

test("checks, opened groups, colours, a loop and the plane come back", async () => {
  const graphs = [
    { id: "g0", groups: [{}], opened: ["auto"] },
    { id: "g1", groups: [{}], opened: ["net.0", "net.0.1"], closed: ["net.2"], depth: 2 },
    { id: "g2", opened: [], closed: [] },
  ];
  const state = { ...STATE, check: { pass: 3 }, trace: { graphs }, tint: "time", loop: { from: 2, to: 9 }, panel: "flow", terrain: { ...STATE.terrain, plane: "pca" } };
  const found = await unpackState(await packState(state));
  assert.deepEqual(found.folds, [{ id: "g1", expanded: ["net.0", "net.0.1"], collapsed: ["net.2"], depth: 2 }]);
  assert.deepEqual([found.check, found.tint, found.loop, found.panel], [3, "time", { from: 2, to: 9 }, "flow"]);
  assert.equal((await unpackState(await packState({ ...state, panel: "landscape" }))).axes.plane, "pca");
});

test("a link from before these were in it opens as it did", async () => {
  const found = await unpackState(link({ s: { mode: "program", program: "x", seed: 0 }, p: 4, d: "TB", v: "landscape", x: "a" }));
  assert.deepEqual([found.check, found.folds, found.tint, found.loop], [null, [], "none", null]);
  assert.deepEqual(found.axes, { x: "a", y: null, plane: "axes", zoom: 1 });
});

test("what does not fit is left out of a link", async () => {
  const s = { mode: "program", program: "x" };
  const found = await unpackState(link({ s, k: -1, f: [["g0", [7], [], null], ["x", [], [], null], 3], t: "red", o: [5, 5] }));
  assert.deepEqual([found.check, found.folds, found.tint, found.loop], [null, [], "none", null]);
});

test("the table, the pace and the grain come back, and only those there are", async () => {
  const ways = { speed: 0.25, grain: "phase", isTable: true };
  const found = await unpackState(await packState({ ...STATE, ...ways }));
  assert.deepEqual([found.speed, found.grain, found.isTable], [0.25, "phase", true]);
  const s = { mode: "program", program: "x" };
  for (const odd of [{}, { r: 3, a: "year", h: 1, z: 1e9 }, { r: "2", a: null, h: "true", z: "2" }]) {
    const usual = await unpackState(link({ s, ...odd }));
    assert.deepEqual([usual.speed, usual.grain, usual.isTable, usual.axes.zoom], [1, "node", false, 1]);
  }
});

test("what is in sight of the picture comes back, and only a part that there can be", async () => {
  const inSight = { of: [312.5, 480], box: [-12.3, 40, 210.1, 99.9] };
  const found = await unpackState(await packState({ ...STATE, inSight, isFollowing: false }));
  assert.deepEqual([found.inSight, found.isFollowing], [inSight, false]);
  const s = { mode: "program", program: "x" };
  for (const i of [undefined, [1, 2], [1, 2, 0, 0, 0, 5], [0, 2, 0, 0, 5, 5], [1, 2, "0", 0, 5, 5], [1, 2, 1e300, 0, 5, 5], { length: 6 }]) {
    const usual = await unpackState(link({ s, i, u: 7 }));
    assert.deepEqual([usual.inSight, usual.isFollowing], [null, true]);
  }
});

test("what stood in the lab comes back, and nothing else in its place", async () => {
  const lab = { isOpen: true, bench: "sweep", sweep: { steps: "30" } };
  assert.deepEqual((await unpackState(await packState({ ...STATE, lab }))).lab, lab);
  const s = { mode: "program", program: "x" };
  assert.deepEqual((await unpackState(link({ s, b: { isOpen: "yes" } }))).lab, { isOpen: false });
  for (const b of [undefined, null, [1], "x", 3]) assert.equal((await unpackState(link({ s, b }))).lab, null);
});

const REFUSED = {
  "nothing": "",
  "another version": "2.q1YqVrJSKlGyUqoFAA",
  "no letters of ours": "1.%%%",
  "a link that was cut": link(JSON.stringify({ s: { mode: "program", program: "x".repeat(90) } })).slice(0, 12),
  "no JSON": link("{"),
  "no object": link("7"),
  "no source": link({ s: null }),
  "a source without text": link({ s: { mode: "program", program: 7 } }),
  "a bomb": link(JSON.stringify({ s: { mode: "program", program: "x".repeat(5_000_000) } })),
};

for (const [name, text] of Object.entries(REFUSED)) {
  test(`refused: ${name}`, async () => assert.equal(await unpackState(text), null));
}

test("what does not fit in a link is left out", async () => {
  const s = { mode: "expression", expression: "x", variables: { x: { value: 1, requires_grad: true }, y: { value: {}, requires_grad: true }, z: 3 }, optimizer: { name: "Adam", options: { lr: 0.1, betas: [1] } }, steps: -4, seed: 1.5 };
  const found = await unpackState(link({ s, p: "7", n: "<b>", d: "XX", g: "xx", v: "none", x: 1 }));
  assert.deepEqual(found.source.variables, { x: { value: 1, requires_grad: true } });
  assert.deepEqual(found.source.optimizer, { name: "Adam", options: { lr: 0.1 } });
  assert.deepEqual([found.source.steps, found.source.seed, found.position, found.selection, found.direction], [0, 0, 0, null, "TB"]);
  assert.deepEqual([found.language, found.panel, found.axes], [null, null, { x: null, y: null, plane: "axes", zoom: 1 }]);
});

test("what is hidden travels with the guesses, and nothing else does", async () => {
  const predict = { hides: "gradient", guesses: { "0:n3": { text: "15", target: "" }, "2:n1": { text: null, target: "norm" } } };
  const found = await unpackState(await packState({ ...STATE, predict }));
  assert.deepEqual(found.predict, predict);
  assert.equal((await unpackState(await packState(STATE))).predict, null);
  const s = { mode: "program", program: "x = 1" };
  assert.equal((await unpackState(link({ s, q: { h: "everything" } }))).predict, null);
  const odd = { h: "value", g: [["__proto__", "1", ""], ["0:n1", 7, ""], "x", ["0:n2", "1", "norm"]] };
  assert.deepEqual((await unpackState(link({ s, q: odd }))).predict, { hides: "value", guesses: { "0:n2": { text: "1", target: "norm" } } });
});

test("a comparison travels: a moment of one's own program, or a second source", async () => {
  const pin = { position: 4, source: STATE.source };
  assert.deepEqual((await unpackState(await packState({ ...STATE, pin }))).pin, { position: 4, source: null });
  const other = { ...STATE.source, expression: "x * 3" };
  const moved = (await unpackState(await packState({ ...STATE, pin: { position: 4, source: other } }))).pin;
  assert.deepEqual([moved.position, moved.source.expression], [4, "x * 3"]);
  assert.equal((await unpackState(await packState({ ...STATE, pin: { position: null, source: other } }))).pin.position, null);
  const s = { mode: "program", program: "x = 1" };
  for (const c of [7, {}, { s: { mode: "program" } }, { s: null }]) assert.equal((await unpackState(link({ s, c }))).pin, null);
});
