// A part of the inspector under its own heading.

import { html } from "../vendor/preact.js";

/** @param {{title: string, children?: any}} props */
export function Block({ title, children }) {
  return html`<section class="block"><h3>${title}</h3>${children}</section>`;
}
