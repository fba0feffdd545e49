import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { fill } from "../i18n.js";
import { wordOf } from "../view/picture.js";

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));
/** The same cases hold for the server's own words, `app/layout/words.py`. */
const { zh: BOXES, names: NAMES } = read("../../tests/words.json");

function wordsIn(language) {
  const texts = read(`../texts/${language}/page.json`);
  return (said) => wordOf(said, (key, parameters = {}) => fill(texts[key], parameters, language));
}

test("a box says in Chinese what the server says in English", () => {
  const word = wordsIn("zh");
  for (const [said, expected] of BOXES) assert.equal(word(said), expected);
});

test("in English a box says what the server says", () => {
  const word = wordsIn("en");
  for (const [said] of BOXES) assert.equal(word(said), said);
});

test("names of the program and of torch are not words", () => {
  const word = wordsIn("zh");
  for (const name of NAMES) assert.equal(word(name), name);
});
