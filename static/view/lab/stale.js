// What was found stays when something else is to be studied; then it says of what it is.

import { subjectOf } from "../../lab/requests.js";
import { html } from "../../vendor/preact.js";
import { Sentence } from "../problem.js";

/** @param {{finding: any, source: any, t: any}} props */
export function Stale({ finding, source, t }) {
  if (!finding?.body || finding.status === "running") return null;
  const now = { ...subjectOf(source), seed: source.seed };
  if (Object.entries(now).every(([name, value]) => JSON.stringify(finding.body[name]) === JSON.stringify(value))) return null;
  const { expression, program } = finding.body;
  const subject = program === undefined ? `\`${expression}\`` : t("lab.stale-program", { count: program.trimEnd().split("\n").length });
  return html`<p class="hint lab-stale"><${Sentence} text=${t("lab.stale", { subject })} /></p>`;
}
