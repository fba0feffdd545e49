// The numbers in a program's text: where they stand, and what they become when a hand moves them. Pure.

/** What is passed over whole (comments, strings, names with the digits in them), or is a number. */
const TOKENS =
  /#[^\n]*|("""|''')[\s\S]*?(?:\1|$)|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|[\p{L}_][\p{L}\p{N}_]*|(0[xXbBoO][\da-fA-F_]+|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?[jJ]?)|\S/gu;
const PLAIN = /^-?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const WORDS_BEFORE_A_SIGN = new Set("return and or not in is if else elif while assert lambda yield print".split(" "));

/**
 * Every decimal number of a text, its own minus sign included.
 *
 * A number that is raised to a power keeps its place on the positive side, for `-2**2` is not `(-2)**2`.
 *
 * @param {string} text
 * @returns {{from: number, to: number, text: string, isPositive: boolean}[]}
 */
export function numbersIn(text) {
  const tokens = [...text.matchAll(TOKENS)];
  return tokens.flatMap((token, i) => numberAt(tokens, token, i) ?? []);
}

function numberAt(tokens, token, i) {
  const digits = token[2];
  if (digits === undefined || !PLAIN.test(digits.replaceAll("_", ""))) return null;
  const to = token.index + digits.length;
  const next = tokens[i + 1];
  const isBase = next?.[0] === "*" && tokens[i + 2]?.[0] === "*" && tokens[i + 2].index === next.index + 1;
  const isPositive = isBase || (next?.[0] === "." && next.index === to);
  const hasSign = !isPositive && isOwnSign(tokens, i - 1, token.index);
  const from = token.index - (hasSign ? 1 : 0);
  return { from, to, text: (hasSign ? "-" : "") + digits, isPositive };
}

/** Is the token before a number a minus of its own, and not one between two operands? */
function isOwnSign(tokens, i, start) {
  const sign = tokens[i];
  if (sign?.[0] !== "-" || sign.index !== start - 1) return false;
  const before = tokens[i - 1];
  if (!before) return true;
  if (before[2] !== undefined) return false;
  if (/^[\p{L}_]/u.test(before[0])) return WORDS_BEFORE_A_SIGN.has(before[0]);
  return !/^[)\]}"']/.test(before[0]);
}

/** The number at an offset of the text, its ends included; null if there is none. */
export function numberAround(text, offset) {
  return numbersIn(text).find(({ from, to }) => from <= offset && offset <= to) ?? null;
}

/**
 * A number some steps further, in steps of its last digit: 0.25 goes by 0.01, 3 by 1, 1e-3 by 1e-3.
 *
 * @param {{text: string, isPositive?: boolean}} number
 * @param {number} steps
 */
export function stepNumber({ text, isPositive = false }, steps) {
  const [mantissa, exponent] = text.replaceAll("_", "").split(/e/i);
  const decimals = mantissa.split(".")[1]?.length ?? 0;
  const unit = 10 ** decimals;
  const moved = Math.round(Number(mantissa) * unit) + steps;
  if (!Number.isSafeInteger(moved)) return text;
  const value = isPositive ? Math.max(0, moved) : moved;
  const digits = (value / unit).toFixed(decimals);
  const point = mantissa.endsWith(".") ? "." : "";
  return (Number(digits) === 0 ? digits.replace("-", "") : digits) + point + (exponent === undefined ? "" : `e${exponent}`);
}

/** Calls that make a tensor of the number they are given. */
export const MAKERS = "(?:[\\p{L}_][\\p{L}\\p{N}_]*\\s*\\.\\s*)*(?:tensor|Tensor|FloatTensor|DoubleTensor|as_tensor|scalar_tensor|Parameter|Variable)";

/**
 * The number of which a variable's tensor is made: `w = nn.Parameter(torch.tensor(0.5))`.
 *
 * @param {string} program
 * @param {string | null} name as the trace has it; of `net.w` the last part counts
 * @param {{line: number} | null} [span] where the node says it was made: decides between several assignments
 * @returns {{from: number, to: number, text: string} | null} null if there is no such number, or more than one
 */
export function numberOfVariable(program, name, span = null) {
  const last = name?.split(".").at(-1) ?? "";
  if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(last)) return null;
  const pattern = new RegExp(`^[ \\t]*(?:self\\s*\\.\\s*)?${last}[ \\t]*(?::[^=\\n]+)?=[ \\t]*(?:${MAKERS}\\s*\\(\\s*(?:data\\s*=\\s*)?)+(?=[-.\\d])`, "gmu");
  const numbers = new Map(numbersIn(program).map((number) => [number.from, number]));
  const found = [...program.matchAll(pattern)].flatMap((match) => {
    const number = numbers.get(match.index + match[0].length);
    return number && /^\s*[,)]/.test(program.slice(number.to)) ? [number] : [];
  });
  if (found.length === 1) return found[0];
  const lineOf = ({ from }) => program.slice(0, from).split("\n").length;
  const near = span ? found.filter((number) => lineOf(number) === span.line) : [];
  return near.length === 1 ? near[0] : null;
}

/** A text with one stretch of it replaced. */
export function withNumber(text, { from, to }, number) {
  return text.slice(0, from) + number + text.slice(to);
}
