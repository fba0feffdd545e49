// From one run of a study into the studio, where each of its steps can be looked at.

import { ProblemError, fetchTrace } from "../../api.js";
import { openingOf } from "../../lab/handing.js";
import { withOptimizer, writtenIn } from "../../lab/written.js";
import { html } from "../../vendor/preact.js";

/** @param {{body: any, run: any, label: string, actions: any, t: any}} props */
export function OpenRun({ body, run, label, actions, t }) {
  const opening = openingOf(body, run);
  if (!opening) return null;
  const text = t("lab.open-run", { label });
  return html`<button type="button" class="button small" aria-label=${text} title=${text} onClick=${() => hand(opening, actions)}>${t("lab.open")}</button>`;
}

/** Open a run of a study in the studio, if it can be. */
export function openRun(body, run, actions) {
  const opening = openingOf(body, run);
  if (opening) hand(opening, actions);
}

/** What the studio's form cannot hold goes there as the program that the server writes, or with its optimizer in it. */
async function hand({ source, call, into }, actions) {
  actions.leaveLab();
  if (source) return actions.open(source, { position: 0 });
  try {
    const { program } = JSON.parse(await (await fetchTrace(call, { language: "en" })).text());
    if (!into) return actions.open({ mode: "program", program, seed: call.seed });
    return actions.open({ mode: "program", program: withOptimizer(into.program, call.optimizer.name, writtenIn(program)), seed: into.seed }, { position: 0 });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return actions.tell(error.problem);
  }
}
