// Words in the chosen language: dictionaries are loaded once, then asked by key.

export const LANGUAGES = ["en", "zh"];
/** What the page opens with; `api.js` brings the words about problems with the first problem. */
export const TABLES = ["page", "diagnostics"];

/** @type {Map<string, Record<string, any>>} */
const dictionaries = new Map();

/** Keep a language's table; `api.js` brings them. */
export function addTable(language, table, entries) {
  dictionaries.set(`${language}/${table}`, entries);
}

/** Whether one table of a language is here. */
export function hasTable(language, table) {
  return dictionaries.has(`${language}/${table}`);
}

/**
 * A function from key to words; a key without a text is shown as it is, so that a gap is seen and nothing is lost.
 *
 * @param {string} language
 * @param {string} [table]
 * @returns {(key: string, parameters?: Record<string, unknown>) => string}
 */
export function translator(language, table = "page") {
  const page = dictionaries.get(`${language}/${table}`) ?? {};
  return (key, parameters = {}) => fill(page[key] ?? key, parameters, language);
}

/**
 * The sentences about a problem or diagnostic; the code stands for a title that no dictionary has.
 *
 * @param {"problems" | "diagnostics"} table
 * @returns {{title: string, what: string, why: string, instead: string}}
 */
export function sentencesOf(language, table, code, parameters = {}) {
  const entry = dictionaries.get(`${language}/${table}`)?.[code] ?? ownEntry(language, code);
  const say = (field) => fill(entry[field] ?? "", parameters, language);
  const [what, why, instead] = ["what", "why", "instead"].map((field) => closed(say(field), language));
  return { title: say("title"), what, why, instead };
}

/**
 * Sentences one after another, as a language sets them; those that are empty are left out.
 *
 * @param {string[]} sentences
 * @param {string} language
 */
export function following(sentences, language) {
  const said = sentences.filter(Boolean);
  return said.map((sentence, k) => (k < said.length - 1 ? closed(sentence, language) : sentence)).join(language === "zh" ? "" : " ");
}

/** A sentence may end with words of others, such as Python's own. */
function closed(sentence, language) {
  if (sentence === "" || /[.。!！?？…:：;；][`)”"']*$/.test(sentence)) return sentence;
  return sentence + (language === "zh" ? "。" : ".");
}

/** Problems that only the page can meet, such as a server out of reach, stand in its own dictionary. */
function ownEntry(language, code) {
  const page = dictionaries.get(`${language}/page`) ?? {};
  const fields = ["title", "what", "why", "instead"].map((field) => [field, page[`problem.${code}.${field}`]]);
  const entry = Object.fromEntries(fields);
  return entry.title ? entry : { title: code.replaceAll("-", " ") };
}

/** What stands between the parts of a list, and between clauses. */
const BETWEEN = { en: ", ", zh: "、" };
const APART = { en: "; ", zh: "；" };

/** Parts of a sentence that have commas of their own, or signs like words. */
export function clauses(parts) {
  return { clauses: parts };
}

/** Parameters in which the server lists names, with English commas between them. */
const LISTS = ["known", "available"];

function worded(name, value, language) {
  if (LISTS.includes(name) && typeof value === "string") return value.split(BETWEEN.en).join(BETWEEN[language]);
  if (Array.isArray(value)) return value.join(BETWEEN[language]);
  return Array.isArray(value?.clauses) ? value.clauses.join(APART[language]) : String(value);
}

/**
 * Put parameters in the place of `{name}`, those of a list as the language lists them; any other brace stands for itself.
 *
 * @param {string} sentence
 * @param {Record<string, unknown>} parameters
 */
export function fill(sentence, parameters, language = "en") {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(parameters, name) ? worded(name, parameters[name], language) : whole));
}

/**
 * A sentence cut at its back-quotes, so that code in it can be set as code.
 *
 * @returns {{text: string, isCode: boolean}[]}
 */
export function partsOf(sentence) {
  return sentence
    .split(/`([^`]*)`/)
    .map((text, i) => ({ text, isCode: i % 2 === 1 }))
    .filter((part) => part.text !== "");
}

/** The first language that a person reads among those there are; English if none. */
export function preferredLanguage(wanted) {
  const known = wanted.map((tag) => tag.toLowerCase().split("-")[0]).find((tag) => LANGUAGES.includes(tag));
  return known ?? "en";
}
