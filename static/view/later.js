// Parts of the page that come later: fetched when they are first wanted, or made in turn, so that the page opens sooner.

import { html, useEffect, useLayoutEffect, useState } from "../vendor/preact.js";

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

/**
 * Give the thread back for a moment: a hand on the page is answered before what comes next.
 *
 * @param {"user-blocking" | "user-visible"} [priority] what is blocking also goes before the next frame
 */
export function pause(priority = "user-visible") {
  return globalThis.scheduler?.postTask?.(() => {}, { priority }) ?? new Promise((resolve) => setTimeout(resolve));
}

/**
 * Count up to the last turn, a pause before each: what a turn makes keeps no hand waiting for what the next will make.
 * Frames in between would show halves, and put off what everybody waits for.
 */
export function useTurns(last) {
  const [turn, setTurn] = useState(0);
  useLayoutEffect(() => {
    if (turn < last) pause("user-blocking").then(() => setTurn(turn + 1));
  }, [turn]);
  return turn;
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
