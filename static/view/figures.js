// A value in a narrow cell: it may go over two lines, but none of its numbers does.

import { formatValue } from "../format.js";
import { html } from "../vendor/preact.js";

/** A range breaks at its dots, a list at its commas; a browser would break `1e-20` at what it takes for a hyphen. */
export function figuresOf(value) {
  return formatValue(value).split(" ").map((part, k) => html`${k > 0 && " "}<span key=${k} class="figure">${part}</span>`);
}
