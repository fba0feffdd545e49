import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const FOLDER = new URL("../styles/", import.meta.url);
const SHEETS = readdirSync(FOLDER).map((name) => readFileSync(new URL(name, FOLDER), "utf8")).join("\n");
const COLOURS = new Map([...SHEETS.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [name, { light, dark }]));

/** Contrast of two colours as WCAG 2 counts it. */
function contrast(one, other) {
  const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const PAIRS = [
  ...["ink", "muted", "accent", "accent-strong", "gradient", "error", "warning", "success"].flatMap((ink) => ["surface", "page", "raised", "sunken"].map((ground) => [ink, ground])),
  ["on-accent", "accent"],
  ["on-accent", "accent-strong"],
  ["accent", "accent-soft"],
  ["ink", "accent-soft"],
  ["muted", "accent-soft"],
  ["ink", "error-soft"],
  ["error", "error-soft"],
  ["muted", "error-soft"],
  ["accent", "error-soft"],
  ["accent-strong", "accent-soft"],
  ...["ink", "muted", "error", "gradient"].map((ink) => [ink, "gradient-soft"]),
  ...["ink", "warning"].map((ink) => [ink, "warning-soft"]),
  ...["piled", "cut-ink"].map((ink) => [ink, "surface"]),
  ...["leaf", "operation", "constant", "output", "group", "cut"].flatMap((kind) => [`${kind}-ink`, "ink", "muted", "gradient", "success", "piled"].map((ink) => [ink, `${kind}-fill`])),
  ["cluster-ink", "cluster-fill"],
];
const CURVES = Array.from({ length: 8 }, (_, at) => `curve-${at}`);

/** What `color-mix` in sRGB gives of two colours. */
function mixed(one, other, share) {
  const part = (at) => Math.round(share * Number.parseInt(one.slice(at, at + 2), 16) + (1 - share) * Number.parseInt(other.slice(at, at + 2), 16));
  return `#${[1, 3, 5].map((at) => part(at).toString(16).padStart(2, "0")).join("")}`;
}

for (const theme of ["light", "dark"]) {
  test(`texts can be read on their grounds: ${theme}`, () => {
    for (const [ink, ground] of PAIRS) {
      const found = contrast(COLOURS.get(ink)[theme], COLOURS.get(ground)[theme]);
      assert.ok(found >= 4.5, `${ink} on ${ground}: ${found.toFixed(2)}`);
    }
  });

  test(`outlines of controls can be seen: ${theme}`, () => {
    for (const ground of ["surface", "page", "sunken"]) {
      const found = contrast(COLOURS.get("line-strong")[theme], COLOURS.get(ground)[theme]);
      assert.ok(found >= 3, `line-strong on ${ground}: ${found.toFixed(2)}`);
    }
  });
}

for (const theme of ["light", "dark"]) {
  const colour = (name) => COLOURS.get(name)[theme];

  test(`paths, arrows and marks can be seen on every band of a landscape: ${theme}`, () => {
    for (const band of [0, 0.25, 0.5, 0.75, 1]) {
      const ground = mixed(colour("relief-high"), colour("relief-low"), band);
      for (const mark of ["ink", "success", "gradient", ...CURVES]) {
        const found = contrast(colour(mark), ground);
        assert.ok(found >= 3, `${mark} on band ${band}: ${found.toFixed(2)}`);
      }
    }
  });

  test(`curves and borders of boxes can be seen: ${theme}`, () => {
    const borders = ["leaf", "operation", "constant", "output", "group", "cut"].map((kind) => `${kind}-line`);
    for (const line of [...CURVES, ...borders, "graph-edge"]) {
      const found = contrast(colour(line), colour("surface"));
      assert.ok(found >= 3, `${line}: ${found.toFixed(2)}`);
    }
  });

  test(`numbers can be read in every cell of a matrix: ${theme}`, () => {
    const steps = [...SHEETS.matchAll(/--heat: color-mix\(in srgb, var\(--(heat-(?:high|low))\) (\d+)%, transparent\)/g)];
    assert.equal(steps.length, 10);
    for (const [, hue, percent] of steps) {
      const found = contrast(colour("ink"), mixed(colour(hue), colour("surface"), percent / 100));
      assert.ok(found >= 4.5, `${hue} at ${percent} %: ${found.toFixed(2)}`);
    }
  });

  test(`nodes that are coloured by module can be read: ${theme}`, () => {
    const hues = [...SHEETS.matchAll(/\.tint-(hue-\d|zero|broken) \{ --tint: light-dark\((#\w{6}), (#\w{6})\)/g)];
    assert.equal(hues.length, 10);
    for (const [, name, light, dark] of hues) assert.ok(contrast(colour("ink"), theme === "light" ? light : dark) >= 4.5, name);
    for (const end of ["tint-low", "tint-high"]) assert.ok(contrast(colour("ink"), colour(end)) >= 4.5, end);
  });
}

test("syntax colours can be read in the editor", () => {
  const sheet = readFileSync(new URL("../styles/source.css", import.meta.url), "utf8");
  const inks = [...sheet.matchAll(/\.tok-[^{]+\{ color: light-dark\((#\w{6}), (#\w{6})\)/g)];
  assert.ok(inks.length >= 5);
  for (const [rule, light, dark] of inks) {
    assert.ok(contrast(light, COLOURS.get("sunken").light) >= 4.5, rule);
    assert.ok(contrast(dark, COLOURS.get("sunken").dark) >= 4.5, rule);
  }
});

for (const theme of ["light", "dark"]) {
  const colour = (name) => COLOURS.get(name)[theme];

  test(`a program can be read where a part of it is chosen, pointed at or selected: ${theme}`, () => {
    const words = [...SHEETS.matchAll(/(\.tok-[^{]+)\{ color: light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [name, { light, dark }[theme]]);
    const marks = [...SHEETS.matchAll(/(\.\w+-source|\.cm-selectionBackground|\.cm-activeLineGutter) \{[^}]*background: color-mix\(in srgb, var\(--(\w+)\) (\d+)%, transparent\)/g)];
    assert.equal(words.length, 6);
    assert.equal(marks.length, 4);
    for (const [, place, hue, percent] of marks) {
      const ground = mixed(colour(hue), colour("sunken"), percent / 100);
      for (const [name, ink] of [...words, ["plain", colour("ink")]]) {
        const found = contrast(ink, ground);
        assert.ok(found >= 4.5, `${name}on ${place}: ${found.toFixed(2)}`);
      }
    }
  });
}
