"""Programs that fail, and what their authors are told: slug, line, column."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import pytest
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

from app.program.optimizers import catalogue
from app.trace.model import Failure
from app.tracer.failures import LONGEST_MESSAGE, explain
from app.tracer.refusals import refused
from app.tracer.source import FILENAME

TEXTS = Path(__file__).parents[1] / "static" / "texts"
LEAF = "x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)\n"
SCALAR = "x = torch.tensor(2.0, requires_grad=True)\n"
FUNCTION = "class Twice(torch.autograd.Function):\n    @staticmethod\n    def forward(ctx, a): return a * 2\n"
MODULE = "class Net(nn.Module):\n"


def run(program: str) -> Failure:
    """Run a program that fails under plain torch, and explain why."""
    namespace = {"__name__": "__main__", "torch": torch, "nn": nn, "F": F, "optim": optim}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(program, FILENAME, "exec"), namespace)
    except BaseException as error:
        return explain(error, program)
    raise AssertionError("the program did not fail")


TABLE = [
    ("(", "syntax", 1, 1),
    ("x = 5 +* 2", "syntax", 1, 8),
    ("import torch\n%matplotlib inline", "notebook-line", 2, 1),
    ("!pip install torch", "notebook-line", 1, 1),
    ("y = '日本' +* 2", "syntax", 1, 11),
    ("for i in [1]:\nprint(i)", "indentation", 2, 1),
    ("y = 2\nx = 1\0", "null-byte", 2, 6),
    ("(" * 300 + ")" * 300, "too-deep", 1, 201),
    ("é = 1; print(e1)", "unknown-name", 1, 14),
    ("total = 1\nprint(totla)", "misspelt-name", 2, 7),
    ("math.pi", "import-forgotten", 1, 1),
    ("def f():\n    q = q + 1\nf()", "name-before-assignment", 2, 9),
    ("torch.ones(2).qqqq", "unknown-attribute", 1, 1),
    ("nn.Liner", "misspelt-attribute", 1, 1),
    ("[1].sort().pop()", "attribute-of-none", 1, 1),
    (SCALAR + "x.grad.zero_()", "grad-is-none", 2, 1),
    (LEAF + "y = x * 2\ny.backward()", "not-scalar", 3, 1),
    ("z = torch.tensor(1j, requires_grad=True)\nz.backward()", "complex-loss", 2, 1),
    (SCALAR + "y = x ** 2\ny.backward()\ny.backward()", "backward-twice", 4, 1),
    (LEAF + "x += 1", "leaf-in-place", 2, 1),
    (LEAF + "x[0] = 1", "view-in-place", 2, 1),
    (LEAF + "y = x.exp()\ny += 1\ny.sum().backward()", "saved-in-place", 4, 1),
    ("x = torch.tensor(1, requires_grad=True)", "integer-requires-grad", 1, 5),
    ("torch.ones(1).sum().backward()", "nothing-requires-grad", 1, 1),
    (SCALAR + "torch.autograd.grad(torch.ones(1, requires_grad=True).sum(), x)", "grad-not-reachable", 2, 1),
    (SCALAR + "y = x * 2\ny.requires_grad = False", "requires-grad-of-non-leaf", 3, 1),
    (SCALAR + "optim.SGD([x * 2], lr=0.1)", "optimizer-non-leaf", 2, 1),
    ("optim.SGD([], lr=0.1)", "optimizer-empty", 1, 1),
    (SCALAR + "optim.SGD(x, lr=0.1)", "optimizer-parameters", 2, 1),
    (SCALAR + "optim.LBFGS([x]).step()", "closure-missing", 2, 1),
    (LEAF + "(x * 2).backward(torch.ones(2))", "gradient-shape", 2, 1),
    ("with torch.inference_mode():\n    t = torch.ones(3)\n" + LEAF + "x * t", "inference-tensor", 4, 1),
    (LEAF + "x.numpy()", "numpy-of-followed", 2, 1),
    (
        FUNCTION + "    @staticmethod\n    def backward(ctx, g): return g, g\n" + SCALAR + "Twice.apply(x).backward()",
        "custom-gradient-count", 7, 1,
    ),
    (
        FUNCTION + "    @staticmethod\n    def backward(ctx, g): return torch.ones(7)\n" + LEAF + "Twice.apply(x)"
        ".sum().backward()", "custom-gradient-shape", 7, 1,
    ),
    (FUNCTION.replace("    @staticmethod\n", "") + SCALAR + "Twice()(x)", "custom-not-static", 4, 1),
    (FUNCTION + SCALAR + "Twice.apply(x).backward()", "custom-backward-missing", 5, 1),
    ("torch.ones(2, 3) @ torch.ones(4, 5)", "shapes-do-not-fit", 1, 1),
    ("torch.ones(2, 3) @ torch.ones(4)", "shapes-do-not-fit", 1, 1),
    ("F.binary_cross_entropy_with_logits(torch.ones(3), torch.ones(3, 1))", "shapes-do-not-fit", 1, 1),
    ("torch.ones(3) + torch.ones(4)", "sizes-do-not-fit", 1, 1),
    ("torch.cat([torch.ones(2, 3), torch.ones(2, 4)])", "join-does-not-fit", 1, 1),
    ("F.cross_entropy(torch.ones(3, 2), torch.tensor([0, 1]))", "batch-does-not-fit", 1, 1),
    ("nn.RNN(3, 4)(torch.ones(5, 2, 7))", "features-do-not-fit", 1, 1),
    ("nn.BatchNorm1d(3)(torch.ones(4, 5))", "features-do-not-fit", 1, 1),
    ("nn.BatchNorm1d(3)(torch.ones(1, 3))", "batch-of-one", 1, 1),
    ("torch.ones(6).view(2, 4)", "reshape-does-not-fit", 1, 1),
    ("torch.tensor(1.0) @ torch.ones(3)", "scalar-in-matmul", 1, 1),
    ("torch.tensor([[1], [2, 3]])", "ragged-list", 1, 1),
    ("torch.linalg.inv(torch.zeros(2, 2))", "singular-matrix", 1, 1),
    ("F.binary_cross_entropy(torch.tensor([3.0]), torch.ones(1))", "probability-out-of-range", 1, 1),
    ("torch.ones(2, 3) @ torch.ones(3, 2).double()", "dtype-mismatch", 1, 1),
    ("F.cross_entropy(torch.ones(3, 2), torch.tensor([0.0, 1.0, 1.0]))", "dtype-expected", 1, 1),
    ("x = torch.ones(2).long()\nx += 0.5", "dtype-in-place", 2, 1),
    (SCALAR + "y = 3 * x ^ 2", "caret-power", 2, 5),
    ("2.0 ^ 3", "caret-power", 1, 1),
    ("torch.ones(3).long().mean()", "dtype-not-supported", 1, 1),
    ("torch.ones(3)[5]", "index-out-of-bounds", 1, 1),
    ("F.cross_entropy(torch.ones(1, 2), torch.tensor([5]))", "target-out-of-bounds", 1, 1),
    ("nn.Embedding(3, 2)(torch.tensor([5]))", "embedding-out-of-range", 1, 1),
    ("torch.tensor(1.0)[0]", "index-of-scalar", 1, 1),
    ("len(torch.tensor(1.0))", "scalar-not-iterable", 1, 1),
    ("torch.ones(3)[0, 1]", "too-many-indices", 1, 1),
    ("torch.ones(3).sum(1)", "dimension-out-of-range", 1, 1),
    ("if torch.ones(3) > 0:\n    pass", "ambiguous-truth", 1, 4),
    ("torch.ones(3).item()", "item-of-many", 1, 1),
    ("float(torch.ones(3))", "conversion-of-many", 1, 1),
    ("[1][3]", "list-index", 1, 1),
    ("{}['a']", "missing-key", 1, 1),
    (MODULE + "    def __init__(self):\n        self.a = nn.Linear(1, 1)\nNet()", "module-init-missing", 3, 9),
    (MODULE + "    pass\nNet()(1)", "forward-missing", 3, 1),
    ("torch.ones(1)(2)", "not-callable", 1, 1),
    ("1 + None", "operands-do-not-fit", 1, 1),
    ("nn.Linear(3, 2)([1.0])", "tensor-expected", 1, 1),
    ("nn.Linear(3)", "call-does-not-fit", 1, 1),
    ("nn.Linear(3, 2, biass=True)", "misspelt-keyword", 1, 1),
    ("nn.Linear(3, 2, qqqq=True)", "unknown-keyword", 1, 1),
    ("def f(a): pass\nf(**{'b': 1})", "unknown-keyword", 2, 1),
    ("torch.zeros(3, qqqq=2)", "call-does-not-fit", 1, 1),
    ("nn.Sequential(a=3)", "call-does-not-fit", 1, 1),
    ("loss = sum([1.0, 2.0])\nloss.backward()", "backward-of-number", 2, 1),
    ("a, b = 1, 2, 3", "unpack-does-not-fit", 1, 1),
    ("1 / 0", "division-by-zero", 1, 1),
    ("assert 1 == 2, 'no'", "assertion", 1, 8),
    ("def f(): f()\nf()", "recursion-too-deep", 1, 10),
    ("torch.zeros(10**13)", "memory", 1, 1),
    ("raise SystemExit(3)", "exited", 1, 1),
    ("raise ValueError('mine')", "raised", 1, 1),
    ("torch.ones(1).cuda()", "no-gpu", 1, 1),
    ("import qqqq", "no-import", 1, 1),
    ("from . import helpers", "no-import", 1, 1),
    ("import torch._inductor.qqqq", "no-compile", 1, 1),
    ("raise PermissionError('my own')", "raised", 1, 1),
    ("raise OSError(1, 'my own')", "raised", 1, 1),
    ("from torch.nn import Liner", "no-import-name", 1, 1),
    ("open('/nonexistent/file')", "no-files", 1, 1),
    ("torch.load('/nonexistent/file')", "no-files", 1, 1),
    ("import socket\nsocket.create_connection(('127.0.0.1', 1))", "no-network", 2, 1),
    ("import subprocess\nsubprocess.run(['/nonexistent/program'])", "no-processes", 2, 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("program", "slug", "line", "column"), TABLE, ids=[f"{row[1]}-{n}" for n, row in enumerate(TABLE)]
)
def test_each_failure_has_its_slug_and_place(program: str, slug: str, line: int, column: int) -> None:
    failure = run(program)
    assert failure.span is not None
    assert (failure.code, failure.span.line, failure.span.column) == (slug, line, column)


@pytest.mark.parametrize(
    ("program", "parameters"),
    [
        ("torch.ones(2, 3) @ torch.ones(4, 5)", {"first": "[2, 3]", "second": "[4, 5]"}),
        ("torch.ones(2, 3) @ torch.ones(4)", {"first": "[2, 3]", "second": "[4]"}),
        ("torch.ones(3) + torch.ones(4)", {"first": 3, "second": 4, "dimension": 0}),
        ("total = 1\nprint(totla)", {"name": "totla", "nearest": "total"}),
        ("Xs = 1\nprint(xs)", {"name": "xs", "nearest": "Xs"}),
        ("torch.sinn", {"type": "torch", "name": "sinn", "nearest": "sin"}),
        ("F.relu6(1).x", {"function": "relu6", "argument": "input", "type": "int"}),
        (SCALAR + "x.grad.zero_()", {"expression": "x.grad", "name": "zero_"}),
        ("optim.SGD", {"name": "optim", "statement": "import torch.optim as optim"}),
        ("x = 5 +* 2", {"message": "invalid syntax", "text": "x = 5 +* 2", "caret": "       ^"}),
        (LEAF + "y = x.exp()\ny += 1\ny.sum().backward()",
         {"operation": "Exp", "shape": "[3]", "version": 1, "expected": 0}),
    ],
)  # fmt: skip
def test_parameters_fit_the_case(program: str, parameters: dict[str, object]) -> None:
    failure = explain_without_imports(program) if "statement" in parameters else run(program)
    assert failure.parameters == parameters


@pytest.mark.parametrize(
    ("call", "nearest"),
    [
        ("optim.Adam([torch.ones(1)], weigth_decay=1)", "weight_decay"),
        ("optim.lr_scheduler.StepLR(None, step=3)", "step_size"),
        ("nn.LSTM(3, 4, layers=2)", "num_layers"),
        ("nn.Dropout(prob=0.5)", "p"),
        ("nn.MSELoss(reductions='sum')", "reduction"),
        ("nn.Conv2d(1, 2, kernel=3)", "kernel_size"),
        ("torch.tensor([1.0], require_grad=True)", "requires_grad"),
        ("F.softmax(torch.ones(2), axis=0)", "dim"),
        ("class N(nn.Module):\n    def __init__(self, hidden): pass\nN(hiden=3)", "hidden"),
        *[(f"optim.{kind.name}([torch.ones(1)], learning_rate=0.1)", "lr") for kind in catalogue().optimizers],
    ],
)
def test_the_nearest_argument_is_named(call: str, nearest: str) -> None:
    failure = run(call)
    assert (failure.code, failure.parameters["nearest"]) == ("misspelt-keyword", nearest)


def explain_without_imports(program: str) -> Failure:
    try:
        exec(compile(program, FILENAME, "exec"), {})
    except NameError as error:
        return explain(error, program)
    raise AssertionError("the program did not fail")


@pytest.mark.parametrize("program", [row[0] for row in TABLE])
def test_the_sentences_get_all_their_parameters(program: str) -> None:
    failure = run(program)
    for language in ("en", "zh"):
        text = json.loads((TEXTS / language / "problems.json").read_text("utf-8"))[failure.code]
        needed = set(re.findall(r"\{(\w+)\}", " ".join(text.values())))
        assert needed <= failure.parameters.keys()


def test_columns_count_characters_and_spans_end_after_the_expression() -> None:
    failure = run("α = '日本'; β = α + undefined")
    assert failure.span is not None
    assert (failure.span.line, failure.span.column, failure.span.end_line, failure.span.end_column) == (1, 19, 1, 28)


def test_the_place_is_the_innermost_in_the_program() -> None:
    failure = run("def f(n):\n    return 1 / n\n\nf(0)")
    assert failure.span is not None
    assert failure.span.line == 2


HOSTILE = [
    "class E(Exception):\n    def __str__(self): raise SystemExit\nraise E",
    "class E(Exception):\n    def __str__(self): return 5\nraise E",
    "class E(Exception):\n    __class__ = property(lambda self: 1 / 0)\nraise E",
    "class M(type):\n    __name__ = property(lambda self: 1 / 0)\nclass E(Exception, metaclass=M): pass\nraise E",
    "class E(Exception):\n    __traceback__ = property(lambda self: 1 / 0)\nraise E",
    "class S(str):\n    def __getattribute__(self, name): raise KeyboardInterrupt\nraise ValueError(S('x'))",
    "class E(AttributeError):\n    obj = property(lambda self: 1 / 0)\nraise E(\"'A' object has no attribute 'b'\")",
    "class A:\n    def __dir__(self): raise SystemExit\n    def __getattr__(self, n): raise AttributeError(n)\nA().b",
    "class E(SyntaxError):\n    lineno = property(lambda self: 1 / 0)\nraise E('x')",
    "raise SyntaxError('x', ('<program>', 10**9, -5, 'y', -1, 10**20))",
    "class E(NameError):\n    def __str__(self): return \"name '\" + 'x' * 10**6 + \"' is not defined\"\nraise E",
    "raise ExceptionGroup('many', [ValueError(1)])",
    "raise OSError(1, '\\x1b[31m\\ud800' * 5000)",
]


@pytest.mark.parametrize("program", HOSTILE)
def test_exceptions_that_lie_are_explained_all_the_same(program: str) -> None:
    failure = run(program)
    for value in failure.parameters.values():
        if isinstance(value, str):
            assert len(value) <= LONGEST_MESSAGE
            assert value.isprintable()
            value.encode("utf-8")


@pytest.mark.parametrize(
    ("error", "text", "slug"),
    [
        (PermissionError(1, "Operation not permitted"), "time.sleep(1)", "no-sleep"),
        (PermissionError(1, "Operation not permitted"), "os.fork()", "no-processes"),
        (PermissionError(1, "Operation not permitted"), "socket.socket()", "no-network"),
        (PermissionError(13, "Permission denied", "/etc/passwd"), "read()", "no-files"),
        (RuntimeError("can't start new thread"), "threading.Thread(target=f).start()", "no-threads"),
        (PermissionError(1, "Operation not permitted"), "os.nice(5)", "not-permitted"),
    ],
)
def test_refusals_of_the_system_are_told_apart(error: Exception, text: str, slug: str) -> None:
    found = refused(type(error), str(error), [], text)
    assert found is not None
    assert found[0] == slug


def test_an_ordinary_error_is_no_refusal() -> None:
    assert refused(ValueError, "math domain error", [], "open(x)") is None
