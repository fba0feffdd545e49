// Editing a source by whole lines; every edit answers with new lines, or null where it does not apply.

/** The spaces a line begins with. */
export function indentOf(line) {
  return line.match(/^\s*/)?.[0] ?? "";
}

/** Put other lines in the place of one. */
export function replaceLine(lines, at, ...fresh) {
  return [...lines.slice(0, at), ...fresh, ...lines.slice(at + 1)];
}

/** Put lines before the one at an index. */
export function insertAt(lines, at, ...fresh) {
  return [...lines.slice(0, at), ...fresh, ...lines.slice(at)];
}

/** Replace what a pattern finds in a line; null if it finds nothing. */
export function replaceIn(lines, at, pattern, fresh) {
  const line = lines[at];
  if (line === undefined) return null;
  const changed = line.replace(pattern, fresh);
  return changed === line ? null : replaceLine(lines, at, changed);
}

/** Replace a stretch of a line. */
export function replaceStretch({ lines, at, line, from, to }, fresh) {
  return replaceLine(lines, at, line.slice(0, from) + fresh + line.slice(to));
}

/** Replace in the one line that fits a pattern; null if none or several do. */
export function replaceInOnly(lines, pattern, fresh) {
  const at = onlyIndex(lines, (line) => pattern.test(line));
  return at < 0 ? null : replaceIn(lines, at, pattern, fresh);
}

/** The index of the one line for which something holds; -1 if there are none or several. */
export function onlyIndex(lines, holds) {
  const found = lines.flatMap((line, i) => (holds(line) ? [i] : []));
  return found.length === 1 ? found[0] : -1;
}

/** A name as a pattern that matches it and nothing else. */
export function literal(name) {
  return String(name).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

/** The arguments of a call, from the text between its brackets. */
export function argumentsOf(text) {
  const found = [""];
  let depth = 0;
  for (const character of text) {
    if ("([{".includes(character)) depth += 1;
    if (")]}".includes(character)) depth -= 1;
    if (depth < 0) return [];
    if (character === "," && depth === 0) found.push("");
    else found[found.length - 1] += character;
  }
  return depth === 0 ? found.map((part) => part.trim()) : [];
}
