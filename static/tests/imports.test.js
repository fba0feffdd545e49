import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("..", import.meta.url);
const modules = readdirSync(ROOT, { recursive: true }).filter((name) => name.endsWith(".js") && !/^(vendor|tests)\//.test(name));
const codes = new Map(modules.map((name) => [new URL(name, ROOT).href, readFileSync(new URL(name, ROOT), "utf8")]));

/** The names that a module gives away. */
function namesOf(code) {
  const declared = [...code.matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm)].map(([, name]) => name);
  const listed = [...code.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list]) => list.split(",").map((entry) => entry.trim().split(" as ").at(-1)));
  return new Set([...declared, ...listed]);
}

/** What a module takes from others of the page, at once or later: `[address, name]`. */
function takenBy(href, code) {
  const lists = [...code.matchAll(/^import \{([^}]*)\} from "(\.[^"]+)"/gm)].flatMap(([, list, path]) => list.split(",").map((entry) => [path, entry.trim().split(" as ")[0]]));
  const late = [...code.matchAll(/\(await import\("(\.[^"]+)"\)\)\.(\w+)/g)].map(([, path, name]) => [path, name]);
  return [...lists, ...late].filter(([, name]) => name).map(([path, name]) => [new URL(path, href).href, name]);
}

test("whatever a module takes from another is there: a name that is missing would take the whole module away", () => {
  const taken = [...codes].flatMap(([href, code]) => takenBy(href, code).map(([from, name]) => ({ href, from, name })));
  assert.ok(taken.length > 500);
  const missing = taken.filter(({ from, name }) => !from.includes("/vendor/") && !namesOf(codes.get(from) ?? "").has(name));
  assert.deepEqual(missing.map(({ href, name }) => `${href.slice(ROOT.href.length)}: ${name}`), []);
});
