import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { LANGUAGES, TABLES, addTable, clauses, fill, following, hasTable, partsOf, preferredLanguage, sentencesOf, translator } from "../i18n.js";

const ROOT = new URL("..", import.meta.url);
const read = (language, table) => JSON.parse(readFileSync(new URL(`texts/${language}/${table}.json`, ROOT), "utf8"));
/** Tables that come with a part of the page, not with the page itself. */
const LATER = ["lab", "landscape", "nets", "reason"];
const tables = Object.fromEntries(LANGUAGES.map((language) => [language, Object.fromEntries([...TABLES, ...LATER].map((table) => [table, read(language, table)]))]));

for (const table of [...TABLES, ...LATER]) {
  test(`both languages say the same things in ${table}`, () => {
    assert.deepEqual(Object.keys(tables.zh[table]).sort(), Object.keys(tables.en[table]).sort());
  });
}

test("both languages use the same parameters on the page", () => {
  const parametersOf = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
  for (const table of ["page", ...LATER]) {
    for (const [key, text] of Object.entries(tables.en[table])) assert.deepEqual(parametersOf(tables.zh[table][key]), parametersOf(text), key);
  }
});

test("every key that a view names is in the dictionary", () => {
  const views = readdirSync(new URL("view/", ROOT), { recursive: true }).filter((name) => name.endsWith(".js"));
  const known = new Set(["page", ...LATER].flatMap((table) => Object.keys(tables.en[table])));
  const missing = views.flatMap((name) => {
    const code = readFileSync(new URL(`view/${name}`, ROOT), "utf8");
    const keys = [...code.matchAll(/\bt\("([^"]+)"/g)].map((match) => match[1]);
    return keys.filter((key) => !known.has(key)).map((key) => `${name}: ${key}`);
  });
  assert.deepEqual(missing, []);
});

test("a key becomes words with its parameters; one without words stays a key", () => {
  for (const table of TABLES) addTable("en", table, tables.en[table]);
  assert.ok(hasTable("en", "page"));
  assert.ok(!hasTable("zh", "page"));
  assert.equal(translator("en")("problem.line", { line: 3 }), "Line 3");
  assert.equal(translator("en")("no.such.key"), "no.such.key");
});

test("a problem has its sentences, the page's own ones too, and an unknown one its code", () => {
  assert.match(sentencesOf("en", "problems", "caret-power", {}).title, /power/);
  assert.equal(sentencesOf("en", "problems", "offline").title, "The server cannot be reached");
  assert.deepEqual(sentencesOf("en", "problems", "never-heard-of"), { title: "never heard of", what: "", why: "", instead: "" });
});

test("a brace that is no parameter stands for itself", () => {
  assert.equal(fill("{a} and {b} in {…}", { a: 1 }), "1 and {b} in {…}");
  assert.equal(fill("{constructor}", {}), "{constructor}");
});

test("a list is told as each language lists", () => {
  assert.equal(fill("from {names}", { names: ["a", "b"] }), "from a, b");
  assert.equal(fill("输入：{names}", { names: ["a", "b"] }, "zh"), "输入：a、b");
  assert.equal(fill("{known}：{value}", { known: "lr, betas", value: "[1, 2]" }, "zh"), "lr、betas：[1, 2]");
  assert.equal(fill("{known}: {value}", { known: "lr, betas", value: "[1, 2]" }, "en"), "lr, betas: [1, 2]");
  addTable("zh", "list", { key: "{parts}" });
  assert.equal(translator("zh", "list")("key", { parts: [1, 2] }), "1、2");
});

test("clauses and sentences follow each other as each language sets them", () => {
  const changes = clauses(["x ← 1", "y ← 2"]);
  assert.equal(fill("{changes}", { changes }, "en"), "x ← 1; y ← 2");
  assert.equal(fill("{changes}", { changes }, "zh"), "x ← 1；y ← 2");
  assert.equal(following(["No graph", "", "Write `x`."], "en"), "No graph. Write `x`.");
  assert.equal(following(["没有图", "请写 `x`。"], "zh"), "没有图。请写 `x`。");
});

test("code in a sentence is told apart", () => {
  assert.deepEqual(partsOf("Write `**`, not ^."), [
    { text: "Write ", isCode: false },
    { text: "**", isCode: true },
    { text: ", not ^.", isCode: false },
  ]);
});

test("the first language that is there is taken", () => {
  assert.equal(preferredLanguage(["fr-CA", "zh-TW", "en"]), "zh");
  assert.equal(preferredLanguage([]), "en");
});

test("a sentence that ends with words of others is closed", () => {
  addTable("en", "problems", { raised: { title: "An error", what: "{message}", why: "Look at `x`.", instead: "" } });
  const said = (message) => sentencesOf("en", "problems", "raised", { message });
  assert.deepEqual([said("No such file").what, said("Is it?").what, said("x").why, said("x").instead], ["No such file.", "Is it?", "Look at `x`.", ""]);
});
