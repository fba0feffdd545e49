// What was found stays when something else is to be studied; then it says of what it is.

import { subjectOf } from "../../lab/requests.js";
import { html } from "../../vendor/preact.js";
import { Sentence } from "../problem.js";

/** @param {{finding: any, source: any, t: any}} props */
export function Stale({ finding, source, t }) {
  if (!finding?.body || finding.status === "running") return null;
  const { expression, program, seed, seeds } = finding.body;
  const isOfNow = Object.entries(subjectOf(source)).every(([name, value]) => JSON.stringify(finding.body[name]) === JSON.stringify(value));
  // A sweep goes over several seeds, from that of the source on.
  if (isOfNow && (seed ?? seeds[0]) === source.seed) return null;
  const subject = program === undefined ? `\`${expression}\`` : t("lab.stale-program", { count: program.trimEnd().split("\n").length });
  return html`<p class="hint lab-stale"><${Sentence} text=${t("lab.stale", { subject })} /></p>`;
}
