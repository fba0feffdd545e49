import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { FIXED, fixOf } from "../fixes.js";

/** A source in which the stretch between « and » is what the finding is about. */
function finding(marked, code, parameters = {}) {
  const lines = marked.split("\n");
  const line = lines.findIndex((one) => one.includes("«")) + 1;
  const text = marked.replace("«", "").replace("»", "");
  if (line === 0) return { text, code, parameters };
  const column = [...lines[line - 1].split("«")[0]].length + 1;
  const end = lines[line - 1].includes("»") ? { end_line: line, end_column: [...lines[line - 1].replace("«", "").split("»")[0]].length + 1 } : {};
  return { text, code, parameters, span: { line, column, ...end } };
}

/** Code, source with its place marked, parameters, what the source becomes (null: no fix). */
const TABLE = [
  ["caret-power", "x«^»2 + y^3", {}, "x**2 + y**3"],
  ["character-meant", "2 «× x", { character: "×", replacement: "*" }, "2 * x"],
  ["character-meant", "«½ x", { character: "½", replacement: "`0.5` or so" }, null],
  ["implied-product", "a + «2x", { text: "2x", suggestion: "2*x" }, "a + 2*x"],
  ["misspelt-function", "«sinn(x) + x", { name: "sinn", nearest: "sin" }, "sin(x) + x"],
  ["misspelt-name", "loss = los + 1\ny = «los * 2", { name: "los", nearest: "loss" }, "loss = los + 1\ny = loss * 2"],
  ["misspelt-name", "é = «größ + größe", { name: "größ", nearest: "größe" }, "é = größe + größe"],
  ["misspelt-attribute", "y = «torch.relo(x)", { name: "relo", nearest: "relu" }, "y = torch.relu(x)"],
  ["not-called", "if a:\n    «loss.backward»", { expression: "loss.backward" }, "if a:\n    loss.backward()"],
  ["not-scalar", "«(x * 2).backward()", {}, "(x * 2).sum().backward()"],
  ["not-scalar", "«y.backward(v)", {}, null],
  ["numpy-of-followed", "print(«y.numpy())", {}, "print(y.detach().numpy())"],
  ["softmax-before-cross-entropy", "p = «torch.softmax(net(x), dim=1)»", {}, "p = net(x)"],
  ["softmax-before-cross-entropy", "p = «F.softmax(z, 1)»  # why", {}, "p = z  # why"],
  ["softmax-before-cross-entropy", "p = «logits.softmax(1)»", {}, "p = logits"],
  ["softmax-before-cross-entropy", "return «self.softmax(self.out(x))»", {}, "return self.out(x)"],
  ["softmax-before-cross-entropy", "loss(«nn.Softmax(dim=1)(z)», t)", {}, "loss(z, t)"],
  ["softmax-before-cross-entropy", "net = nn.Sequential(nn.Linear(2, 3), nn.Softmax(dim=1))\ny = «net(x)»", {}, "net = nn.Sequential(nn.Linear(2, 3))\ny = net(x)"],
  ["graph-cut", "z = «y.detach()» * 2", {}, "z = y * 2"],
  ["graph-cut", "z = «torch.tensor(y)» * 2", {}, "z = y * 2"],
  ["graph-cut", "z = 2 * «h.mean().item()»", {}, "z = 2 * h.mean()"],
  ["graph-cut", "    z = «y * 2»", {}, null],
  ["nan-or-inf-backward", "d = «torch.sqrt((p - q).sum())»", {}, "d = torch.sqrt((p - q).sum() + 1e-12)"],
  ["nan-or-inf-backward", "d = «torch.log(x)»", {}, null],
  ["integer-requires-grad", "x = «torch.tensor([1, 2], requires_grad=True)", {}, "x = torch.tensor([1, 2], dtype=torch.float32, requires_grad=True)"],
  ["integer-requires-grad", "x = «torch.zeros(2, dtype=torch.int64, requires_grad=True)", {}, "x = torch.zeros(2, dtype=torch.float32, requires_grad=True)"],
  ["integer-requires-grad", "x = torch.arange(3)\n«x.requires_grad_()", {}, "x = torch.arange(3)\nx = x.float().requires_grad_()"],
  ["integer-requires-grad", "self.w = «nn.Parameter(torch.tensor([1, 2]))", {}, "self.w = nn.Parameter(torch.tensor([1, 2]).float())"],
  ["optimizer-parameters", "o = «optim.SGD(net.parameters, lr=0.1)", {}, "o = optim.SGD(net.parameters(), lr=0.1)"],
  ["optimizer-parameters", "o = «optim.SGD(w, lr=0.1)", {}, "o = optim.SGD([w], lr=0.1)"],
  ["no-gpu", "net = «Net().cuda()", {}, "net = Net()"],
  ["no-gpu", 'x = «torch.ones(2, device="cuda")', {}, 'x = torch.ones(2, device="cpu")'],
  ["zero-grad-forgotten", "for i in r:\n    loss.backward()\n    «o.step()»\nprint()", {}, "for i in r:\n    loss.backward()\n    o.step()\n    o.zero_grad()\nprint()"],
  ["zero-grad-forgotten", "with g:\n    «w -= 0.1 * w.grad»\n    b.data -= 0.1 * b.grad\nend", {}, "with g:\n    w -= 0.1 * w.grad\n    b.data -= 0.1 * b.grad\n    w.grad = None\n    b.grad = None\nend"],
  ["zero-grad-forgotten", "«o.step(); print()»", {}, null],
  ["zero-grad-before-step", "for i in r:\n    l.backward()\n    o.zero_grad()\n    «o.step()»", {}, "for i in r:\n    o.zero_grad()\n    l.backward()\n    o.step()"],
  ["constant-like-parameter", "w = torch.tensor(2.0)\ny = w * x", { variable: "w" }, "w = torch.tensor(2.0, requires_grad=True)\ny = w * x"],
  ["constant-like-parameter", "w = load()", { variable: "w" }, null],
  ["nothing-requires-grad", "x = torch.tensor(2.0)\ny = x ** 2\n«y.backward()", {}, "x = torch.tensor(2.0, requires_grad=True)\ny = x ** 2\ny.backward()"],
  ["nothing-requires-grad", "x = torch.randn(3)\nw = torch.randn(3)\nb = torch.zeros(1)  # bias\n«l.backward()", {}, "x = torch.randn(3)\nw = torch.randn(3, requires_grad=True)\nb = torch.zeros(1, requires_grad=True)  # bias\nl.backward()"],
  ["nothing-requires-grad", "x = torch.randn(3)\ny = torch.randn(3)\n«l.backward()", {}, null],
  ["nothing-recorded", "x = torch.tensor(2)\ny = torch.tensor(2.5)", {}, "x = torch.tensor(2)\ny = torch.tensor(2.5, requires_grad=True)"],
  ["import-forgotten", "# a\nimport torch\nx = «F.relu(y)", { statement: "import torch.nn.functional as F" }, "# a\nimport torch.nn.functional as F\nimport torch\nx = F.relu(y)"],
  ["grad-of-non-leaf", "y = x * 2\nl = y.sum()\nl.backward()\nprint(«y.grad)", { variable: "y" }, "y = x * 2\nl = y.sum()\ny.retain_grad()\nl.backward()\nprint(y.grad)"],
  ["backward-twice", "y.backward()\nprint(1)\n«y.backward()", {}, "y.backward(retain_graph=True)\nprint(1)\ny.backward()"],
  ["backward-twice", "for i in r:\n    «y.backward()", {}, null],
  ["leaf-in-place", "«x -= 0.1 * x.grad", {}, "with torch.no_grad():\n    x -= 0.1 * x.grad"],
  ["leaf-in-place", "«x += 1", {}, "x = x + 1"],
  ["saved-in-place", "y = x.exp()\ny *= a + b\n«y.sum().backward()", {}, "y = x.exp()\ny = y * (a + b)\ny.sum().backward()"],
  ["saved-in-place", "y *= 2\nz *= 2\n«l.backward()", {}, null],
  ["loss-diverges-bound", "o = SGD([x], lr=1.1)\n«o.step()»", { bound: "1" }, "o = SGD([x], lr=0.5)\no.step()"],
  ["loss-diverges", "o = SGD([x], lr=1e-1)\n«o.step()»", {}, "o = SGD([x], lr=0.01)\no.step()"],
  ["parameter-not-in-optimizer", "w = 1\no = optim.SGD([x, y], lr=0.1)", { variable: "w" }, "w = 1\no = optim.SGD([x, y, w], lr=0.1)"],
  ["module-init-missing", "class N(M):\n    def __init__(self):\n        «self.a = nn.Linear(1, 1)", {}, "class N(M):\n    def __init__(self):\n        super().__init__()\n        self.a = nn.Linear(1, 1)"],
  ["forward-only", "x = a\ny = x * 2\nprint(y)", {}, "x = a\ny = x * 2\ny.backward()\nprint(y)"],
  ["forward-only", "y = x\nfor i in r:\n    y = y * 2", {}, null],
  ["misspelt-keyword", "o = «optim.SGD([w], learning_rate=0.1)»", { name: "learning_rate", nearest: "lr" }, "o = optim.SGD([w], lr=0.1)"],
  ["misspelt-keyword", "rate = 1\no = «optim.SGD(\n    [w],\n    rate = rate)", { name: "rate", nearest: "lr" }, "rate = 1\no = optim.SGD(\n    [w],\n    lr = rate)"],
  ["misspelt-keyword", "o = «optim.Adam([w], beta1=0.9)»", { name: "beta1", nearest: "betas" }, null],
  ["left-the-graph", "loss = ((x - 3)**2).item()\n«loss.backward»()", { how: ".item()", line: 1 }, "loss = ((x - 3)**2)\nloss.backward()"],
  ["left-the-graph", "loss = y.detach().numpy(); «loss.backward»()", { how: ".numpy()", line: 1 }, "loss = y; loss.backward()"],
  ["left-the-graph", "loss = a.item() + b.item()\n«loss.backward»()", { how: ".item()", line: 1 }, null],
  ["leaf-rebound", "for i in r:\n    w = w - 0.1 * w.grad  # down\n    «w.grad»", { variable: "w", line: 2, update: "w -= 0.1 * w.grad" }, "for i in r:\n    with torch.no_grad():\n        w -= 0.1 * w.grad  # down\n    w.grad"],
  ["leaf-rebound", "with torch.no_grad():\n    w = w - w.grad\n«l.backward()»", { variable: "w", line: 2, update: "w -= w.grad" }, "with torch.no_grad():\n    w -= w.grad\nl.backward()"],
  ["leaf-rebound", "w = f(w,\n    w.grad)\n«w.grad»", { variable: "w", line: 1, update: "w.copy_(f(w, w.grad))" }, null],
  ["step-missing", "o = «optim.SGD([w], lr=0.1)»\nfor i in r:\n    f(w).backward()  # all\nprint()", {}, "o = optim.SGD([w], lr=0.1)\nfor i in r:\n    f(w).backward()  # all\n    o.step()\nprint()"],
  ["step-missing", "o = «optim.SGD([w], lr=0.1)»\na.backward()\nb.backward()", {}, null],
  ["step-missing", "o = «optim.SGD([w], lr=0.1)»\nfor i in r: a.backward()", {}, null],
];

for (const [code, marked, parameters, wanted] of TABLE) {
  test(`${code}: ${marked.split("\n").at(-1)}`, () => {
    const found = finding(marked, code, parameters);
    const fix = fixOf(found);
    assert.equal(fix?.text ?? null, wanted);
    if (!fix) return;
    const line = fix.text.split("\n")[fix.place.line - 1];
    assert.ok(fix.place.column <= [...line].length + 1);
    assert.notEqual(fix.preview, undefined);
  });
}

test("every fix is tried, and belongs to a problem or remark there is", () => {
  const tables = ["problems", "diagnostics"].map((name) => JSON.parse(readFileSync(new URL(`../texts/en/${name}.json`, import.meta.url), "utf8")));
  const known = new Set(tables.flatMap(Object.keys));
  assert.deepEqual(FIXED.filter((code) => !known.has(code)), []);
  const tried = new Set(TABLE.map(([code]) => code));
  assert.deepEqual(FIXED.filter((code) => !tried.has(code)), []);
});

test("no place in the text, or a place outside of it, does no harm", () => {
  for (const code of FIXED) {
    for (const span of [null, { line: 99, column: 1 }, { line: 0, column: 0 }, { line: 1, column: 99 }]) {
      for (const text of ["", "x", "y.backward()"]) assert.doesNotThrow(() => fixOf({ text, code, parameters: {}, span }));
    }
  }
  assert.equal(fixOf({ text: "x", code: "toString", span: null }), null);
});
