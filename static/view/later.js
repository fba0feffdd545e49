// Parts of the page that are fetched when they are first wanted, so that the page opens sooner.

import { html, useEffect, useState } from "../vendor/preact.js";

const parts = new Map();

/**
 * What has been here before is there at once.
 *
 * @param {{load: () => Promise<(props: any) => any>, props: any, sheet?: string}} props
 */
export function Later({ load, props, sheet }) {
  const [loaded, setLoaded] = useState(parts.get(load) ?? null);
  useEffect(() => {
    if (loaded) return undefined;
    const bring = () => Promise.all([load(), sheet && loadSheet(new URL(`../styles/${sheet}.css`, import.meta.url).href)]).then(([Part]) => setLoaded(parts.set(load, { Part }).get(load)), () => {});
    bring();
    return onReach(bring);
  }, [loaded]);
  return loaded && html`<${loaded.Part} ...${props} />`;
}

/** Do something whenever the server may be in reach again: the network is back, or somebody comes back to the page or goes into one of its fields. */
export function onReach(act) {
  for (const name of ["online", "focus", "focusin"]) addEventListener(name, act);
  return () => ["online", "focus", "focusin"].forEach((name) => removeEventListener(name, act));
}

const sheets = new Map();

/** Bring a style sheet, once; one that failed is asked for again. */
export function loadSheet(address) {
  if (!sheets.has(address)) sheets.set(address, addSheet(address).catch((error) => (sheets.delete(address), Promise.reject(error))));
  return sheets.get(address);
}

function addSheet(address) {
  return new Promise((resolve, reject) => {
    const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address, onload: resolve, onerror: reject });
    document.head.append(link);
  });
}
