import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { pause } from "../view/later.js";

const usual = globalThis.scheduler;

afterEach(() => {
  globalThis.scheduler = usual;
});

test("a pause lets what waits go first, in a browser that knows no pauses too", async () => {
  globalThis.scheduler = undefined;
  const order = [];
  setTimeout(() => order.push("waiting"));
  await pause();
  order.push("next");
  assert.deepEqual(order, ["waiting", "next"]);
});

test("a browser that knows pauses is told what they are for", async () => {
  globalThis.scheduler = { postTask: async (act, { priority }) => priority };
  assert.equal(await pause(), "user-visible");
  assert.equal(await pause("user-blocking"), "user-blocking");
});
