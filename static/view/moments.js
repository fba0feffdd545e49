// Beside the slider: marks of what happened, a loop over a stretch, and a menu of places worth going to.

import { jumpsOf } from "../jumps.js";
import { loopWithin } from "../loop.js";
import { marksOf } from "../marks.js";
import { html, useMemo } from "../vendor/preact.js";
import { Icon } from "./icons.js";

/** More marks of one kind than this stand closer than a finger or an eye can part them. */
const MOST_MARKS = 120;

/** @param {{timeline: any, loop: any}} props */
export function Marks({ timeline, loop }) {
  const marks = useMemo(() => marksOf(timeline, MOST_MARKS), [timeline]);
  const last = Math.max(1, timeline.length - 1);
  const within = loopWithin(loop, timeline.length - 1);
  return html`
    <div class="marks" aria-hidden="true">
      ${within && html`<i class="looped" style=${{ left: percent(within.from / last), width: percent((within.to - within.from) / last) }}></i>`}
      ${marks.map(({ kind, position, place }) => html`<i key=${kind + position} class=${`mark ${kind}`} style=${{ left: percent(place) }}></i>`)}
    </div>
  `;
}

function percent(share) {
  return `${(100 * share).toFixed(3)}%`;
}

/** Two buttons that put the ends of a loop where the run stands, and one that takes it away. */
export function Loop({ state, actions, position, last, t }) {
  const loop = loopWithin(state.loop, last);
  const edges = [["from", "loopFrom", loop?.from], ["to", "loopTo", loop?.to]];
  return html`
    <div class="loop" role="group" aria-label=${t("timeline.loop")}>
      ${edges.map(([edge, icon, place]) => html`<button type="button" class="move" key=${edge} disabled=${last < 1} title=${t(`timeline.loop-${edge}`)} aria-label=${t(`timeline.loop-${edge}`)}
        aria-pressed=${String(loop !== null && place === position)} onClick=${() => actions.setLoopEdge(edge, position)}><${Icon} name=${icon} /></button>`)}
      ${loop && html`<button type="button" class="move end-loop" title=${t("timeline.loop-end")} aria-label=${t("timeline.loop-end")} onClick=${() => actions.endLoop()}><${Icon} name="loop" /></button>`}
    </div>
  `;
}

/** Go to what one looks for in a run; what the run does not have cannot be chosen. */
export function Jump({ state, actions, timeline, go, t }) {
  const isRunning = state.run.status === "running";
  const jumps = useMemo(() => (timeline && !isRunning ? jumpsOf(timeline) : []), [timeline, isRunning]);
  const choose = (event) => {
    const { place } = jumps.find(({ goal }) => goal === event.target.value) ?? {};
    event.target.value = "";
    if (!place) return;
    go(place.position);
    if (place.node !== null) actions.reveal(place.node);
  };
  return html`
    <label class="jump"><span class="unseen">${t("timeline.jump")}</span><select title=${t("timeline.jump")} disabled=${jumps.every(({ place }) => !place)} value="" onChange=${choose}>
      <option value="" selected>${t("timeline.jump")}</option>
      ${jumps.map(({ goal, place }) => html`<option key=${goal} value=${goal} disabled=${!place}>${t(`timeline.jump-${goal}`)}${place ? "" : ` — ${t("timeline.jump-none")}`}</option>`)}
    </select></label>
  `;
}
