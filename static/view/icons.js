// The signs on the transport's buttons, drawn here so that no font has to have them.

import { html } from "../vendor/preact.js";

const PATHS = {
  start: "M4 4h2.5v16H4zM20 4v16L8 12z",
  phaseBack: "M12 5v14L3 12zM21 5v14l-9-7z",
  back: "M15 5v14L6 12zM16 5h2.5v14H16z",
  play: "M6 3.5v17L20.5 12z",
  pause: "M6 4h4v16H6zM14 4h4v16h-4z",
  on: "M9 5v14l9-7zM5.5 5H8v14H5.5z",
  phaseOn: "M12 5v14l9-7zM3 5v14l9-7z",
  end: "M17.5 4H20v16h-2.5zM4 4v16l12-8z",
  below: "M10.9 4h2.2v11l4.3-4.3 1.6 1.5-7 7.1-7-7.1 1.6-1.5 4.3 4.3z",
  plus: "M10.8 4h2.4v6.8H20v2.4h-6.8V20h-2.4v-6.8H4v-2.4h6.8z",
  minus: "M4 10.8h16v2.4H4z",
  fit: "M4 4h6v2.2H6.2V10H4zM14 4h6v6h-2.2V6.2H14zM4 14h2.2v3.8H10V20H4zM17.8 14H20v6h-6v-2.2h3.8z",
  follow: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM11 2h2v4h-2zM11 18h2v4h-2zM2 11h4v2H2zM18 11h4v2h-4z",
  find: "M10 3a7 7 0 1 0 4.2 12.6l5.1 5.1 1.7-1.7-5.1-5.1A7 7 0 0 0 10 3zm0 2.4a4.6 4.6 0 1 1 0 9.2 4.6 4.6 0 0 1 0-9.2z",
  tint: "M12 2.5C8 8 5.5 11 5.5 14.5a6.5 6.5 0 0 0 13 0C18.5 11 16 8 12 2.5zm0 3.9v12.3a4.2 4.2 0 0 1-4.2-4.2c0-2.3 1.6-4.5 4.2-8.1z",
  compare: "M3 3h10v4h8v14H11v-4H3zm2.2 2.2v9.6H11V7h-.2V5.2zM13.2 9.2v9.6h5.6V9.2z",
  check: "M9.2 16.2 4.8 11.8 3 13.6l6.2 6.2L21.4 7.6l-1.8-1.8z",
  predict: "M12 5C6.5 5 2.7 9.6 1.5 12c1.2 2.4 5 7 10.5 7s9.3-4.6 10.5-7C21.3 9.6 17.5 5 12 5zm0 11.6a4.6 4.6 0 1 1 0-9.2 4.6 4.6 0 0 1 0 9.2zM3.4 2 22 20.6 20.6 22 2 3.4z",
  loopFrom: "M5 4h6v2.4H7.4v11.2H11V20H5zM13 8l6 4-6 4z",
  loopTo: "M19 4h-6v2.4h3.6v11.2H13V20h6zM5 8l6 4-6 4z",
  loop: "M7 6h8V3l5 4.2-5 4.2V8.4H7.4A3.4 3.4 0 0 0 4 11.8H1.6A5.8 5.8 0 0 1 7 6zM17 18H9v3l-5-4.2 5-4.2v3h7.6a3.4 3.4 0 0 0 3.4-3.4h2.4A5.8 5.8 0 0 1 17 18z",
  table: "M3 4h18v16H3zM5 9.2v3.6h5V9.2zm7 0v3.6h7V9.2zM5 14.8V18h5v-3.2zm7 0V18h7v-3.2z",
};

/** @param {{name: string}} props */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" width="18" height="18" aria-hidden="true"><path fill="currentColor" fill-rule="evenodd" d=${PATHS[name]} /></svg>`;
}
