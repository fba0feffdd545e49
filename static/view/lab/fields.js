// Fields of the lab's forms: each shows its own fault beneath it, and what was written stays.

import { html, useEffect, useRef } from "../../vendor/preact.js";
import { Sentence } from "../problem.js";

/** The fault of a field in words; null if it has none. */
export function faultAt(faults, path, t) {
  const fault = faults.find((one) => one.path === path);
  return fault ? (fault.detail ?? t(`lab.fault-${fault.code}`)) : null;
}

/**
 * A field for a number or a short text.
 *
 * @param {{label: any, path: string, value: string, set: (text: string) => void, faults: any[], t: any, hint?: string, size?: number, name?: string}} props
 */
export function TextField({ label, path, value, set, faults, t, hint = "", size = 8, name = undefined }) {
  const fault = faultAt(faults, path, t);
  const id = `lab-${path.replaceAll("/", "-")}`;
  return html`
    <div class=${`lab-field${fault ? " faulty" : ""}`}>
      <label for=${id}>${label}</label>
      <input id=${id} type="text" inputmode="text" autocomplete="off" spellcheck=${false} size=${size} value=${value} placeholder=${hint} aria-label=${name}
        aria-invalid=${fault ? "true" : undefined} aria-describedby=${fault ? `${id}-fault` : undefined} onInput=${(event) => set(event.target.value)} />
      ${fault && html`<span class="fault" id=${`${id}-fault`}><${Sentence} text=${fault} /></span>`}
    </div>
  `;
}

/** From, to, and how many between them. */
export function Stretch({ legend, path, value, set, faults, t }) {
  const field = (name) => html`<${TextField} label=${t(`lab.${name}`)} name=${t("lab.field-of", { group: legend, field: t(`lab.${name}`) })} path=${`${path}/${name}`} value=${value[name]} size=${name === "count" ? 4 : 8}
    set=${(text) => set({ ...value, [name]: text })} faults=${faults} t=${t} />`;
  return html`<fieldset class="lab-stretch"><legend>${legend}</legend>${field("start")}${field("stop")}${field("count")}</fieldset>`;
}

/** Run, and while it runs, how far it is and the way to end it. */
export function RunBar({ finding, run, cancel, faults, t, progress }) {
  const isRunning = finding?.status === "running";
  const host = useRef(null);
  const isAwaited = useRef(false);
  const start = () => {
    isAwaited.current = run();
  };
  const isThere = finding && !(isRunning && !progress);
  useEffect(() => {
    if (!isThere || !isAwaited.current) return;
    isAwaited.current = false;
    // Where the findings stand below the form they would come unseen.
    const results = host.current.closest(".bench").querySelector(".lab-results");
    if (results.getBoundingClientRect().top > innerHeight / 2) results.scrollIntoView({ block: "start" });
  }, [isThere, finding?.status]);
  return html`
    <div class="lab-run" ref=${host}>
      ${isRunning
        ? html`<button type="button" class="button stop" onClick=${cancel}>${t("lab.cancel")}</button>`
        : html`<button type="button" class="button primary" onClick=${start}>${t("lab.run")}</button>`}
      ${progress && html`<progress max="1" value=${progress.share} aria-label=${progress.text}></progress>`}
      <span class="lab-state" role="status">${faults.length > 0 ? t("lab.faults", { count: faults.length }) : isRunning ? (progress?.text ?? t("lab.running")) : finding ? t(`lab.${finding.status}`) : ""}</span>
    </div>
  `;
}
