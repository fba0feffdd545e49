// What stands in the place of something that would tell what is to be guessed.

import { html } from "../vendor/preact.js";
import { Sentence } from "./problem.js";
import { withWords } from "./words.js";

/** @param {{language: string, what: "landscape" | "export" | "check", t?: any}} props */
export const Hidden = withWords("reason", ({ what, t }) => html`<p class="hint hidden-note" role="note"><${Sentence} text=${t(`predict.hidden-${what}`)} /></p>`);
