"""The derivative formulas against torch's own code generator, which names the backward functions."""

from __future__ import annotations

from pathlib import Path

import torchgen  # type: ignore[import-untyped]
from torchgen.packaged.autograd.load_derivatives import load_derivatives  # type: ignore[import-untyped]

from app.tracer.rules import rule_of


def test_formulas_belong_to_the_functions_that_torch_numbers() -> None:
    packaged = Path(torchgen.__file__).parent / "packaged"
    native = packaged / "ATen" / "native"
    files = (packaged / "autograd" / "derivatives.yaml", native / "native_functions.yaml", native / "tags.yaml")
    infos, _ = load_derivatives(*map(str, files))
    expected = {
        info.op: {name for derivative in info.derivatives for name in derivative.var_names}
        for by_key in infos.values()
        for key, info in by_key.items()
        if key == "Default" and info.op and not info.op.startswith(("Test", "_Test")) and not info.op.endswith("_copy")
    }
    missing = [op for op, names in expected.items() if not names <= set(rule_of(op))]
    assert len(expected) > 400
    assert missing == []


def test_a_known_formula() -> None:
    assert rule_of("SinBackward0") == {"self": "grad * self.cos().conj()"}
    assert rule_of("AccumulateGrad") == {}
