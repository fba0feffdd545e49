"""The warm-up of the zygote: whatever torch imports or builds late is made to happen before the files are out of
reach.

A child has no files, so an import or a just-in-time step inside torch that a program triggers for the first time
would fail there. These programs go through the same `trace` as a visitor's and touch the parts that load late.
"""

from __future__ import annotations

import sys
from importlib import import_module

import torch

from app.settings import Limits
from app.trace.job import Expression, Job
from app.trace.model import EndEvent, Event
from app.tracer.lab.deriving import derive
from app.tracer.run import trace

MODULES = [
    "abc",
    "argparse",
    "array",
    "bisect",
    "builtins",
    "calendar",
    "cmath",
    "collections.abc",
    "concurrent.futures.process",
    "concurrent.futures.thread",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "heapq",
    "inspect",
    "io",
    "itertools",
    "json",
    "keyword",
    "logging",
    "math",
    "multiprocessing.pool",
    "numbers",
    "operator",
    "pprint",
    "queue",
    "random",
    "re",
    "statistics",
    "string",
    "struct",
    "textwrap",
    "time",
    "timeit",
    "traceback",
    "types",
    "typing",
    "typing_extensions",
    "unittest",
    "warnings",
    "weakref",
    "encodings.idna",
    "unicodedata",
    "difflib",
    "colorsys",
    "secrets",
    "hashlib",
    "base64",
    "zlib",
    "platform",
    "tqdm",
    "numpy.random",
    "numpy.linalg",
    "numpy.fft",
    "numpy.polynomial",
    "numpy.ma",
    "torch.nn.functional",
    "torch.nn.init",
    "torch.nn.utils",
    "torch.nn.utils.parametrizations",
    "torch.nn.utils.rnn",
    "torch.optim",
    "torch.optim.lr_scheduler",
    "torch.optim.swa_utils",
    "torch.utils.data",
    "torch.utils.checkpoint",
    "torch.utils.serialization",
    "torch.autograd.functional",
    "torch.autograd.gradcheck",
    "torch.autograd.profiler",
    "torch.func",
    "torch.distributions",
    "torch.fft",
    "torch.linalg",
    "torch.special",
    "torch.sparse",
    "torch.nested",
    "torch.masked",
    "torch.quantization",
    "torch.profiler",
    "torch.profiler._cupti_monitor",
    "torch.testing",
    "torch._dynamo",
    "torch._subclasses.schema_check_mode",
    "torch._decomp.decompositions_for_jvp",
    "sympy.tensor.tensor",
    "sympy.sets.handlers.issubset",
]

_FORMULA = "(torch.sin(x)**2 * torch.exp(-x) + F.relu(x)).sum()"
"""sympy imports parts of itself when it first needs them, as when it simplifies."""
_OPTIMIZERS = """
import torch
from torch import nn, optim
torch.manual_seed(0)
for name in ["SGD", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Adagrad", "Adadelta",
             "RMSprop", "Rprop", "ASGD", "Adafactor"]:
    net = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    optimizer = getattr(optim, name)(net.parameters(), lr=0.1)
    for step in range(2):
        loss = nn.functional.mse_loss(net(torch.ones(4, 2)), torch.zeros(4, 1))
        optimizer.zero_grad(); loss.backward(); optimizer.step()
w = torch.tensor([1.0, 2.0], requires_grad=True)
optimizer = optim.LBFGS([w])
def closure():
    optimizer.zero_grad()
    loss = (w**2).sum()
    loss.backward()
    return loss
optimizer.step(closure)
optimizer = optim.SGD([w], lr=0.1, momentum=0.9, nesterov=True)
schedules = optim.lr_scheduler
for scheduler in [schedules.StepLR(optimizer, 1), schedules.CosineAnnealingLR(optimizer, 3),
                  schedules.ExponentialLR(optimizer, 0.9), schedules.LambdaLR(optimizer, lambda epoch: 0.5),
                  schedules.ReduceLROnPlateau(optimizer), schedules.OneCycleLR(optimizer, 0.1, 10)]:
    w.grad = None
    (w**2).sum().backward(); optimizer.step()
    scheduler.step(1.0) if "Plateau" in type(scheduler).__name__ else scheduler.step()
"""

_LAYERS = """
import torch
from torch import nn
x = torch.randn(2, 3, 8, 8)
net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2),
                    nn.Dropout(0.1), nn.Flatten(), nn.Linear(64, 3))
nn.CrossEntropyLoss()(net(x), torch.tensor([0, 2])).backward()
nn.ConvTranspose2d(3, 2, 3)(x).mean().backward()
nn.Conv1d(3, 2, 3)(torch.randn(2, 3, 9)).mean().backward()
for kind in (nn.RNN, nn.LSTM, nn.GRU):
    out, _ = kind(4, 5, num_layers=2, batch_first=True)(torch.randn(2, 6, 4))
    out.sum().backward()
layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)(torch.randn(2, 5, 8)).mean().backward()
q = torch.randn(2, 5, 8, requires_grad=True)
nn.MultiheadAttention(8, 2, batch_first=True)(q, q, q)[0].sum().backward()
nn.functional.scaled_dot_product_attention(q, q, q).sum().backward()
nn.Embedding(10, 4)(torch.tensor([[1, 2]])).sum().backward()
for mode in ("sum", "mean", "max"):
    nn.EmbeddingBag(10, 4, mode=mode)(torch.tensor([[1, 2]])).sum().backward()
for norm in (nn.LayerNorm(8), nn.GroupNorm(1, 5), nn.InstanceNorm1d(5)):
    norm(q).sum().backward()
p = torch.sigmoid(torch.randn(4, requires_grad=True))
y = torch.tensor([0.0, 1.0, 1.0, 0.0])
for loss in (nn.BCELoss(), nn.BCEWithLogitsLoss(), nn.MSELoss(), nn.L1Loss(), nn.SmoothL1Loss(), nn.HuberLoss()):
    loss(p, y).backward(retain_graph=True)
nn.KLDivLoss(reduction="batchmean")(torch.log_softmax(p, 0), y).backward()
nn.utils.clip_grad_norm_(net.parameters(), 1.0)
print(net, nn.utils.parameters_to_vector(net.parameters()).shape, repr(q)[:20])
"""

_CALCULUS = """
import math, random
import numpy as np
import torch
from torch import func
from torch.autograd.functional import hessian, jacobian
x = torch.tensor([[2.0, 0.5], [0.5, 1.0]], requires_grad=True)
(torch.linalg.inv(x).sum() + torch.linalg.det(x) + torch.linalg.norm(x) + torch.linalg.eigvalsh(x).sum()).backward()
(torch.linalg.svdvals(x).sum() + torch.linalg.solve(x, torch.ones(2)).sum() + torch.logsumexp(x, 0).sum()).backward()
torch.linalg.cholesky(x).sum().backward(); torch.linalg.qr(x)[0].sum().backward()
y = torch.tensor(2.0, requires_grad=True)
(first,) = torch.autograd.grad(y**3, y, create_graph=True)
first.backward()
print(jacobian(lambda v: v**2, torch.ones(2)), hessian(lambda v: (v**3).sum(), torch.ones(2)))
print(func.grad(lambda v: v**2)(torch.tensor(3.0)), func.vmap(torch.sin)(torch.ones(3)))
print(func.jacrev(torch.sin)(torch.ones(2)), func.jvp(torch.sin, (torch.ones(2),), (torch.ones(2),)))
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, v):
        ctx.save_for_backward(v)
        return v**3
    @staticmethod
    def backward(ctx, gradient):
        (v,) = ctx.saved_tensors
        return 3 * v**2 * gradient
Cube.apply(y).backward()
torch.autograd.gradcheck(Cube.apply, torch.tensor(1.0, dtype=torch.float64, requires_grad=True))
torch.utils.checkpoint.checkpoint(torch.sin, y, use_reentrant=False).backward()
y.register_hook(lambda g: g * 2); (y * 3).backward()
with torch.autograd.detect_anomaly(check_nan=True):
    (y * 2).backward()
torch.distributions.Normal(y, 1.0).log_prob(torch.tensor(0.5)).backward()
z = torch.fft.fft(torch.ones(4, requires_grad=True)).abs().sum(); z.backward()
w = torch.ones(4, requires_grad=True); v = w.clone(); v[1:3] *= 2; v.unbind()[0].backward()
torch.einsum("ij,jk->ik", x, x).sum().backward()
torch.tensor([1 + 2j], requires_grad=True).abs().sum().backward()
data = torch.utils.data.TensorDataset(torch.arange(6.0), torch.arange(6.0))
for batch in torch.utils.data.DataLoader(data, batch_size=2, shuffle=True):
    print(batch)
print(np.random.rand(2) @ np.ones(2), torch.from_numpy(np.ones(2)), random.random(), math.pi)
print(f"{y.item():.3f}", x.detach().numpy())
torch.set_default_dtype(torch.float32); torch.no_grad()(torch.sin)(y); torch.inference_mode()(torch.sin)(y)
print(torch.quantile(x, 0.5), torch.histc(x.detach()), torch.unique(x), torch.topk(x, 1), x.std(), x.var())
print(torch.ones(300, 300).pow(2).mean(), torch.full((2, 2), float("nan")), torch.ones(3, dtype=torch.bfloat16).sum())
(torch.randn(40, 40, requires_grad=True) @ torch.randn(40, 40)).sum().backward()
"""

_FAILURES = (
    "import torch\nx = torch.ones(2, requires_grad=True)\n(x * 2).backward()",
    "print(undefined_name)",
    "def f(:\n",
    "import not_there",
    "import torch\nx = torch.ones(1, requires_grad=True)\nx += 1\n",
    "import torch\ntorch.ones(2, 3) @ torch.ones(2, 3)\n",
    "raise ValueError('x')",
)

CORPUS: tuple[str | Expression, ...] = (
    _OPTIMIZERS,
    _LAYERS,
    _CALCULUS,
    *_FAILURES,
    Expression("a*x**2 + b*x + c"),
    Expression("relu(W @ x + b).sum()", steps=2),
)


def warm() -> list[str]:
    """Import what programs import, and run the corpus once.

    Returns:
        What did not work, one line each; a warm-up is never a reason not to start.
    """
    problems = []
    for name in MODULES:
        try:
            import_module(name)
        except ImportError as error:
            problems.append(f"{name}: {error}")
    for source in CORPUS:
        events: list[Event] = []
        trace(Job(source, limits=Limits(values=10**9, graphs=10**6)), events.append)
        end = events[-1]
        is_meant_to_fail = isinstance(source, str) and source in _FAILURES
        if isinstance(end, EndEvent) and (end.cut or end.failure) and not is_meant_to_fail:
            problems.append(f"{end}")
    derive(_FORMULA, {"x": torch.tensor([0.3], dtype=torch.float64)}, ["x"], (None,))
    sys.modules.pop("__main__", None)
    return problems
