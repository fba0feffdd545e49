// Fixes that add, move or rewrite whole statements of a program.

import { indentOf, insertAt, literal, onlyIndex, replaceIn, replaceInOnly, replaceLine } from "./lines.js";

const STEP = /^(\s*)([\w.]+)\.step\(\s*\)\s*(?:#.*)?$/;
const BY_HAND = /^(\s*)([\w.]+?)(\.data)?\s*-=.*\2\.grad/;
const MADE = /^(\s*)(\w+)(\s*=\s*torch\.(?:tensor|randn|rand|ones|zeros|full|linspace)\(.*)\)(\s*(?:#.*)?)$/;
const PARAMETER_LIKE = /^(?:[wWb]|weights?|bias(?:es)?|theta|θ)_?\d*$/;
const RATE = /\blr\s*=\s*(\d[\d.]*(?:e[+-]?\d+)?)/i;

/** By code of problem or remark: from a site to its lines put right, or null. */
export const STATEMENTS = {
  "zero-grad-forgotten": ({ lines, at, line }) => clearedAfterStep(lines, at, line) ?? clearedByHand(lines, at),
  "zero-grad-before-step": clearedBefore,
  "constant-like-parameter": ({ lines, parameters: { variable } }) => followed(lines, (name) => name === variable),
  "nothing-requires-grad": inputFollowed,
  "nothing-recorded": inputFollowed,
  "import-forgotten": imported,
  "grad-of-non-leaf": retained,
  "backward-twice": keptForTwice,
  "leaf-in-place": outOfPlace,
  "saved-in-place": ({ lines }) => rewrittenAssignment(lines, onlyIndex(lines, (line) => /^\s*[a-zA-Z_]\w*\s*[-+*/]=(?!.*\.(?:grad|item\())/.test(line))),
  "loss-diverges-bound": ({ lines, parameters: { bound } }) => withRate(lines, () => Number(bound) / 2),
  "loss-diverges": ({ lines }) => withRate(lines, (rate) => rate / 10),
  "parameter-not-in-optimizer": ({ lines, parameters: { variable } }) => (/^\w+$/.test(variable) ? replaceInOnly(lines, /(optim\.\w+\(\s*\[[^\][]*[^\][,\s])(\s*,?\s*\])/, `$1, ${variable}$2`) : null),
  "module-init-missing": withBaseInit,
  "forward-only": differentiated,
  "leaf-rebound": leafKept,
  "step-missing": stepped,
};

function clearedAfterStep(lines, at, line) {
  const step = line.match(STEP);
  return step ? insertAt(lines, at + 1, `${step[1]}${step[2]}.zero_grad()`) : null;
}

/** After updates by hand, each `.grad` is dropped. */
function clearedByHand(lines, at) {
  let end = at;
  const names = [];
  for (let update = lines[end]?.match(BY_HAND); update; update = lines[end]?.match(BY_HAND)) {
    names.push([update[1], update[2]]);
    end += 1;
  }
  return names.length > 0 ? insertAt(lines, end, ...names.map(([indent, name]) => `${indent}${name}.grad = None`)) : null;
}

/** Move `zero_grad` from between `backward` and `step` to before `backward`. */
function clearedBefore({ lines, at, line }) {
  const indent = indentOf(line);
  const above = (from, pattern) => {
    for (let i = from; i >= 0; i -= 1) if (indentOf(lines[i]) === indent && pattern.test(lines[i])) return i;
    return -1;
  };
  const cleared = above(at - 1, /^\s*[\w.]+\.zero_grad\([^()]*\)\s*(?:#.*)?$/);
  const backward = above(cleared - 1, /\.backward\(/);
  if (cleared < 0 || backward < 0) return null;
  return insertAt(replaceLine(lines, cleared), backward, lines[cleared]);
}

/** Ask for the gradient of the tensors whose name fits. */
function followed(lines, isMeant) {
  let isChanged = false;
  const changed = lines.map((line) => {
    const made = line.match(MADE);
    if (!made || !isMeant(made[2], line) || line.includes("requires_grad") || /\bint|bool|long/.test(made[3])) return line;
    isChanged = true;
    return `${made[1]}${made[2]}${made[3]}, requires_grad=True)${made[4]}`;
  });
  return isChanged ? changed : null;
}

/** Where no input is followed: those named like parameters, or else the only one that can be. */
function inputFollowed({ lines }) {
  const isReal = (line) => !/torch\.tensor\(/.test(line) || /\d\.|\.\d|\de-?\d/.test(line);
  const candidates = lines.filter((line) => MADE.test(line) && isReal(line));
  const only = candidates.length === 1 ? candidates[0] : null;
  return followed(lines, (name, line) => isReal(line) && (PARAMETER_LIKE.test(name) || line === only));
}

function imported({ lines, parameters: { statement } }) {
  if (!statement || lines[0].trimStart().startsWith('"""')) return null;
  const first = lines.findIndex((line) => /^(?:import|from)\s/.test(line) && !line.includes("__future__"));
  return insertAt(lines, Math.max(0, first), statement);
}

/** Keep the gradient of a result: said before the pass that brings it. */
function retained({ lines, at, parameters: { variable } }) {
  if (!/^[\w.]+$/.test(variable ?? "")) return null;
  const isMade = new RegExp(`^\\s*${literal(variable)}\\s*=[^=]`);
  const backward = lines.slice(0, at).findLastIndex((line) => /\.backward\(/.test(line));
  return backward >= 0 && lines.slice(0, backward).some((line) => isMade.test(line)) ? insertAt(lines, backward, `${indentOf(lines[backward])}${variable}.retain_grad()`) : null;
}

/** The first of two passes through one graph keeps what the second needs; in a loop the cause lies elsewhere. */
function keptForTwice({ lines, at }) {
  const earlier = lines.slice(0, Math.max(0, at)).flatMap((line, i) => (/\.backward\(/.test(line) ? [i] : []));
  if (earlier.length !== 1 || indentOf(lines[at]) !== "") return null;
  return replaceIn(lines, earlier[0], /\.backward\(\s*\)/, ".backward(retain_graph=True)");
}

/** An update by hand goes under `no_grad`; anything else makes a new tensor. */
function outOfPlace({ lines, at, line }) {
  if (!/^\s*[\w.]+\s*[-+*/]=/.test(line)) return null;
  if (!line.includes(".grad")) return rewrittenAssignment(lines, at);
  const indent = indentOf(line);
  return replaceLine(lines, at, `${indent}with torch.no_grad():`, `${indent}    ${line.trim()}`);
}

/** `y *= a + b` as `y = y * (a + b)`. */
function rewrittenAssignment(lines, at) {
  const [, indent, name, operator, value] = lines[at]?.match(/^(\s*)(\w+)\s*([-+*/])=\s*(.+?)\s*$/) ?? [];
  if (!name || value.includes("#")) return null;
  const isSimple = /^[\w.]+(?:\([^()]*\))?$/.test(value);
  return replaceLine(lines, at, `${indent}${name} = ${name} ${operator} ${isSimple ? value : `(${value})`}`);
}

function withRate(lines, rateFrom) {
  const at = onlyIndex(lines, (line) => RATE.test(line));
  if (at < 0) return null;
  const rate = rateFrom(Number(lines[at].match(RATE)[1]));
  return Number.isFinite(rate) && rate > 0 ? replaceIn(lines, at, RATE, `lr=${Number(rate.toPrecision(3))}`) : null;
}

function withBaseInit({ lines, at }) {
  const made = lines.slice(0, at + 1).findLastIndex((line) => /^\s*def __init__\(.*\).*:\s*$/.test(line));
  return made < 0 ? null : insertAt(lines, made + 1, `${indentOf(lines[made])}    super().__init__()`);
}

/** The last value that the program gave a name to. */
function differentiated({ lines }) {
  const at = lines.findLastIndex((line) => /^\w+\s*=[^=]/.test(line));
  const isLast = at >= 0 && lines.slice(at + 1).every((line) => !/^(?:for|while|with|def|class|if)\b/.test(line)) && argumentsAreClosed(lines[at]);
  return isLast ? insertAt(lines, at + 1, `${lines[at].match(/^\w+/)[0]}.backward()`) : null;
}

/** The leaf is changed in place, under `no_grad`, where its name was given away. */
function leafKept({ lines, parameters: { variable, line, update } }) {
  const at = line - 1;
  const [, indent, name, comment] = lines[at]?.match(/^(\s*)(\w+)\s*=[^=#;]+?(\s*#.*)?$/) ?? [];
  if (!update || name !== variable || !argumentsAreClosed(lines[at])) return null;
  const isUnrecorded = /^\s*with torch\.no_grad\(\):/.test(lines[at - 1] ?? "") && indentOf(lines[at - 1]).length < indent.length;
  const fresh = `${update}${comment ?? ""}`;
  return isUnrecorded ? replaceLine(lines, at, indent + fresh) : replaceLine(lines, at, `${indent}with torch.no_grad():`, `${indent}    ${fresh}`);
}

/** A step after the only backward pass that is written. */
function stepped({ lines, at, line }) {
  const optimizer = line.match(/^\s*([\w.]+)\s*=[^=]/)?.[1];
  const backward = onlyIndex(lines, (one) => /\.backward\(/.test(one));
  if (at < 0 || !optimizer || backward <= at || !/^[^#:;]*\.backward\([^()]*\)\s*(?:#.*)?$/.test(lines[backward])) return null;
  const indent = indentOf(lines[backward]);
  return indentOf(line).length > indent.length ? null : insertAt(lines, backward + 1, `${indent}${optimizer}.step()`);
}

function argumentsAreClosed(line) {
  return (line.match(/[([{]/g) ?? []).length === (line.match(/[)\]}]/g) ?? []).length;
}
