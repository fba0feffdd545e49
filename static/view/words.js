// Words that are fetched when they are first wanted: a part of the page that comes later brings its own table.

import { bringTable } from "../api.js";
import { hasTable, translator } from "../i18n.js";
import { html, useEffect, useState } from "../vendor/preact.js";

/**
 * A translator for one of these tables; null until its words are here. While another language is fetched the former
 * one stays.
 *
 * @param {string} language
 * @param {string} table
 */
export function useWords(language, table) {
  const [here, setHere] = useState(() => (hasTable(language, table) ? language : null));
  useEffect(() => {
    if (hasTable(language, table)) return setHere(language);
    let isGone = false;
    bringTable(language, table).then(() => !isGone && setHere(language), () => {});
    return () => {
      isGone = true;
    };
  }, [language]);
  return here && translator(here, table);
}

/** A part of the page around its words: nothing is drawn before they are here. */
export function withWords(table, Part) {
  return function Worded(props) {
    const t = useWords(props.language, table);
    return t ? html`<${Part} ...${props} t=${t} />` : null;
  };
}
