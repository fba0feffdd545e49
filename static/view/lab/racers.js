// The list of configurations: an optimizer each, with the options that were written and those that may be added.

import { CLIPS, defaultText, optionsOf, scheduleOptionsOf } from "../../lab/configuration.js";
import { html } from "../../vendor/preact.js";
import { TextField, faultAt } from "./fields.js";
import { Swatch } from "./swatch.js";

/**
 * @param {{racers: any[], set: (racers: any[]) => void, path: string, most: number, catalog: any, faults: any[], t: any, hides?: string[], hasSwatches?: boolean}} props
 */
export function Racers({ racers, set, path, most, catalog, faults, t, hides = [], hasSwatches = false }) {
  const put = (i, racer) => set(racers.map((one, k) => (k === i ? racer : one)));
  const shared = { catalog, faults, t, hides };
  const fault = faultAt(faults, path, t);
  return html`
    <ol class="racers">
      ${racers.map((racer, i) => html`<li key=${i} class="racer">
        <div class="racer-head">
          ${hasSwatches && html`<${Swatch} k=${i} />`}
          <${OptimizerChoice} ...${shared} racer=${racer} set=${(one) => put(i, one)} label=${t("lab.optimizer-of", { number: i + 1 })} path=${`${path}/${i}/options/name`} />
          <button type="button" class="close" aria-label=${t("lab.remove", { number: i + 1 })} title=${t("lab.remove", { number: i + 1 })} disabled=${racers.length === 1} onClick=${() => set(racers.filter((_, k) => k !== i))}>×</button>
        </div>
        <${Options} ...${shared} racer=${racer} set=${(one) => put(i, one)} path=${`${path}/${i}`} />
      </li>`)}
    </ol>
    ${fault && html`<p class="fault">${fault}</p>`}
    <button type="button" class="button small" disabled=${racers.length >= most} onClick=${() => set([...racers, { ...racers.at(-1) }])}>+ ${t("lab.add")}</button>
  `;
}

function OptimizerChoice({ racer, set, catalog, faults, t, label, path }) {
  const names = catalog?.optimizers.map(({ name }) => name) ?? [];
  const all = names.includes(racer.name) ? names : [racer.name, ...names];
  const fault = faultAt(faults, path, t);
  const change = (name) => {
    const known = new Set([...optionsOf(catalog, name).map((option) => option.name), ...CLIPS]);
    set({ ...racer, name, options: Object.fromEntries(Object.entries(racer.options).filter(([option]) => known.has(option))) });
  };
  return html`<select aria-label=${label} value=${racer.name} aria-invalid=${fault ? "true" : undefined} onChange=${(event) => change(event.target.value)}>
    ${all.map((name) => html`<option key=${name} value=${name} selected=${name === racer.name}>${name}</option>`)}
  </select>${fault && html`<span class="fault">${fault}</span>`}`;
}

function Options({ racer, set, catalog, faults, t, hides, path }) {
  const known = [...optionsOf(catalog, racer.name), ...CLIPS.map((name) => ({ name, kind: "float", default: null }))].filter(({ name }) => !hides.includes(name));
  const first = hides.includes("lr") ? [] : ["lr"];
  const shown = [...new Set([...first, ...Object.keys(racer.options)])].filter((name) => !hides.includes(name));
  const put = (name, value) => set({ ...racer, options: { ...racer.options, [name]: value } });
  const drop = (name) => set({ ...racer, options: Object.fromEntries(Object.entries(racer.options).filter(([one]) => one !== name)) });
  const rest = known.filter(({ name }) => !shown.includes(name));
  const add = (name) => {
    if (name === "scheduler") return set({ ...racer, scheduler: firstSchedule(catalog) });
    const option = known.find((one) => one.name === name);
    put(name, option.kind === "bool" ? option.default !== true : defaultText(option));
  };
  return html`
    <div class="racer-options">
      ${shown.map((name) => html`<${Option} key=${name} ...${{ name, faults, t }} option=${known.find((one) => one.name === name)} value=${racer.options[name] ?? ""} set=${(value) => put(name, value)} drop=${first.includes(name) ? null : () => drop(name)} path=${`${path}/options/${name}`} />`)}
      <select class="racer-more" aria-label=${t("lab.more-options")} value="" onChange=${(event) => {
        add(event.target.value);
        event.target.value = "";
      }}>
        <option value="">${t("lab.more")}</option>
        ${rest.map(({ name }) => html`<option key=${name} value=${name}>${name}</option>`)}
        ${!racer.scheduler && catalog && html`<option value="scheduler">${t("lab.scheduler")}</option>`}
      </select>
    </div>
    ${racer.scheduler && html`<${Schedule} ...${{ racer, set, catalog, faults, t }} path=${`${path}/scheduler`} />`}
  `;
}

function Option({ name, option, value, set, drop, path, faults, t }) {
  const fault = faultAt(faults, path, t);
  const remove = drop && html`<button type="button" class="option-drop" aria-label=${t("lab.drop", { name })} title=${t("lab.drop", { name })} onClick=${drop}>×</button>`;
  if (option?.kind === "bool") {
    return html`<div class="lab-field"><label class="check"><input type="checkbox" checked=${value === true} onChange=${(event) => set(event.target.checked)} /> <code>${name}</code></label>${remove}${fault && html`<span class="fault">${fault}</span>`}</div>`;
  }
  if (option?.choices?.length > 0) {
    return html`<div class="lab-field"><label><code>${name}</code> <select value=${value} onChange=${(event) => set(event.target.value)}>
      <option value="">–</option>${option.choices.map((one) => html`<option key=${one} value=${one} selected=${one === value}>${one}</option>`)}</select></label>${remove}${fault && html`<span class="fault">${fault}</span>`}</div>`;
  }
  return html`<div class="option-text"><${TextField} label=${html`<code>${name}</code>`} ...${{ path, value: String(value), set, faults, t }} hint=${option ? defaultText(option) : ""} size=${option?.kind === "floats" ? 12 : 6} />${remove}</div>`;
}

function firstSchedule(catalog) {
  const { name, options } = catalog.schedulers.find((one) => one.name === "StepLR") ?? catalog.schedulers[0];
  return { name, options: requiredOf(options) };
}

function requiredOf(options) {
  return Object.fromEntries(options.filter(({ required }) => required).map((option) => [option.name, defaultText(option)]));
}

/** A schedule of the learning rate, with its options. */
function Schedule({ racer, set, catalog, faults, t, path }) {
  const { name, options } = racer.scheduler;
  const known = scheduleOptionsOf(catalog, name);
  const put = (scheduler) => set({ ...racer, scheduler });
  const choose = (next) => put({ name: next, options: requiredOf(scheduleOptionsOf(catalog, next)) });
  return html`
    <div class="racer-options schedule">
      <label><code>${t("lab.scheduler")}</code> <select value=${name} onChange=${(event) => choose(event.target.value)}>
        ${(catalog?.schedulers ?? [{ name }]).map((one) => html`<option key=${one.name} value=${one.name} selected=${one.name === name}>${one.name}</option>`)}
      </select></label>
      ${known.map((option) => html`<${Option} key=${option.name} ...${{ name: option.name, option, faults, t }} value=${options[option.name] ?? ""} set=${(value) => put({ name, options: { ...options, [option.name]: value } })} drop=${null} path=${`${path}/${option.name}`} />`)}
      <button type="button" class="option-drop" aria-label=${t("lab.drop", { name })} title=${t("lab.drop", { name })} onClick=${() => put(null)}>×</button>
      ${faultAt(faults, `${path}/name`, t) && html`<span class="fault">${faultAt(faults, `${path}/name`, t)}</span>`}
    </div>
  `;
}
