// What a frame leaves alone: parts of the page that do not depend on where the run stands are not made again for it.

import { html, useMemo, useRef } from "../vendor/preact.js";

/**
 * The state; as long as nothing but the position is another, and the same graph is on show, as it was then. What was
 * made of it can stay.
 *
 * @param {any} state
 * @param {any} graph the one on show
 */
export function useSteady(state, graph) {
  const held = useRef({ state, graph });
  if (held.current.graph !== graph || !isSteady(held.current.state, state)) held.current = { state, graph };
  return held.current.state;
}

/** Is nothing another but where the run stands? */
export function isSteady(before, now) {
  return Object.keys(now).every((name) => name === "position" || Object.is(now[name], before[name]));
}

/**
 * A component that is made again only when something it depends on is another.
 *
 * @param {{part: any, on: any[], props: any}} props `on`: what it depends on, always as many
 */
export function Steady({ part: Part, on, props }) {
  return useMemo(() => html`<${Part} ...${props} />`, on);
}
