// The signs on buttons of the frame, as outlines on a grid of 24.

import { html } from "../vendor/preact.js";

const PATHS = {
  run: "M7 4.5v15l12-7.5z",
  stop: "M6 6h12v12H6z",
  examples: "M4 5h7v6H4zM13 5h7v6h-7zM4 13h7v6H4zM13 13h7v6h-7z",
  lab: "M10 3v6l-5.5 9.5A1.7 1.7 0 0 0 6 21h12a1.7 1.7 0 0 0 1.5-2.5L14 9V3M8.5 3h7M7.5 15h9",
  share: "M10 14a4 4 0 0 0 5.7.3l3-3a4 4 0 0 0-5.7-5.7l-1.2 1.2M14 10a4 4 0 0 0-5.7-.3l-3 3A4 4 0 0 0 11 18.4l1.2-1.2",
  export: "M12 4v11M7 10.5l5 5 5-5M5 20h14",
  light: "M12 4V2M12 22v-2M4 12H2M22 12h-2M6.3 6.3 4.9 4.9M19.1 19.1l-1.4-1.4M6.3 17.7l-1.4 1.4M19.1 4.9l-1.4 1.4M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8z",
  dark: "M20 14.5A8 8 0 0 1 9.5 4 8 8 0 1 0 20 14.5z",
  system: "M4 5h16v11H4zM9 20h6M12 16v4",
  docs: "M5 4h10l4 4v12H5zM14 4v5h5M8 13h8M8 16.5h5",
  help: "M9.2 9a3 3 0 1 1 4 2.8c-.8.3-1.2.9-1.2 1.7v.7M12 17.5v.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  down: "M8 3h8v5H8zM8 16h8v5H8zM12 8v8M9.5 13.5 12 16l2.5-2.5",
  right: "M3 8h5v8H3zM16 8h5v8h-5zM8 12h8M13.5 9.5 16 12l-2.5 2.5",
  close: "M6 6l12 12M18 6L6 18",
  larger: "M3 19 8.5 5 14 19M5 14.5h7M16 9h6M19 6v6",
  smaller: "M3 19 8.5 5 14 19M5 14.5h7M16 9h6",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  unfold: "M6 9.5l6 6 6-6",
  error: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7.5v5.5M12 16.3v.1",
  warning: "M12 4 2.5 20h19zM12 10v4.5M12 17.3v.1",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5.5M12 7.7v.1",
};

const FILLED = new Set(["run", "stop"]);

/** @param {{name: string}} props */
export function Sign({ name }) {
  const paint = FILLED.has(name)
    ? { fill: "currentColor" }
    : { fill: "none", stroke: "currentColor", "stroke-width": "1.75", "stroke-linecap": "round", "stroke-linejoin": "round" };
  return html`<svg class="sign" viewBox="0 0 24 24" width="18" height="18" aria-hidden="true"><path d=${PATHS[name]} ...${paint} /></svg>`;
}
