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
