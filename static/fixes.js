// What one click can mend: from a source and what is wrong with it to the source put right, where that is mechanical.

import { EXPRESSIONS } from "./fixes/expressions.js";
import { STATEMENTS } from "./fixes/statements.js";

const FIXES = { ...STATEMENTS, ...EXPRESSIONS };

/** The codes of problems and remarks that have a fix. */
export const FIXED = Object.keys(FIXES);

/**
 * The fix of a problem or remark; null where there is none, or where the source does not look as expected.
 *
 * @param {{text: string, code: string, parameters?: Record<string, any>, span?: any}} finding `span` may lack its end
 * @returns {{text: string, place: {line: number, column: number}, preview: string} | null} the whole new text, where it
 *   differs first, and the lines that are new
 */
export function fixOf({ text, code, parameters = {}, span = null }) {
  const fix = Object.hasOwn(FIXES, code) ? FIXES[code] : null;
  const lines = text.split("\n");
  if (!fix || (span && (span.line < 1 || span.line > lines.length))) return null;
  const mended = fix(siteOf(lines, span, parameters));
  return mended && mended.join("\n") !== text ? difference(lines, mended) : null;
}

/** What a fix looks at: the lines, the one it is about, and the stretch of it that is meant, in offsets. */
function siteOf(lines, span, parameters) {
  if (!span) return { lines, parameters, at: -1, line: "", from: 0, to: 0 };
  const line = lines[span.line - 1];
  const from = offsetOf(line, span.column ?? 1);
  const isWithin = span.end_line === undefined || span.end_line === span.line;
  const to = isWithin && span.end_column !== undefined ? offsetOf(line, span.end_column) : line.length;
  return { lines, parameters, at: span.line - 1, line, from, to };
}

/** Columns count characters, offsets count halves of surrogate pairs. */
function offsetOf(line, column) {
  return [...line].slice(0, column - 1).join("").length;
}

function difference(before, after) {
  let first = 0;
  while (first < before.length && before[first] === after[first]) first += 1;
  let rest = 0;
  while (rest < Math.min(before.length, after.length) - first && before.at(-1 - rest) === after.at(-1 - rest)) rest += 1;
  const fresh = after.slice(first, after.length - rest);
  const [old, now] = [before[first] ?? "", after[first] ?? ""];
  let same = 0;
  while (same < now.length && old[same] === now[same]) same += 1;
  const column = [...now.slice(0, same)].length + 1;
  return { text: after.join("\n"), place: { line: first + 1, column }, preview: fresh.map((line) => line.trim()).join("\n") };
}
