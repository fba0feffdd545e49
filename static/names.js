// The names that stand in an expression: a light look, to show a field for each. The server decides.

/** Names that mean something else than a variable. */
const RESERVED = new Set("pi inf nan torch nn F math and or not if else in is True False None".split(" "));
const TOKENS = /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(\d[\d_]*\.?\d*(?:[eE][+-]?\d+)?j?|\.\d+)|([\p{L}_][\p{L}\p{N}_]*)|(\S)/gu;

/**
 * The variables of an expression in the order in which they appear.
 *
 * @param {string} expression
 * @returns {string[]}
 */
export function namesIn(expression) {
  const tokens = [...expression.matchAll(TOKENS)].map((match) => ({ text: match[0], isName: match[3] !== undefined }));
  const names = tokens.filter((token, i) => isVariable(tokens, token, i)).map(({ text }) => text);
  return [...new Set(names)];
}

function isVariable(tokens, token, i) {
  if (!token.isName || RESERVED.has(token.text)) return false;
  const before = tokens[i - 1]?.text;
  const after = tokens[i + 1]?.text;
  const isKeyword = after === "=" && tokens[i + 2]?.text !== "=" && (before === "(" || before === ",");
  return before !== "." && after !== "(" && !isKeyword;
}

/**
 * What a field's text means: a number, a nested list of numbers, a torch expression, or (empty) the server's default.
 *
 * @param {string | number | any[] | null | undefined} text
 * @returns {string | number | any[] | null}
 */
export function valueOf(text) {
  if (typeof text !== "string") return text ?? null;
  const trimmed = text.trim();
  if (trimmed === "") return null;
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed) && Number.isFinite(Number(trimmed))) return Number(trimmed);
  return listOf(trimmed) ?? trimmed;
}

function listOf(text) {
  if (!text.startsWith("[")) return null;
  try {
    const list = JSON.parse(text);
    return Array.isArray(list) ? list : null;
  } catch {
    return null;
  }
}

/** The text of a field that holds a value. */
export function textOf(value) {
  if (value === null || value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
