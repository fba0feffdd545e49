import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import test from "node:test";

import { fill } from "../i18n.js";
import { wordOf } from "../view/picture.js";

async function wordsIn(language) {
  const texts = JSON.parse(await readFile(new URL(`../texts/${language}/page.json`, import.meta.url), "utf-8"));
  return (said) => wordOf(said, (key, parameters = {}) => fill(texts[key], parameters, language));
}

const BOXES = [
  ["value", "值"],
  ["grad", "梯度"],
  ["share", "占比"],
  ["constant · [2, 3]", "常量 · [2, 3]"],
  ["cut: detach · [4]", "切断：detach · [4]"],
  ["1 parameter · 3 operations · ✂ 2", "1 个参数 · 3 个运算 · ✂ 2"],
  ["12,345 parameters · 1 operation · 2 inputs", "12,345 个参数 · 1 个运算 · 2 个输入"],
];

test("a box says in Chinese what the server says in English", async () => {
  const word = await wordsIn("zh");
  for (const [said, expected] of BOXES) assert.equal(word(said), expected);
});

test("in English a box says what the server says", async () => {
  const word = await wordsIn("en");
  for (const [said] of BOXES) assert.equal(word(said), said);
});

test("names of the program and of torch are not words", async () => {
  const word = await wordsIn("zh");
  for (const name of ["PowBackward0 · [3]", "AccumulateGrad", "values", "constant_", "input", "my cut: x"]) assert.equal(word(name), name);
});
