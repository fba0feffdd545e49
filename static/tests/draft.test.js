import assert from "node:assert/strict";
import { test } from "node:test";
import { createDraft } from "../draft.js";
import { faultOfLink } from "../share.js";

test("a draft is read back, and a storage that refuses is none", () => {
  const kept = new Map();
  const storage = /** @type {any} */ ({ getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) });
  assert.equal(createDraft(storage).load(), "");
  createDraft(storage).save("1.abc");
  assert.equal(createDraft(storage).load(), "1.abc");
  const refuse = () => {
    throw new Error("no");
  };
  const closed = createDraft(/** @type {any} */ ({ getItem: refuse, setItem: refuse }));
  closed.save("1.abc");
  assert.equal(closed.load(), "");
  assert.equal(createDraft(null).load(), "");
});

test("a link tells what is wrong with it", () => {
  assert.equal(faultOfLink("#2.abc"), "link-newer");
  assert.equal(faultOfLink("#1.abc"), "link-broken");
  assert.equal(faultOfLink("#stage"), null);
  assert.equal(faultOfLink(""), null);
});
