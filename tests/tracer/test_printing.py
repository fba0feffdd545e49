"""Numbers are printed as torch prints them, to the last character."""

from __future__ import annotations

import math
import random
import struct

import pytest
import torch

from app.tracer.printing import number_text

EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, 1e8, 1.0001e8, 99_999_999.0, 1e-4, 0.99999e-4, 123_456.789, 3e38, 1e-30, 1e-44)


def numbers() -> list[float]:
    """Numbers of every kind, seeded."""
    draw = random.Random(0)
    bits = [struct.unpack("f", struct.pack("I", draw.getrandbits(32)))[0] for _ in range(2_000)]
    usual = [draw.gauss(0, 10 ** draw.randint(-6, 10)) for _ in range(2_000)]
    whole = [float(draw.randint(-(10**9), 10**9)) for _ in range(500)]
    return [*EDGES, math.inf, -math.inf, math.nan, *bits, *usual, *whole]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_number_reads_as_torch_prints_it(dtype: torch.dtype) -> None:
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        tensors = [torch.tensor(number, dtype=dtype) for number in numbers()]
        texts = [(number_text(tensor), repr(tensor)) for tensor in tensors]
    finally:
        torch.set_default_dtype(before)
    assert [ours for ours, theirs in texts if ours not in (theirs, None)] == []
    assert sum(ours is None for ours, _ in texts) < len(texts) / 20


@pytest.mark.parametrize(
    "tensor",
    [
        torch.tensor(1.0, dtype=torch.float64),
        torch.tensor(2),
        torch.ones(1),
        torch.ones(2)[0],
        torch.tensor(1.0, requires_grad=True),
        torch.nn.Parameter(torch.tensor(1.0)),
        torch.tensor(1.0, device="meta"),
        torch.tensor(1.0 + 1j).conj().imag,
    ],
)
def test_torch_prints_what_more_is_to_be_said_of(tensor: torch.Tensor) -> None:
    assert number_text(tensor) is None


def test_options_and_modes_are_obeyed() -> None:
    tensor = torch.tensor(1.23456789)
    assert number_text(tensor) == repr(tensor)
    with torch._tensor_str.printoptions(precision=2):
        assert number_text(tensor) is None
    with torch.autograd.forward_ad.dual_level():
        assert number_text(tensor) is None
    with torch.overrides.BaseTorchFunctionMode():
        assert number_text(tensor) is None
