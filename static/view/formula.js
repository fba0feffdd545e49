// A formula on the page: KaTeX sets it, and until KaTeX is there the plain text stands in its place.
//
// KaTeX is asked for when the first formula is shown, not with the page: most visitors never choose a node.

import { nameOf } from "../sentence.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { loadSheet } from "./later.js";

const SHEET = new URL("../vendor/katex.css", import.meta.url).href;
const library = { promise: null, render: null };

/** Bring KaTeX and its stylesheet, once; what fails is tried again with the next formula. */
function loadLibrary() {
  library.promise ??= Promise.all([import("../vendor/katex.js"), loadSheet(SHEET)]).then(
    ([{ render }]) => (library.render = render),
    () => (library.promise = null),
  );
  return library.promise;
}

/** @param {{formula: {latex: string, text: string, names: {symbol: string, node: any}[]} | null}} props */
export function Formula({ formula }) {
  const host = useRef(null);
  const [render, setRender] = useState(() => library.render);
  useEffect(() => {
    let isGone = false;
    if (!render) Promise.resolve(loadLibrary()).then(() => isGone || setRender(() => library.render));
    return () => {
      isGone = true;
    };
  }, []);
  useLayoutEffect(() => {
    if (formula) typeset(host.current, formula, render);
  }, [formula?.latex, render]);
  if (!formula) return null;
  return html`
    <div class="formula" ref=${host}></div>
    ${formula.names.length > 0 && html`<p class="formula-names">${formula.names.map(({ symbol, node }) => html`<span key=${symbol}><i>${symbol}</i> = <code>${nameOf(node)}</code></span>`)}</p>`}
  `;
}

/** KaTeX builds elements and sets their styles one by one, which the page's policy allows. */
function typeset(host, { latex, text }, render) {
  host.replaceChildren(text);
  if (!render) return;
  try {
    render(latex, host, { displayMode: true, strict: "ignore", throwOnError: true });
  } catch {
    host.replaceChildren(text);
  }
}
