"""Every layer and loss of `torch.nn` and every optimizer of `torch.optim`: recorded, they compute what they do bare."""

from __future__ import annotations

import pytest
import torch

from tests.tracer.recording import record, run_bare, unexplained

HEAD = """\
import torch
from torch import nn

def t(*shape):
    return torch.randn(*shape, requires_grad=True)

def k(*shape, most=3):
    return torch.randint(0, most, shape)

def parts(out):
    if isinstance(out, torch.Tensor):
        return [out]
    return [part for one in out if one is not None for part in parts(one)]

def show(tensors):
    print([hash(tuple(one.detach().flatten().tolist())) if one is not None else None for one in tensors])
"""
TAIL = """
outs = parts(net(*inputs))
show(outs)
sum(one.square().sum() for one in outs if one.requires_grad).backward()
show(one.grad for one in inputs if isinstance(one, torch.Tensor))
show(one.grad for one in net.parameters())
show(net.buffers())
"""

FLAT, LINE, IMAGE, VOLUME = "t(2, 6)", "t(2, 4, 8)", "t(2, 4, 8, 8)", "t(2, 4, 6, 6, 6)"
SHAPES = {"1d": LINE, "2d": IMAGE, "3d": VOLUME}
BY_DIMENSION = {
    "AdaptiveAvgPool": "3",
    "AdaptiveMaxPool": "3",
    "AvgPool": "2",
    "BatchNorm": "4",
    "CircularPad": "1",
    "ConstantPad": "1, 0.5",
    "Conv": "4, 2, 3",
    "ConvTranspose": "4, 2, 3",
    "Dropout": "0.5",
    "InstanceNorm": "4, affine=True",
    "LPPool": "2, 2",
    "LazyBatchNorm": "",
    "LazyConv": "2, 3",
    "LazyConvTranspose": "2, 3",
    "LazyInstanceNorm": "affine=True",
    "MaxPool": "2",
    "ReflectionPad": "1",
    "ReplicationPad": "1",
    "ZeroPad": "1",
}
ELEMENTWISE = """
    CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh Identity LeakyReLU LogSigmoid LogSoftmax Mish PReLU
    RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmin Softplus Softshrink Softsign Tanh Tanhshrink Dropout
    AlphaDropout FeatureAlphaDropout Flatten
"""
LAYERS = {
    "AdaptiveLogSoftmaxWithLoss": ("6, 5, [2]", "t(3, 6), k(3)"),
    "Bilinear": ("6, 6, 3", f"{FLAT}, {FLAT}"),
    "ChannelShuffle": ("2", IMAGE),
    "CosineSimilarity": ("", f"{FLAT}, {FLAT}"),
    "CrossMapLRN2d": ("2", IMAGE),
    "Embedding": ("5, 3", "k(2, 4)"),
    "EmbeddingBag": ("5, 3", "k(2, 4)"),
    "Fold": ("(4, 5), (2, 2)", "t(1, 8, 12)"),
    "FractionalMaxPool2d": ("2, output_size=3", IMAGE),
    "FractionalMaxPool3d": ("2, output_size=3", VOLUME),
    "GRU": ("6, 3, 2", "t(4, 2, 6)"),
    "GRUCell": ("6, 3", FLAT),
    "GroupNorm": ("2, 4", LINE),
    "LSTM": ("6, 3, 2, bidirectional=True", "t(4, 2, 6)"),
    "LSTMCell": ("6, 3", FLAT),
    "LayerNorm": ("6", FLAT),
    "LazyLinear": ("3", FLAT),
    "Linear": ("6, 3", FLAT),
    "LocalResponseNorm": ("2", IMAGE),
    "MultiheadAttention": ("4, 2", "t(3, 2, 4), t(3, 2, 4), t(3, 2, 4)"),
    "PairwiseDistance": ("", f"{FLAT}, {FLAT}"),
    "PixelShuffle": ("2", IMAGE),
    "PixelUnshuffle": ("2", IMAGE),
    "RMSNorm": ("6", FLAT),
    "RNN": ("6, 3", "t(4, 2, 6)"),
    "RNNCell": ("6, 3", FLAT),
    "Softmax2d": ("", IMAGE),
    "Threshold": ("0.1, 0", FLAT),
    "Transformer": ("4, 2, 1, 1, 8", "t(3, 2, 4), t(3, 2, 4)"),
    "TransformerDecoder": ("nn.TransformerDecoderLayer(4, 2, 8), 2", "t(3, 2, 4), t(3, 2, 4)"),
    "TransformerDecoderLayer": ("4, 2, 8", "t(3, 2, 4), t(3, 2, 4)"),
    "TransformerEncoder": ("nn.TransformerEncoderLayer(4, 2, 8), 2", "t(3, 2, 4)"),
    "TransformerEncoderLayer": ("4, 2, 8", "t(3, 2, 4)"),
    "Unflatten": ("1, (2, 3)", FLAT),
    "Unfold": ("2", IMAGE),
    "Upsample": ("scale_factor=2, mode='bilinear'", IMAGE),
    "UpsamplingBilinear2d": ("scale_factor=2", IMAGE),
    "UpsamplingNearest2d": ("scale_factor=2", IMAGE),
} | {
    f"MaxUnpool{size}": ("2", f"*nn.functional.max_pool{size}({shape}, 2, return_indices=True)")
    for size, shape in SHAPES.items()
}
SIGNS = "torch.tensor([1.0, -1.0])"
LOSSES = {
    "BCELoss": ("", "torch.rand(2, 6, requires_grad=True), k(2, 6, most=2).float()"),
    "BCEWithLogitsLoss": ("", f"{FLAT}, k(2, 6, most=2).float()"),
    "CTCLoss": ("", "t(8, 2, 6).log_softmax(2), k(2, 3) + 1, (8, 8), (3, 3)"),
    "CosineEmbeddingLoss": ("", f"{FLAT}, {FLAT}, {SIGNS}"),
    "CrossEntropyLoss": ("label_smoothing=0.1", f"{FLAT}, k(2)"),
    "GaussianNLLLoss": ("", f"{FLAT}, torch.randn(2, 6), torch.rand(2, 6, requires_grad=True)"),
    "HingeEmbeddingLoss": ("", "t(2), " + SIGNS),
    "HuberLoss": ("", f"{FLAT}, torch.randn(2, 6)"),
    "KLDivLoss": ("reduction='batchmean'", f"{FLAT}, torch.rand(2, 6)"),
    "L1Loss": ("", f"{FLAT}, torch.randn(2, 6)"),
    "LinearCrossEntropyLoss": ("6, 3", f"{FLAT}, k(2)"),
    "MSELoss": ("", f"{FLAT}, torch.randn(2, 6)"),
    "MarginRankingLoss": ("", "t(2), t(2), " + SIGNS),
    "MultiLabelMarginLoss": ("", f"{FLAT}, k(2, 6)"),
    "MultiLabelSoftMarginLoss": ("", f"{FLAT}, k(2, 6, most=2).float()"),
    "MultiMarginLoss": ("", f"{FLAT}, k(2)"),
    "NLLLoss": ("", f"{FLAT}, k(2)"),
    "PoissonNLLLoss": ("", f"{FLAT}, torch.rand(2, 6)"),
    "SmoothL1Loss": ("", f"{FLAT}, torch.randn(2, 6)"),
    "SoftMarginLoss": ("", "t(2), " + SIGNS),
    "TripletMarginLoss": ("", f"{FLAT}, {FLAT}, {FLAT}"),
    "TripletMarginWithDistanceLoss": ("", f"{FLAT}, {FLAT}, {FLAT}"),
}
NO_LAYERS = """
    Container Module ModuleDict ModuleList ParameterDict ParameterList RNNBase RNNCellBase Sequential
    LinearCrossEntropyOptions NLLLoss2d SyncBatchNorm
"""
"""Abstract, containers, options, a deprecated name, and one that only runs on accelerators."""
MODULES = (
    LAYERS
    | LOSSES
    | dict.fromkeys(ELEMENTWISE.split(), ("", FLAT))
    | {
        f"{name}{size}": (arguments, shape)
        for name, arguments in BY_DIMENSION.items()
        for size, shape in SHAPES.items()
    }
)

OPTIMIZERS = {
    "ASGD": "lr=0.1",
    "Adadelta": "",
    "Adafactor": "lr=0.1",
    "Adagrad": "lr=0.1",
    "Adam": "lr=0.1, amsgrad=True",
    "AdamW": "lr=0.1",
    "Adamax": "lr=0.1",
    "LBFGS": "lr=0.1",
    "Muon": "lr=0.1",
    "NAdam": "lr=0.1",
    "RAdam": "lr=0.1",
    "RMSprop": "lr=0.1, momentum=0.9, centered=True",
    "Rprop": "lr=0.1",
    "SGD": "lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01",
    "SparseAdam": "lr=0.1",
}
TRAINING = """\
import torch
from torch import nn
net = nn.Embedding(4, 3, sparse={is_sparse})
optimizer = torch.optim.{name}(net.parameters(), {options})
scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9)
def closure():
    optimizer.zero_grad()
    loss = (net(torch.tensor([0, 2])) - 1).square().sum()
    loss.backward()
    return loss
for step in range(3):
    loss = optimizer.step(closure)
    scheduler.step()
    print(loss.item(), net.weight.tolist())
"""


def test_the_table_has_every_module_and_optimizer() -> None:
    assert set(MODULES) | set(NO_LAYERS.split()) == set(torch.nn.modules.__all__)
    kinds = {name for name, one in vars(torch.optim).items() if isinstance(one, type)}
    assert set(OPTIMIZERS) == {
        name for name in kinds if issubclass(getattr(torch.optim, name), torch.optim.Optimizer)
    } - {"Optimizer"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MODULES)
def test_a_module_computes_what_it_does_bare(name: str) -> None:
    arguments, inputs = MODULES[name]
    program = f"{HEAD}inputs = [{inputs}]\nnet = nn.{name}({arguments})\n{TAIL}"
    run = record(program)
    assert run.failure is None
    assert run.output == run_bare(program)
    assert list(unexplained(run)) == []
    assert len(run.passes) == 1


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_goes_where_it_goes_bare(name: str) -> None:
    program = TRAINING.format(name=name, options=OPTIMIZERS[name], is_sparse=name == "SparseAdam")
    run = record(program)
    assert run.failure is None
    assert run.output == run_bare(program)
    assert [update.optimizer for update in run.updates] == [name] * 3


BUILT_ANEW = """import torch
from torch import nn
for _ in range(3):
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    net(torch.ones(1, 2)).sum().backward()
"""
GONE = """import torch
from torch import nn

def forward():
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    return model(torch.ones(1, 2)).sum()

loss = forward()
"""


ALIASED = """import torch
from torch import nn

class Round(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, scale):
        return torch.round(x / scale) * scale

    @staticmethod
    def backward(ctx, gradient):
        return gradient, gradient.sum()

class Rounded(nn.Linear):
    def __init__(self, i, o):
        super().__init__(i, o)
        self.scale = nn.Parameter(torch.tensor(0.05))

    def forward(self, x):
        return nn.functional.linear(x, Round.apply(self.weight, self.scale), self.bias)

def main():
    net = nn.Sequential(Rounded(2, 2), nn.Tanh(), Rounded(2, 1))
    net(torch.ones(1, 2)).sum().backward()

main()
"""


def test_a_parameter_goes_by_its_path_whatever_a_function_calls_it() -> None:
    run = record(ALIASED)
    names = {node.variable for node in run.graphs[0].nodes if node.kind == "leaf"}
    assert names == {f"net.{layer}.{name}" for layer in (0, 2) for name in ("weight", "bias", "scale")}


IN_AN_OBJECT = """import torch
from torch import nn

class Trainer:
    def __init__(self):
        self.net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))

    def run(self):
        self.net(torch.ones(1, 2)).sum().backward()

Trainer().run()
"""

IN_A_LIST = """import torch
from torch import nn
nets = [nn.Linear(2, 2), nn.Linear(2, 1)]
nets[1](nets[0](torch.ones(1, 2))).sum().backward()
"""

IN_ITSELF = """import torch
from torch import nn

class Net(nn.Module):
    def __init__(me):
        super().__init__()
        me.net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))

    def forward(me, x):
        return me.net(x)

    def fit(me):
        me(torch.ones(1, 2)).sum().backward()

Net().fit()
"""

OF_ANOTHER_SELF = IN_ITSELF.replace(
    "Net().fit()",
    """
def train(model):
    x = torch.ones(1, 2)
    (model(x) * x.mean()).sum().backward()
train(Net())""",
)


@pytest.mark.parametrize(
    ("program", "path"),
    [(IN_AN_OBJECT, "self.net."), (IN_A_LIST, "nets[{}]"), (IN_ITSELF, "me.net."), (OF_ANOTHER_SELF, "model.net.")],
    ids=["in an object", "in a list", "in a method of its own", "under another self"],
)
def test_a_module_has_the_path_that_the_program_reaches_it_by(program: str, path: str) -> None:
    [graph] = record(program).graphs
    paths = {path.format(layer) if "{" in path else f"{path}{layer}" for layer in (0, 1)}
    leaves = {f"{module}.{name}" for module in paths for name in ("weight", "bias")}
    assert {node.variable for node in graph.nodes if node.kind == "leaf"} == leaves
    assert paths <= {node.module for node in graph.nodes}


@pytest.mark.parametrize(("program", "path"), [(BUILT_ANEW, "net"), (GONE, "model")])
def test_a_module_has_the_name_it_was_called_by(program: str, path: str) -> None:
    run = record(program)
    nodes = [node for graph in run.graphs for node in graph.nodes]
    assert {node.module for node in nodes if node.module} == {f"{path}.0", f"{path}.1"}
