// The button that mends: shows the lines as they will be, puts them into the source and runs it.

import { fixOf } from "../fixes.js";
import { html } from "../vendor/preact.js";

/**
 * @param {{finding: {code: string, parameters?: any, span?: any}, text: string | null, actions: any, t: any}} props
 *   `text` is the source that the finding is about; null when what stands in the editor is another
 */
export function Fix({ finding, text, actions, t }) {
  const fix = text !== null ? fixOf({ ...finding, text }) : null;
  if (!fix) return null;
  return html`<span class="fix"><button type="button" class="button small" onClick=${() => actions.applyFix(fix)}>${t("problem.fix")}</button>
    ${fix.preview && html`<code>${fix.preview}</code>`}</span>`;
}
