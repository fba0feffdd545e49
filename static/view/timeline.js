// The transport bar: where the run is, what happens there in words, and every way to move.

import { translator } from "../i18n.js";
import { loopWithin } from "../loop.js";
import { SPEEDS } from "../player.js";
import { sceneAt } from "../scene.js";
import { nameOf, sentenceOf } from "../sentence.js";
import { GRAINS, frameAt, phasesOf, positionAfter, positionBefore, timelineOf } from "../timeline.js";
import { html, useEffect, useMemo, useRef } from "../vendor/preact.js";
import { Icon } from "./icons.js";
import { Jump, Loop, Marks } from "./moments.js";
import { Steady } from "./steady.js";

const MOST_PHASES = 12;

/** @param {{state: any, actions: any}} props */
export function Timeline({ state, actions }) {
  const { language } = state.settings;
  const t = translator(language);
  const timeline = state.trace ? timelineOf(state.trace) : null;
  const frame = timeline ? frameAt(timeline, state.position) : null;
  const moves = movesOf({ state, actions, timeline });
  const go = useSame(moves);
  useKeys(go);
  const isEmpty = !timeline || timeline.length < 1;
  const isChosen = frame !== null && state.selection !== null && state.selection !== undefined;
  return html`
    <section class=${`timeline${isChosen ? " chosen" : ""}`} aria-label=${t("timeline.title")}>
      <${Sentence} ...${{ state, timeline, frame, t }} />
      ${isChosen && html`<${Below} ...${{ timeline, frame, selection: state.selection, t }} />`}
      <span class="timeline-place">${frame && frame.kind ? placeText(t, timeline, frame) : ""}</span>
      <div class="timeline-scrub">
        <input type="range" class="scrub" min="0" max=${Math.max(0, (timeline?.length ?? 1) - 1)} step="1" value=${frame?.position ?? 0}
          disabled=${isEmpty} aria-label=${t("timeline.scrub")} aria-valuetext=${frame ? placeText(t, timeline, frame) : ""}
          onInput=${(event) => moves.to(Number(event.target.value))} />
        ${!isEmpty && html`<${Steady} part=${Marks} on=${[timeline, state.loop]} props=${{ timeline, loop: state.loop }} />`}
      </div>
      <div class="timeline-places">
        <${Loop} ...${{ state, actions, t }} position=${frame?.position ?? 0} last=${(timeline?.length ?? 1) - 1} />
        <${Steady} part=${Jump} on=${[timeline, state.run.status, language]} props=${{ state, actions, timeline, t, go: go.to }} />
      </div>
      <${Steady} part=${Transport} on=${[state.playing, isEmpty, language]} props=${{ state, moves: go, t, isEmpty }} />
      ${frame && html`<${Phases} ...${{ timeline, frame, moves, t }} />`}
      <${Steady} part=${Tempo} on=${[state.grain, state.speed, language]} props=${{ state, actions, t }} />
    </section>
  `;
}

/** Every way to move, by one name each: what buttons and keys share. A move by hand ends playing. */
function movesOf({ state, actions, timeline }) {
  const last = Math.max(0, (timeline?.length ?? 1) - 1);
  const to = (position) => {
    if (state.playing) actions.pause();
    if (timeline) actions.setPosition(position);
  };
  const by = (step, grain) => () => timeline && to(step(timeline, state.position, grain));
  const loop = loopWithin(state.loop, last);
  const edge = (name) => () => timeline && last > 0 && actions.setLoopEdge(name, Math.min(state.position, last));
  const play = () => {
    if (!loop && state.position >= last && state.run.status !== "running") actions.setPosition(0);
    actions.play();
  };
  return {
    to,
    toggle: () => timeline && (state.playing ? actions.pause() : play()),
    start: () => to(0),
    end: () => to(last),
    back: by(positionBefore, "node"),
    on: by(positionAfter, "node"),
    phaseBack: by(positionBefore, "phase"),
    phaseOn: by(positionAfter, "phase"),
    stepBack: by(positionBefore, "step"),
    stepOn: by(positionAfter, "step"),
    loopFrom: edge("from"),
    loopTo: edge("to"),
  };
}

/** The same functions in every frame, which do what the latest of these names do: so what holds them need not be made again. */
function useSame(moves) {
  const latest = useRef(moves);
  latest.current = moves;
  return useMemo(() => Object.fromEntries(Object.keys(moves).map((name) => [name, (...given) => latest.current[name](...given)])), []);
}

const KEYS = {
  " ": "toggle",
  Home: "start",
  End: "end",
  ArrowLeft: "back",
  ArrowRight: "on",
  "Shift+ArrowLeft": "phaseBack",
  "Shift+ArrowRight": "phaseOn",
  PageUp: "stepBack",
  PageDown: "stepOn",
  "[": "loopFrom",
  "]": "loopTo",
};

/** Keys work wherever nobody is writing and the element in focus has no use for them. */
function useKeys(moves) {
  useEffect(() => {
    const listen = (event) => {
      const name = KEYS[(event.shiftKey ? "Shift+" : "") + event.key];
      if (!name || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
      event.preventDefault();
      moves[name]();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}

function isTaken({ target, key }) {
  if (!(target instanceof Element)) return false;
  if (target.closest("input:not([type=range]), textarea, select, [contenteditable], .cm-editor, dialog, [role=tablist], [role=slider], [role=separator]")) return true;
  if (key === " ") return target.closest("button, a, summary, [role=button]:not(g)") !== null;
  if (target.closest("input[type=range]:not(.scrub)")) return true;
  if (/^Arrow/.test(key) && target.matches(".sideways") && target.scrollWidth > target.clientWidth + 1) return true;
  return /^(Home|End|Page)/.test(key) && isScrollable(target);
}

function isScrollable(target) {
  const box = target.closest("[tabindex]:not(g)");
  return box !== null && box.scrollHeight > box.clientHeight + 1;
}

function Sentence({ state, timeline, frame, t }) {
  if (!frame) return html`<p class="timeline-now idle">${t("timeline.now.idle")}</p>`;
  const { key, parameters } = sentenceOf(sceneAt(timeline, frame));
  const live = state.playing ? "off" : "polite";
  return html`<p class=${`timeline-now ${frame.kind ?? ""}`} aria-live=${live}>${t(`timeline.now.${key}`, parameters)}</p>`;
}

/** Where the numbers of what is chosen lie below the fold, this says so and goes there. */
function Below({ timeline, frame, selection, t }) {
  const { topology } = sceneAt(timeline, frame);
  const node = topology?.graph.nodes[topology.places.get(selection)];
  const go = () => {
    const side = /** @type {HTMLElement} */ (document.querySelector(".side"));
    side.scrollIntoView({ block: "start" });
    side.focus({ preventScroll: true });
  };
  const name = node ? nameOf(node) : t("timeline.chosen");
  const way = t("timeline.to-chosen", { name });
  return html`<button type="button" class="to-chosen" title=${way} aria-label=${way} onClick=${go}><span>${name}</span><${Icon} name="below" /></button>`;
}

/** "step 12 of 100 · backward · node 3 of 8" */
function placeText(t, timeline, frame) {
  if (!frame.kind) return "";
  // Of a long run some passes are left out: the others keep their numbers.
  const numberOf = (p) => (timeline.trace.passes[p]?.number ?? p) + 1;
  const step = t("timeline.step", { step: numberOf(frame.step), count: numberOf(timeline.stepCount - 1) });
  const phase = t(`timeline.phase.${frame.kind}`);
  if (frame.count === 1) return `${step} · ${phase}`;
  return `${step} · ${phase} · ${t("timeline.node", { node: frame.k + 1, count: frame.count })}`;
}

function Transport({ state, moves, t, isEmpty }) {
  const faces = [["start", "start"], ["phase-back", "phaseBack"], ["back", "back"], null, ["on", "on"], ["phase-on", "phaseOn"], ["end", "end"]];
  const face = state.playing ? "pause" : "play";
  return html`
    <div class="transport" role="toolbar" aria-label=${t("timeline.transport")}>
      ${faces.map((entry) =>
        entry
          ? html`<button type="button" class=${`move ${entry[0]}`} key=${entry[0]} disabled=${isEmpty} title=${t(`timeline.${entry[0]}`)} aria-label=${t(`timeline.${entry[0]}`)} onClick=${moves[entry[1]]}><${Icon} name=${entry[1]} /></button>`
          : html`<button type="button" class="move play" key="play" disabled=${isEmpty} title=${t(`timeline.${face}`)} aria-label=${t(`timeline.${face}`)} onClick=${moves.toggle}><${Icon} name=${face} /></button>`,
      )}
    </div>
  `;
}

/** The phases of the present step; each is filled as far as the run has come. */
function Phases({ timeline, frame, moves, t }) {
  const phases = phasesOf(timeline, frame).slice(0, MOST_PHASES);
  return html`
    <ol class="phases" aria-label=${t("timeline.phases")}>
      ${phases.map(({ kind, moment, start, end }) => {
        const isNow = moment === frame.moment;
        const done = Math.min(1, Math.max(0, (frame.position - start + 1) / (end - start + 1)));
        return html`<li key=${moment}>
          <button type="button" class=${`phase ${kind}${isNow ? " now" : ""}${done >= 1 ? " done" : ""}`} aria-current=${isNow ? "step" : "false"}
            style=${{ "--done": String(done) }} onClick=${() => moves.to(start)}>${t(`timeline.phase.${kind}`)}</button>
        </li>`;
      })}
    </ol>
  `;
}

function Tempo({ state, actions, t }) {
  const grain = state.grain ?? "node";
  return html`
    <div class="tempo">
      ${actions.setGrain && html`<label>${t("timeline.grain")} <select value=${grain} onChange=${(event) => actions.setGrain(event.target.value)}>
        ${GRAINS.map((name) => html`<option key=${name} value=${name} selected=${name === grain}>${t(`timeline.grain-${name}`)}</option>`)}
      </select></label>`}
      <label>${t("timeline.speed")} <select value=${String(state.speed)} onChange=${(event) => actions.setSpeed(Number(event.target.value))}>
        ${SPEEDS.map((speed) => html`<option key=${speed} value=${String(speed)} selected=${speed === state.speed}>${speed}×</option>`)}
      </select></label>
    </div>
  `;
}
