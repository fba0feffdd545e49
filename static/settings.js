// How the page looks and speaks, kept in this browser only.

import { LANGUAGES, preferredLanguage } from "./i18n.js";

const KEY = "autograd-explorer";
const CHOICES = { language: LANGUAGES, theme: ["system", "light", "dark"], direction: ["TB", "LR"], size: ["normal", "large"] };

/**
 * Settings over a storage; without one, or with one that refuses, they last as long as the page.
 *
 * @param {Storage | null} storage
 * @param {readonly string[]} languages what the visitor reads, best first
 */
export function createSettings(storage, languages) {
  const usual = { language: preferredLanguage(languages), theme: "system", direction: "TB", size: "normal" };

  function load() {
    try {
      return { ...usual, ...known(JSON.parse(storage?.getItem(KEY) ?? "{}")) };
    } catch {
      return usual;
    }
  }

  function save(settings) {
    try {
      storage?.setItem(KEY, JSON.stringify(known(settings)));
    } catch {
      // A full or forbidden storage: the choice holds until the page is closed.
    }
  }

  return { load, save };
}

function known(settings) {
  return Object.fromEntries(Object.entries(settings).filter(([name, value]) => CHOICES[name]?.includes(value)));
}

/** What the address asks for, if it is something that there is. */
export function settingsAsked() {
  const query = new URLSearchParams(location.search);
  const [language, theme] = [query.get("lang"), query.get("theme")];
  return { ...(LANGUAGES.includes(language) ? { language } : {}), ...(["light", "dark"].includes(theme) ? { theme } : {}) };
}

/** Reading the property alone throws where the browser forbids storage. */
export function storageOf() {
  try {
    return localStorage;
  } catch {
    return null;
  }
}
