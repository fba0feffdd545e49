// One configuration of an optimizer as a person writes it, and as the API takes it. Pure.
//
// What was written is kept as text until it is asked for, so that a slip of the pen loses nothing. Which optimizers
// and options there are comes from the API (`GET /api/optimizers`), never from here.

/** @typedef {{path: string, code: string, parameters?: any}} Fault */

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Clipping is no option of an optimizer, but is written beside them. */
export const CLIPS = ["clip_norm", "clip_value"];

/** The options that change what is computed, not merely how. */
export function optionsOf(catalog, name) {
  const known = catalog?.optimizers.find((optimizer) => optimizer.name === name);
  return (known?.options ?? []).filter(({ execution }) => !execution);
}

/** The options of a scheduler; some have to be given. */
export function scheduleOptionsOf(catalog, name) {
  return catalog?.schedulers.find((scheduler) => scheduler.name === name)?.options ?? [];
}

/** An option's default as one would write it. */
export function defaultText({ default: value }) {
  if (value === null || value === undefined) return "";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

/**
 * A configuration for the API, and what cannot be read in it.
 *
 * @param {{name: string, options: Record<string, any>, scheduler?: {name: string, options: Record<string, any>} | null}} written
 * @param {any} catalog
 * @param {string} path where it stands in the form
 * @returns {{body: any, faults: Fault[]}}
 */
export function configurationOf(written, catalog, path) {
  const kinds = Object.fromEntries(optionsOf(catalog, written.name).map((option) => [option.name, option.kind]));
  const read = readOptions(written.options, { ...kinds, clip_norm: "float", clip_value: "float" }, `${path}/options`);
  if (!written.scheduler) return { body: { name: written.name, ...read.body }, faults: read.faults };
  const known = scheduleOptionsOf(catalog, written.scheduler.name);
  const own = Object.fromEntries(known.map((option) => [option.name, option.kind]));
  const schedule = readOptions(written.scheduler.options, own, `${path}/scheduler`);
  const missing = known.filter(({ name, required }) => required && !(name in schedule.body) && !schedule.faults.some(({ path: place }) => place.endsWith(`/${name}`)));
  const faults = [...read.faults, ...schedule.faults, ...missing.map(({ name }) => ({ path: `${path}/scheduler/${name}`, code: "missing" }))];
  return { body: { name: written.name, ...read.body, scheduler: { name: written.scheduler.name, ...schedule.body } }, faults };
}

function readOptions(options, kinds, path) {
  const faults = [];
  const body = {};
  for (const [name, text] of Object.entries(options)) {
    if (text === "") continue;
    const value = READERS[kinds[name] ?? "float"]?.(text) ?? null;
    if (value === null) faults.push({ path: `${path}/${name}`, code: `not-${kinds[name] ?? "float"}` });
    else body[name] = value;
  }
  return { body, faults };
}

const READERS = {
  float: numberOf,
  int: (text) => whole(numberOf(text)),
  bool: (text) => (typeof text === "boolean" ? text : null),
  text: (text) => String(text),
  floats: (text) => listOf(text, numberOf),
  ints: (text) => listOf(text, (one) => whole(numberOf(one))),
};

/** A number as it is written; null if it is none. */
export function numberOf(text) {
  const plain = String(text).trim();
  return NUMBER.test(plain) ? Number(plain) : null;
}

function whole(number) {
  return Number.isSafeInteger(number) ? number : null;
}

function listOf(text, read) {
  const parts = String(text).replace(/[[\]()]/g, "").split(",").map((part) => part.trim()).filter(Boolean);
  const items = parts.map(read);
  return items.length > 0 && !items.includes(null) ? items : null;
}

/** A configuration in few words: what tells it from the optimizer's defaults. */
export function labelOf({ name, options, scheduler }) {
  const parts = Object.entries(options).filter(([, text]) => text !== "" && text !== false);
  const words = parts.map(([option, text]) => (text === true ? option : `${option}=${text}`));
  return [name, ...words, ...(scheduler ? [scheduler.name] : [])].join(" ");
}
