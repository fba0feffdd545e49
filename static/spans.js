// Between places in the source and nodes of the graph, both ways. Lines and columns count from 1, in characters.

/**
 * The node whose stretch of source is the innermost around a place; null if none is.
 *
 * @param {{nodes: any[]} | null} graph
 */
export function nodeAt(graph, line, column) {
  let found = null;
  for (const node of graph?.nodes ?? []) {
    if (!node.span || !holds(node.span, line, column)) continue;
    if (!found || isInside(node.span, found.span)) found = node;
  }
  return found;
}

/**
 * The nodes that a place in the source means, the one to choose first: an input where the place is on its name, else
 * the innermost operation around it and all others of the same stretch; where none is, the variable that the line
 * makes.
 *
 * @param {{nodes: any[], edges: any[]} | null} graph
 * @param {string} text the program that the graph is of
 * @param {{line: number, column: number}} place
 * @returns {any[]}
 */
export function nodesAt(graph, text, { line, column }) {
  const inner = nodeAt(graph, line, column);
  const written = text.split("\n")[line - 1] ?? "";
  if (!inner) {
    const made = /^\s*([\p{L}_][\p{L}\p{N}_]*)\s*(?::[^=]+)?=(?!=)/u.exec(written)?.[1];
    return made === undefined ? [] : (graph?.nodes ?? []).filter((node) => node.variable === made);
  }
  const name = nameAt(written, column);
  const input = name && inputsOf(graph, inner).find((node) => node.variable === name);
  return input ? [input] : kinOf(graph, inner);
}

/** A node and all others of the same stretch of source: what one call made in several steps. */
export function kinOf(graph, node) {
  return node.span ? [node, ...graph.nodes.filter((other) => other !== node && other.span && isEqual(other.span, node.span))] : [node];
}

function inputsOf({ nodes, edges }, node) {
  const targets = new Set(edges.filter(({ source }) => source === node.id).map(({ target }) => target));
  return nodes.filter(({ id }) => targets.has(id));
}

const NAME = /[\p{L}_][\p{L}\p{N}_]*(?:\.[\p{L}_][\p{L}\p{N}_]*)*/gu;

/** The name around a column of a line; null where none is. */
function nameAt(line, column) {
  return namesOf(line).find(({ from, to }) => from <= column && column <= to)?.name ?? null;
}

/** The names of a line with their columns, in characters. */
function namesOf(line) {
  return [...line.matchAll(NAME)].map(({ 0: name, index }) => {
    const from = [...line.slice(0, index)].length + 1;
    return { name, from, to: from + [...name].length };
  });
}

/**
 * The stretches of source that a chosen node or edge is: its own; or, of a leaf, its name wherever an operation of the
 * graph uses it.
 *
 * @param {any} graph
 * @param {string | null} selection
 * @param {string} text the program
 */
export function spansOf(graph, selection, text) {
  const span = spanOf(graph, selection);
  if (span) return [span];
  const node = graph?.nodes.find(({ id }) => id === selection);
  if (!node?.variable) return [];
  const lines = text.split("\n");
  const users = new Set(graph.edges.filter(({ target }) => target === node.id).map(({ source }) => source));
  const found = graph.nodes.filter(({ id, span: own }) => users.has(id) && own).flatMap(({ span: own }) => usesIn(lines, own, node.variable));
  return [...new Map(found.map((use) => [`${use.line}:${use.column}`, use])).values()];
}

function usesIn(lines, { line, column, end_line, end_column }, name) {
  if (end_line !== line) return [];
  return namesOf(lines[line - 1] ?? "")
    .filter((found) => found.name === name && found.from >= column && found.to <= end_column)
    .map(({ from, to }) => ({ line, column: from, end_line: line, end_column: to }));
}

function holds({ line, column, end_line, end_column }, atLine, atColumn) {
  const isAfterStart = atLine > line || (atLine === line && atColumn >= column);
  return isAfterStart && (atLine < end_line || (atLine === end_line && atColumn <= end_column));
}

function isInside(inner, outer) {
  return holds(outer, inner.line, inner.column) && holds(outer, inner.end_line, inner.end_column) && !isEqual(inner, outer);
}

function isEqual(one, other) {
  return ["line", "column", "end_line", "end_column"].every((name) => one[name] === other[name]);
}

/** The span of a selected node, or of the node an edge starts from. */
export function spanOf(graph, selection) {
  if (!graph || !selection) return null;
  const edge = graph.edges.find(({ id }) => id === selection);
  const id = edge ? edge.source : selection;
  return graph.nodes.find((node) => node.id === id)?.span ?? null;
}

/**
 * Where a span of the written program stands in the expression it was written from; null if it was rewritten.
 *
 * @param {string} program
 * @param {string} expression
 */
export function spanInExpression(program, expression, span) {
  const start = startOfExpression(program, expression);
  if (!span || !start || span.line !== start.line || span.end_line !== start.line) return null;
  const [column, end_column] = [span.column - start.column + 1, span.end_column - start.column + 1];
  const isWithin = column >= 1 && end_column <= [...expression.trimEnd()].length + 1;
  return isWithin ? { line: 1, column, end_line: 1, end_column } : null;
}

/** The place in the program that a place in the expression was written to; null if it was rewritten. */
export function placeInProgram(program, expression, column) {
  const start = startOfExpression(program, expression);
  return start && { line: start.line, column: start.column + column - 1 };
}

function startOfExpression(program, expression) {
  const wanted = expression.trimEnd();
  if (wanted === "" || wanted.includes("\n")) return null;
  const lines = program.split("\n");
  for (let i = lines.length - 1; i >= 0; i -= 1) {
    const at = lines[i].indexOf(`= ${wanted}`);
    if (at >= 0) return { line: i + 1, column: [...lines[i].slice(0, at)].length + 3 };
  }
  return null;
}
