// The dialog of what can be taken away: files to keep, texts to paste.

import { ProblemError } from "../api.js";
import { choicesOf, makeFile, makeText } from "../exports.js";
import { following, sentencesOf, translator } from "../i18n.js";
import { html, useState } from "../vendor/preact.js";
import { Hidden } from "./hidden.js";
import { Sentence } from "./problem.js";

const PICTURES = new Set(["svg", "png", "pdf", "dot", "film"]);

/** @param {{state: any, actions: any}} props */
export function ExportChoices({ state, actions }) {
  const t = translator(state.settings.language);
  const [busy, setBusy] = useState(null);
  const [said, say] = useState(null);
  const { files, texts, withheld } = choicesOf(state);
  const hasPicture = Boolean(state.trace?.graphs.length);
  const attempt = async (kind, act) => {
    setBusy(kind);
    say(null);
    try {
      say(await act());
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      const { code, parameters } = error.problem;
      say({ fault: sentencesOf(state.settings.language, "problems", code, parameters) });
    } finally {
      setBusy(null);
    }
  };
  const keep = (kind) => attempt(kind, async () => save(await makeFile(state, kind), t));
  const copy = (kind) => attempt(kind, async () => put(await makeText(state, kind), t));
  return html`
    <h3>${t("export.files")}</h3>
    ${withheld.length > 0 && html`<${Hidden} what="export" language=${state.settings.language} />`}
    <ul class="export-list">
      ${files.map((kind) => html`<li key=${kind}><button type="button" class="example" disabled=${busy === kind || withheld.includes(kind) || (PICTURES.has(kind) && !hasPicture)} onClick=${() => keep(kind)}>
        <b>${t(`export.${kind}`)}</b><span>${t(`export.${kind}-why`)}</span></button></li>`)}
    </ul>
    ${texts.length > 0 && html`<h3>${t("export.texts")}</h3>`}
    <div class="export-texts">${texts.map((kind) => html`<button type="button" key=${kind} class="button" disabled=${busy === kind} onClick=${() => copy(kind)}>${t(`export.${kind}`)}</button>`)}</div>
    <h3>${t("export.open")}</h3>
    <p class="hint"><${Sentence} text=${t("export.open-why")} /></p>
    <label class="button file-choice">${t("export.open-choose")}<input type="file" class="unseen" accept=".json,application/json" onChange=${(event) => event.target.files[0] && actions.openTrace(event.target.files[0])} /></label>
    <div class="export-said" role="status">
      ${said?.text && html`<p>${said.text}</p>`}
      ${said?.fault && html`<p class="fault"><b><${Sentence} text=${said.fault.title} /></b> <${Sentence} text=${following([said.fault.what, said.fault.instead], state.settings.language)} /></p>`}
      ${said?.copy && html`<textarea readonly rows="5" aria-label=${said.text} value=${said.copy} onFocus=${(event) => event.target.select()}></textarea>`}
    </div>
  `;
}

/** Hand a file to the browser, which asks where to keep it. */
function save({ name, blob }, t) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  return { text: t("export.saved", { name }) };
}

/** Put a text into the clipboard; it is shown as well, for a browser may forbid that. */
async function put(text, t) {
  const isCopied = await navigator.clipboard?.writeText(text).then(() => true, () => false);
  return { text: t(isCopied ? "export.copied" : "export.by-hand"), copy: text };
}
