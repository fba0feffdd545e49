import assert from "node:assert/strict";
import { test } from "node:test";
import { nodeAt, placeInProgram, spanInExpression, spanOf } from "../spans.js";

const span = (column, end_column, line = 7) => ({ line, column, end_line: line, end_column });
const GRAPH = {
  nodes: [
    { id: "n0", span: span(8, 24) },
    { id: "n1", span: span(8, 14) },
    { id: "n2", span: span(10, 14) },
    { id: "n3", span: null },
  ],
  edges: [{ id: "e0", source: "n1", target: "n3" }],
};
const PROGRAM = "import torch\n\na = torch.tensor(1.0)\nloss = a*x**2 + b*x + c\nloss.backward()\n";

test("the innermost node around a place is found, the end of a span included", () => {
  assert.equal(nodeAt(GRAPH, 7, 11).id, "n2");
  assert.equal(nodeAt(GRAPH, 7, 8).id, "n1");
  assert.equal(nodeAt(GRAPH, 7, 24).id, "n0");
  assert.equal(nodeAt(GRAPH, 7, 25), null);
  assert.equal(nodeAt(GRAPH, 6, 11), null);
  assert.equal(nodeAt(null, 1, 1), null);
});

test("an edge stands for the operation it starts from", () => {
  assert.deepEqual(spanOf(GRAPH, "e0"), span(8, 14));
  assert.equal(spanOf(GRAPH, "n3"), null);
  assert.equal(spanOf(GRAPH, null), null);
});

test("a span of the written program is found in the expression, and the way back", () => {
  assert.deepEqual(spanInExpression(PROGRAM, "a*x**2 + b*x + c", span(10, 14, 4)), span(3, 7, 1));
  assert.equal(spanInExpression(PROGRAM, "a*x**2 + b*x + c", span(1, 5, 4)), null);
  assert.equal(spanInExpression(PROGRAM, "sin(x)", span(8, 14, 4)), null);
  assert.deepEqual(placeInProgram(PROGRAM, "a*x**2 + b*x + c", 3), { line: 4, column: 10 });
  assert.equal(placeInProgram(PROGRAM, "", 1), null);
});
