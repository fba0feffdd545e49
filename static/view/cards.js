// Cards above the inspector: what one is about to work out oneself, compare or check. Each comes when it is first asked for.

import { html } from "../vendor/preact.js";
import { Later } from "./later.js";

const CARDS = {
  check: async () => (await import("./check.js")).Check,
  pin: async () => (await import("./compare.js")).Compare,
  predict: async () => (await import("./predict.js")).Predict,
};

/** @param {{state: any, actions: any}} props */
export function Cards({ state, actions }) {
  const shown = Object.keys(CARDS).filter((name) => state[name]);
  const props = { state, actions, language: state.settings.language };
  return shown.map((name) => html`<${Later} key=${name} load=${CARDS[name]} sheet="reason" props=${props} />`);
}
