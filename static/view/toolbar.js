// The head of the page: its name, the gallery, and how the page looks and speaks.

import { LANGUAGES, translator } from "../i18n.js";
import { html, useEffect, useState } from "../vendor/preact.js";
import { Sign } from "./signs.js";

const THEMES = ["system", "light", "dark"];
const NAMES = { en: "EN", zh: "中文" };

/** @param {{state: any, actions: any}} props */
export function Toolbar({ state, actions }) {
  const t = translator(state.settings.language);
  const { theme, direction, size } = state.settings;
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  const otherSize = size === "large" ? "normal" : "large";
  const other = direction === "TB" ? "LR" : "TB";
  return html`
    <header class="toolbar">
      <a class="brand" href="/" title=${t("page.title")}><img src="/static/favicon.svg" alt="" width="26" height="26" /><h1>Autograd Explorer</h1></a>
      <button type="button" class="button examples-button" aria-haspopup="dialog" onClick=${() => actions.show("examples")}><${Sign} name="examples" /> <span>${t("toolbar.examples")}</span></button>
      <button type="button" class="button lab-button" aria-pressed=${String(state.lab?.isOpen === true)} title=${t("toolbar.lab-why")} onClick=${() => (state.lab?.isOpen ? actions.leaveLab() : actions.openLab())}><${Sign} name="lab" /> <span>${t("toolbar.lab")}</span></button>
      <span class="spring"></span>
      <${Share} ...${{ state, actions, t }} />
      <${Quiet} sign="export" text=${t("toolbar.export")} act=${() => actions.show("export")} />
      <${Quiet} sign=${direction === "TB" ? "down" : "right"} text=${t(`toolbar.direction-${other}`)} act=${() => actions.setSettings({ direction: other })} />
      <${Quiet} sign=${theme} text=${t("toolbar.theme", { theme: t(`toolbar.theme-${theme}`), next: t(`toolbar.theme-${next}`) })} act=${() => actions.setSettings({ theme: next })} />
      <${Quiet} sign=${size === "large" ? "smaller" : "larger"} text=${t(`toolbar.size-${otherSize}`)} act=${() => actions.setSettings({ size: otherSize })} />
      <${Languages} ...${{ state, actions, t }} />
      <a class="quiet" href=${`/docs?lang=${state.settings.language}`} title=${t("toolbar.docs")} aria-label=${t("toolbar.docs")}><${Sign} name="docs" /></a>
      <${Quiet} sign="help" text=${t("toolbar.help")} act=${() => actions.show("help")} />
    </header>
  `;
}

function Quiet({ sign, text, act }) {
  return html`<button type="button" class=${`quiet ${sign}`} title=${text} aria-label=${text} onClick=${act}><${Sign} name=${sign} /></button>`;
}

function Languages({ state, actions, t }) {
  const { language } = state.settings;
  return html`
    <div class="choice languages" role="group" aria-label=${t("toolbar.language")}>
      ${LANGUAGES.map((name) => html`<button type="button" key=${name} lang=${name} aria-pressed=${String(name === language)} onClick=${() => actions.setSettings({ language: name })}>${NAMES[name]}</button>`)}
    </div>
  `;
}

/** Says for a while that the link is in the clipboard. */
function Share({ state, actions, t }) {
  const [isTold, setTold] = useState(false);
  const count = state.shared?.count ?? 0;
  useEffect(() => {
    if (count === 0) return undefined;
    setTold(true);
    const handle = setTimeout(() => setTold(false), 2500);
    return () => clearTimeout(handle);
  }, [count]);
  return html`
    <span class="share">
      <${Quiet} sign="share" text=${t("toolbar.share")} act=${actions.share} />
      <span class=${`toast${isTold ? " told" : ""}`} role="status">${isTold ? t("toolbar.shared") : ""}</span>
    </span>
  `;
}
