// The sentence in the inspector that tells why a gradient is None or zero.

import { reasonOf } from "../missing.js";
import { html } from "../vendor/preact.js";
import { Sentence } from "./problem.js";

/** @param {{scene: any, t: any, i: number}} props */
export function Missing({ scene, t, i }) {
  const { timeline, topology, pass } = scene;
  const reason = reasonOf({ trace: timeline.trace, topology, pass }, i);
  return reason && html`<p class="hint missing"><${Sentence} text=${t(`missing.${reason.key}`, reason.parameters)} /></p>`;
}
