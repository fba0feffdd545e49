import assert from "node:assert/strict";
import { test } from "node:test";
import { createSettings } from "../settings.js";

function storage(kept = null) {
  return {
    kept,
    getItem() {
      return this.kept;
    },
    setItem(_, text) {
      this.kept = text;
    },
  };
}

const USUAL = { language: "en", theme: "system", direction: "TB", size: "normal" };

test("choices are kept, and nothing else", () => {
  const place = storage();
  createSettings(place, []).save({ language: "zh", theme: "dark", direction: "LR", size: "large", secret: 1 });
  assert.deepEqual(JSON.parse(place.kept), { language: "zh", theme: "dark", direction: "LR", size: "large" });
  assert.deepEqual(createSettings(place, []).load(), { language: "zh", theme: "dark", direction: "LR", size: "large" });
});

test("a first visit speaks the visitor's language", () => {
  assert.equal(createSettings(storage(), ["zh-CN"]).load().language, "zh");
});

test("nonsense in the storage, or none at all, gives the usual", () => {
  assert.deepEqual(createSettings(storage("{"), []).load(), USUAL);
  assert.deepEqual(createSettings(storage('{"theme":"pink"}'), []).load(), USUAL);
  assert.deepEqual(createSettings(null, []).load(), USUAL);
});

test("a storage that refuses does not matter", () => {
  const refusing = { getItem: () => null, setItem: () => { throw new Error("full"); } };
  assert.doesNotThrow(() => createSettings(refusing, []).save(USUAL));
});
