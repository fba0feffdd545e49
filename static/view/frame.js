// The page inside a frame: the graph, a short timeline, and the way to the whole page.

import { translator } from "../i18n.js";
import { html, useEffect } from "../vendor/preact.js";
import { Cards } from "./cards.js";
import { Graph } from "./graph.js";
import { ProblemCard } from "./problem.js";
import { Timeline } from "./timeline.js";

/** @param {{state: any, actions: any}} props */
export function Frame({ state, actions }) {
  const { language } = state.settings;
  const t = translator(language);
  // A frame of a link that hides numbers hides them, too, and asks for them.
  const parts = { state: state.sight ? state.sight(state) : state, actions };
  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  }, [language]);
  return html`
    <main class=${`frame${state.isStale ? " stale" : ""}`}>
      <h1 class="unseen">Autograd Explorer</h1>
      <div class="frame-body">
        <div class="stage"><${Graph} ...${parts} /></div>
        <div class="asking"><${Cards} ...${{ state, actions }} /></div>
      </div>
      ${state.problem && html`<div class="messages"><${ProblemCard} ...${{ state, actions, t }} /></div>`}
      <div class="transport-bar"><${Timeline} ...${parts} />
        <a class="whole" href=${state.whole} target="_blank" rel="noopener"><img src="/static/favicon.svg" alt="" width="18" height="18" /> ${t("embed.open")}</a></div>
    </main>
  `;
}
