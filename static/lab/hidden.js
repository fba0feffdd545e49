// What a slice through many dimensions does not show, in sentences. Pure.

import { formatShare } from "../format.js";

/**
 * @param {any} t the translator, with the words of the lab
 * @param {{dimensions: number, shown: number, explained: any, gradient_inside: any, unmoved: number}} hidden
 * @returns {string[]} sentences, the most telling first
 */
export function sliceWords(t, { dimensions, shown, explained, gradient_inside: inside, unmoved }) {
  if (dimensions <= shown) return [t("slice.whole", { dimensions }), t("slice.pass")];
  return [
    t("slice.dimensions", { dimensions, shown, unmoved }),
    typeof explained === "number" ? t("slice.explained", { explained: formatShare(explained) }) : t("slice.unmoved-run"),
    typeof inside === "number" ? t("slice.gradient", { inside: formatShare(inside) }) : t("slice.no-gradient"),
    t("slice.beside"),
    t("slice.pass"),
  ];
}
