import assert from "node:assert/strict";
import { test } from "node:test";
import { kinOf, nodeAt, nodesAt, placeInProgram, spanInExpression, spanOf, spansOf } from "../spans.js";

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

const LINES = "import torch\na = torch.tensor(1.0, requires_grad=True)\n中 = 3.0\nloss = a*x**2 + a*中\n";
const USED = {
  nodes: [
    { id: "n0", kind: "output", variable: "loss", span: span(8, 20, 4) },
    { id: "n1", kind: "operation", span: span(8, 14, 4) },
    { id: "n2", kind: "leaf", variable: "a", span: null },
    { id: "n3", kind: "constant", variable: null, label: "x**2", span: span(10, 14, 4) },
    { id: "n4", kind: "operation", span: span(17, 20, 4) },
    { id: "n5", kind: "constant", variable: "中", span: null },
    { id: "n6", kind: "operation", span: span(17, 20, 4) },
  ],
  edges: [["n0", "n1"], ["n1", "n2"], ["n1", "n3"], ["n0", "n6"], ["n6", "n4"], ["n4", "n2"], ["n4", "n5"]].map(([source, target]) => ({ source, target })),
};
const idsAt = (line, column) => nodesAt(USED, LINES, { line, column }).map(({ id }) => id);

test("a place on a name means the input of that name, else the operation with all that it made", () => {
  assert.deepEqual(idsAt(4, 8), ["n2"]);
  assert.deepEqual(idsAt(4, 12), ["n3"]);
  assert.deepEqual(idsAt(4, 18), ["n2"]);
  assert.deepEqual(idsAt(4, 19), ["n5"]);
  assert.deepEqual(idsAt(4, 15), ["n0"]);
  assert.deepEqual(kinOf(USED, USED.nodes[4]).map(({ id }) => id), ["n4", "n6"]);
});

test("the line that makes a variable means its leaf, and a line that makes none means nothing", () => {
  assert.deepEqual(idsAt(2, 5), ["n2"]);
  assert.deepEqual(idsAt(1, 3), []);
  assert.deepEqual(nodesAt(null, LINES, { line: 1, column: 1 }), []);
});

test("a leaf lights up wherever it is used, an operation where it stands", () => {
  assert.deepEqual(spansOf(USED, "n2", LINES), [span(8, 9, 4), span(17, 18, 4)]);
  assert.deepEqual(spansOf(USED, "n3", LINES), [span(10, 14, 4)]);
  assert.deepEqual(spansOf(USED, null, LINES), []);
});
