// How racers are told apart: by colour, by dash and by the shape of their marker, each a second time for those who see no colours.

import { html } from "../../vendor/preact.js";

const DASHES = ["", "7 4", "2 3", "10 3 2 3", "", "7 4", "2 3", "10 3 2 3"];
const MARKERS = [
  "M0 -5A5 5 0 1 0 0 5A5 5 0 1 0 0 -5Z",
  "M-4.6 -4.6H4.6V4.6H-4.6Z",
  "M0 -6L5.6 4.4H-5.6Z",
  "M0 -6.2L6.2 0L0 6.2L-6.2 0Z",
  "M-1.8 -5.6H1.8V-1.8H5.6V1.8H1.8V5.6H-1.8V1.8H-5.6V-1.8H-1.8Z",
  "M0 6L5.6 -4.4H-5.6Z",
  "M-5.4 0L-2.7 -4.7H2.7L5.4 0L2.7 4.7H-2.7Z",
  "M0 -6.5L1.6 -1.8H6.4L2.5 1.1L4 5.8L0 2.9L-4 5.8L-2.5 1.1L-6.4 -1.8H-1.6Z",
];

/** The dash of a racer's line. */
export function dashOf(k) {
  return DASHES[k % DASHES.length];
}

/** A racer's marker at a place. */
export function Marker({ k, x, y }) {
  return Number.isFinite(x + y) && html`<path class=${`racer-marker racer-${k % MARKERS.length}`} d=${MARKERS[k % MARKERS.length]} transform=${`translate(${x.toFixed(1)} ${y.toFixed(1)})`} />`;
}

/** A racer's line and marker, as in a legend. */
export function Swatch({ k }) {
  return html`<svg class="racer-swatch" viewBox="0 0 34 14" width="34" height="14" aria-hidden="true">
    <path class=${`racer-line racer-${k % MARKERS.length}`} d="M1 7H33" stroke-dasharray=${dashOf(k)} /><${Marker} k=${k} x=${17} y=${7} />
  </svg>`;
}
