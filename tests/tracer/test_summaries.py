"""Statistics of large tensors against torch's own, one at a time: exact but for the rounding of floats."""

from __future__ import annotations

import pytest
import torch

from app.settings import Limits
from app.trace.codec import encode
from app.trace.model import Histogram, PassEvent, Statistics, TensorValue
from app.tracer.holdings import MAX_SHARING, Holdings
from app.tracer.summaries import BINS, PIECE, Batches, _tables, settle
from app.tracer.values import Held, held_if_large, read, settled
from tests.tracer.recording import record

TENSORS = {
    "normal": torch.randn(40, 50, generator=torch.Generator().manual_seed(1)),
    "half zeros": torch.relu(torch.randn(2000, generator=torch.Generator().manual_seed(2))),
    "whole numbers, as many as edges of bins": torch.arange(2000.0) % (BINS + 1),
    "constant": torch.full((2000,), 3.0),
    "all zero": torch.zeros(2000),
    "subnormal": torch.linspace(0, 1e-40, 2000),
    "far from zero": torch.linspace(1000.0, 1001.0, 2000),
    "transposed": torch.linspace(-2.0, 1.0, 2000).reshape(40, 50).T,
}


def settled_together(tensors: list[torch.Tensor]) -> list[TensorValue]:
    held = [Held(tensor) for tensor in tensors]
    settle(held)
    values = [settled(one) for one in held]
    assert all(isinstance(value, TensorValue) for value in values)
    return values  # type: ignore[return-value]


def check(statistics: Statistics | None, tensor: torch.Tensor) -> None:
    assert statistics is not None
    exact = tensor.double()
    assert (statistics.min, statistics.max) == (tensor.min().item(), tensor.max().item())
    assert statistics.mean == pytest.approx(exact.mean().item(), rel=1e-5, abs=1e-45)
    assert statistics.std == pytest.approx(exact.std().item(), rel=1e-3, abs=1e-38)
    assert statistics.norm == pytest.approx(exact.norm().item(), rel=1e-5, abs=1e-38)
    assert statistics.zeros == (tensor == 0).double().mean().item()
    assert (statistics.nan, statistics.inf) == (0, 0)
    assert statistics.histogram is not None
    assert sum(statistics.histogram.counts) == tensor.numel()


def test_a_group_of_one_size_keeps_each_tensor_apart() -> None:
    tensors = list(TENSORS.values())
    for value, tensor in zip(settled_together(tensors), tensors, strict=True):
        assert value.shape == tuple(tensor.shape)
        check(value.statistics, tensor)


def test_what_a_large_tensor_is_counted_with_is_not_kept() -> None:
    tensor = torch.arange(4.0 * PIECE)
    _tables.cache_clear()
    (value,) = settled_together([tensor])
    check(value.statistics, tensor)
    assert _tables(1, tensor.numel() // 2).numel() == 1
    assert _tables.cache_info().misses == 1


@pytest.mark.parametrize("name", ["normal", "half zeros", "whole numbers, as many as edges of bins", "transposed"])
def test_the_histogram_is_that_of_torch(name: str) -> None:
    tensor = TENSORS[name]
    (value,) = settled_together([tensor])
    assert value.statistics is not None
    low, high = tensor.min().item(), tensor.max().item()
    counts = torch.histc(tensor.double(), BINS, low, high)
    assert value.statistics.histogram == Histogram(low, high, tuple(int(one) for one in counts))


def test_a_constant_fills_the_first_bin() -> None:
    (value,) = settled_together([TENSORS["constant"]])
    assert value.statistics is not None
    assert value.statistics.histogram == Histogram(3.0, 3.0, (2000, *[0] * (BINS - 1)))


def test_broken_tensors_do_not_spoil_their_group() -> None:
    whole = TENSORS["normal"].reshape(-1)
    with_nan, with_inf, huge = whole.clone(), whole.clone(), whole * 5e37
    with_nan[:3] = float("nan")
    with_inf[7] = -float("inf")
    huge[0] = -3e38
    huge[1] = 3e38
    first, nan, inf, wide, last = settled_together([whole, with_nan, with_inf, huge, whole + 1])
    check(first.statistics, whole)
    check(last.statistics, whole + 1)
    check(wide.statistics, huge)
    assert nan.statistics is not None
    assert inf.statistics is not None
    assert (nan.statistics.nan, nan.statistics.inf) == (3, 0)
    assert (inf.statistics.nan, inf.statistics.inf) == (0, 1)
    assert nan.statistics.mean == pytest.approx(whole[3:].double().mean().item())


def test_other_types_are_read_as_floats() -> None:
    numbers = torch.arange(-1000, 1000)
    complex_numbers = torch.complex(torch.full((2000,), 3.0), torch.full((2000,), 4.0))
    integers, pairs = settled_together([numbers, complex_numbers])
    check(integers.statistics, numbers.float())
    assert pairs.dtype == "complex64"
    check(pairs.statistics, torch.full((2000,), 5.0))


def test_the_pass_of_a_long_lstm_fits_into_one_event() -> None:
    program = """\
import torch
torch.manual_seed(0)
cell = torch.nn.LSTMCell(8, 64)
x = torch.randn(1000, 1, 8)
h = c = torch.zeros(1, 64)
for t in range(1000):
    h, c = cell(x[t], (h, c))
loss = h.sum()
loss.backward()
print(h.max().item())
"""
    run = record(program)
    assert (run.failure, run.cut) == (None, None)
    (passed,) = run.passes
    assert len(encode(PassEvent(passed))) <= Limits().event_bytes
    last = next(value for value in passed.values if isinstance(value, TensorValue))
    assert last.statistics is not None
    assert last.statistics.histogram is None
    assert last.statistics.max == float(run.output)


def test_what_was_taken_down_whole_can_be_summarised() -> None:
    tensor = torch.tensor([[float("nan"), 1.0, float("-inf")], [0.0, -2.0, 5.0]])
    value = read(tensor, 256)
    assert isinstance(value, TensorValue)
    held = held_if_large(value, 4)
    assert isinstance(held, Held)
    settle([held])
    assert settled(held) == settled_together([tensor])[0]
    assert held_if_large(value, 6) is value


@pytest.mark.parametrize("shape", [(1,), (3,), (7, 11, 13), (2001,)])
def test_an_odd_count_of_elements_is_counted_to_the_last(shape: tuple[int, ...]) -> None:
    tensor = torch.randn(*shape, generator=torch.Generator().manual_seed(3))
    tensor.view(-1)[-1] = 9.0
    turned = tensor.permute(*reversed(range(tensor.dim())))
    for value in settled_together([tensor]) + settled_together([turned]):
        assert value.statistics is not None
        assert value.statistics.histogram is not None
        expected = torch.histc(tensor, BINS) if tensor.numel() > 1 else torch.tensor([1.0] + [0.0] * (BINS - 1))
        assert value.statistics.histogram.counts == tuple(map(int, expected.tolist()))
        assert value.statistics.max == 9.0
        assert value.statistics.norm == pytest.approx(tensor.double().norm().item(), rel=1e-6)
        if tensor.numel() == 1:
            assert value.statistics.std == "NaN"


def test_what_shows_the_same_memory_has_the_same_statistics() -> None:
    tensor = TENSORS["normal"]
    shown = [tensor, tensor.T, tensor.reshape(-1), tensor[:20], tensor[:, ::2]]
    whole, turned, flat, part, strided = settled_together(shown)
    assert whole.statistics is turned.statistics is flat.statistics
    assert [value.shape for value in (whole, turned, flat)] == [(40, 50), (50, 40), (2000,)]
    check(part.statistics, tensor[:20])
    check(strided.statistics, tensor[:, ::2])


def test_views_of_one_memory_do_not_pile_up() -> None:
    tensor = TENSORS["half zeros"]
    views = [Held(tensor.view(40, 50)) for _ in range(3 * MAX_SHARING)]
    holdings = Holdings()
    holdings.remember_all(views)
    assert sum(one.tensor is not None for one in views) <= MAX_SHARING
    holdings.settle_sharing(tensor)
    assert len({settled(one) for one in views}) == 1


def test_a_size_that_fills_a_piece_lets_its_memory_go() -> None:
    batches = Batches()
    tensors = [torch.arange(float(PIECE)), torch.arange(float(PIECE)) + 1]
    first, view, second = Held(tensors[0]), Held(tensors[0].view(-1, 10)), Held(tensors[1])
    batches.add(first)
    batches.add(view)
    assert None not in (first.tensor, view.tensor)  # the same elements are looked at once
    batches.add(second)
    assert (first.tensor, view.tensor) == (None, None)
    assert second.tensor is not None
    batches.settle()
    (alone,) = settled_together([tensors[1]])
    assert settled(second) == alone


def test_what_was_settled_meanwhile_does_not_answer_for_what_took_its_address() -> None:
    batches, memory = Batches(), torch.zeros(2000)
    early, late = Held(memory), Held(memory)
    batches.add(early)
    settle([early])
    memory.fill_(3.0)
    batches.add(late)
    batches.settle()
    values = [settled(early), settled(late)]
    assert [value.statistics.max for value in values if isinstance(value, TensorValue) and value.statistics] == [0, 3]


def test_a_pass_gives_gradients_back_as_it_goes() -> None:
    source = """
import torch
x = torch.ones(100_000, requires_grad=True)
places = set()
y = x
for step in range(40):
    y = y * 1.01
    y.register_hook(lambda gradient: places.add(gradient.data_ptr()))
y.sum().backward()
print(len(places))
"""
    assert int(record(source).output) <= 20  # each would have a place of its own if all were kept
