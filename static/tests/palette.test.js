import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const SHEET = readFileSync(new URL("../styles/base.css", import.meta.url), "utf8");
const COLOURS = new Map([...SHEET.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, light, dark]) => [name, { light, dark }]));

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
];

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

test("syntax colours can be read in the editor", () => {
  const sheet = readFileSync(new URL("../styles/source.css", import.meta.url), "utf8");
  const inks = [...sheet.matchAll(/\.tok-[^{]+\{ color: light-dark\((#\w{6}), (#\w{6})\)/g)];
  assert.ok(inks.length >= 5);
  for (const [rule, light, dark] of inks) {
    assert.ok(contrast(light, COLOURS.get("sunken").light) >= 4.5, rule);
    assert.ok(contrast(dark, COLOURS.get("sunken").dark) >= 4.5, rule);
  }
});
