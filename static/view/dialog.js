// A dialog over the page: the browser's own, so that focus, Escape and the backdrop behave.

import { translator } from "../i18n.js";
import { html, useLayoutEffect, useRef } from "../vendor/preact.js";
import { Sign } from "./signs.js";

/** @param {{name: string, title: string, state: any, actions: any, children?: any}} props */
export function Dialog({ name, title, state, actions, children }) {
  const dialog = useRef(null);
  const isOpen = state.dialog === name;
  useLayoutEffect(() => {
    if (isOpen && !dialog.current.open) dialog.current.showModal();
    if (!isOpen && dialog.current.open) dialog.current.close();
  }, [isOpen]);
  const close = () => actions.show(null);
  const closeText = translator(state.settings.language)("dialog.close");
  return html`
    <dialog class=${name} ref=${dialog} aria-labelledby=${`${name}-title`} onClose=${() => isOpen && close()}
      onClick=${(event) => event.target === dialog.current && close()}>
      <header><h2 id=${`${name}-title`}>${title}</h2><button type="button" class="close" aria-label=${closeText} title=${closeText} onClick=${close}><${Sign} name="close" /></button></header>
      ${isOpen && children}
    </dialog>
  `;
}
