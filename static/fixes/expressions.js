// Fixes within an expression: a sign, a name, a call that is too much or incomplete.

import { argumentsOf, literal, replaceIn, replaceInOnly, replaceLine, replaceStretch } from "./lines.js";

/** A call of softmax: its first argument is what it was made from. */
const SOFTMAX = /^(?:(?:torch|F|nn\.functional|torch\.nn\.functional|(?:torch\.)?nn\.Softmax\([^()]*\))\.?(?:softmax)?|(?:self\.)?\w*softmax\w*)\((.*)\)$/is;
const CUTS = [/^(.*)\.detach\(\)$/s, /^(.*)\.data$/s, /^(.*)\.item\(\)$/s, /^torch\.(?:as_)?tensor\((.*)\)$/s, /^float\((.*)\)$/s];

/** By code of problem or remark: from a site to its lines put right, or null. */
export const EXPRESSIONS = {
  "caret-power": ({ lines, at }) => replaceIn(lines, at, /\^/g, "**"),
  "character-meant": ({ lines, at, parameters: { character, replacement } }) => (character && isShort(replacement) ? replaceIn(lines, at, new RegExp(literal(character), "gu"), () => replacement) : null),
  "implied-product": ({ parameters: { text, suggestion }, ...site }) => replaceText(site, text, suggestion),
  "misspelt-function": renamed,
  "misspelt-name": renamed,
  "misspelt-attribute": renamed,
  "misspelt-keyword": renamedKeyword,
  "left-the-graph": keptAsTensor,
  "not-called": ({ parameters: { expression }, ...site }) => replaceText(site, expression, `${expression}()`),
  "not-scalar": ({ lines, at }) => replaceIn(lines, at, /\.backward\(\s*\)/, ".sum().backward()"),
  "numpy-of-followed": ({ lines, at }) => replaceIn(lines, at, /(?<!\.detach\(\))\.numpy\(\)/, ".detach().numpy()"),
  "softmax-before-cross-entropy": withoutSoftmax,
  "graph-cut": withoutCut,
  "nan-or-inf-backward": saferRoot,
  "integer-requires-grad": asFloat,
  "optimizer-parameters": asParameters,
  "no-gpu": ({ lines, at }) => replaceIn(lines, at, /\.cuda\(\)|\.to\(\s*["']cuda(?::\d+)?["']\s*\)/g, "") ?? replaceIn(lines, at, /(["'])cuda(?::\d+)?\1/, '"cpu"'),
};

/** A hint such as "`**` or `*`" is for reading, not for writing. */
function isShort(text) {
  return typeof text === "string" && /^\S{1,8}$/.test(text);
}

/** Replace a text at its place, or where it first stands in the line. */
function replaceText({ lines, at, line, from }, text, fresh) {
  if (!text || !fresh || line === "") return null;
  const start = line.startsWith(text, from) ? from : line.indexOf(text);
  return start < 0 ? null : replaceLine(lines, at, line.slice(0, start) + fresh + line.slice(start + text.length));
}

/** The nearest name for the one that nobody knows. */
function renamed({ lines, at, line, from, parameters: { name, nearest } }) {
  if (!name || !nearest) return null;
  const places = [...line.matchAll(new RegExp(`(?<![\\p{L}\\p{N}_])${literal(name)}(?![\\p{L}\\p{N}_])`, "gu"))].map(({ index }) => index);
  const start = places.find((index) => index >= from) ?? (places.length === 1 ? places[0] : undefined);
  return start === undefined ? null : replaceLine(lines, at, line.slice(0, start) + nearest + line.slice(start + name.length));
}

/** The name of a keyword argument, in the line of the call or below; betas are a pair, not one number. */
function renamedKeyword({ lines, at, parameters: { name, nearest } }) {
  if (at < 0 || !name || !nearest || nearest === "betas") return null;
  const keyword = new RegExp(`(?<![\\p{L}\\p{N}_.])${literal(name)}(?=\\s*=(?!=))`, "u");
  const line = lines.findIndex((one, i) => i >= at && keyword.test(one));
  return replaceIn(lines, line, keyword, () => nearest);
}

/** The loss stays a tensor where it was made a number. */
function keptAsTensor({ lines, parameters: { how, line } }) {
  const call = { ".item()": /\.item\(\)/g, ".tolist()": /\.tolist\(\)/g, ".numpy()": /(?:\.detach\(\))?(?:\.cpu\(\))?\.numpy\(\)/g }[how];
  return call && lines[line - 1]?.match(call)?.length === 1 ? replaceIn(lines, line - 1, call, "") : null;
}

function withoutSoftmax(site) {
  const { lines, at, line, from, to } = site;
  const call = line.slice(from, to);
  const method = call.match(/^([\w.[\]]+)\.softmax\((?:[^()]*)\)$/);
  if (at >= 0 && method && !["torch", "F", "self", "nn.functional", "torch.nn.functional"].includes(method[1])) return replaceStretch(site, method[1]);
  const [input] = argumentsOf(call.match(SOFTMAX)?.[1] ?? "");
  if (at >= 0 && input) return replaceStretch(site, input);
  return replaceInOnly(lines, /,\s*(?:torch\.)?nn\.Softmax\([^()]*\)/, "");
}

/** The tensor itself in the place of its value without history. */
function withoutCut(site) {
  const { at, line, from, to } = site;
  const inner = CUTS.map((cut) => line.slice(from, to).match(cut)?.[1]).find(Boolean);
  const [tensor] = argumentsOf(inner ?? "");
  return at >= 0 && tensor ? replaceStretch(site, tensor) : null;
}

function saferRoot(site) {
  const call = site.line.slice(site.from, site.to);
  const inner = call.match(/^torch\.sqrt\((.*)\)$/)?.[1] ?? call.match(/^(.*)\.sqrt\(\)$/)?.[1];
  return site.at >= 0 && inner && argumentsOf(inner).length === 1 ? replaceStretch(site, `torch.sqrt(${inner} + 1e-12)`) : null;
}

/** Whole numbers become floating-point ones where the gradient is asked for. */
function asFloat({ lines, at }) {
  return (
    replaceIn(lines, at, /\bdtype\s*=\s*torch\.\w+/, "dtype=torch.float32") ??
    replaceIn(lines, at, /\brequires_grad\s*=\s*True(?=\s*[,)])/, "dtype=torch.float32, requires_grad=True") ??
    replaceIn(lines, at, /^(\s*)(\w+)(?:\.requires_grad_\((?:True)?\)|\.requires_grad\s*=\s*True)\s*$/, "$1$2 = $2.float().requires_grad_()") ??
    replaceIn(lines, at, /\.requires_grad_\(/, ".float().requires_grad_(") ??
    replaceIn(lines, at, /(nn\.Parameter\(.*)\)(\s*)$/, "$1.float())$2")
  );
}

function asParameters({ lines, at }) {
  return (
    replaceIn(lines, at, /\.parameters(?=\s*[,)])/, ".parameters()") ??
    replaceIn(lines, at, /(optim\.\w+\(|\b(?:SGD|Adam|AdamW|RMSprop)\()\s*(\w[\w.]*)(?=\s*[,)])/, "$1[$2]")
  );
}
