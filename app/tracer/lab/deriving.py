"""Formulas for the derivatives of an expression, held against autograd's numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import sympy  # type: ignore[import-untyped]
import torch

from app.trace.study import Symbolic, SymbolicElement, SymbolicLeaf, real
from app.tracer.lab.symbolic import Formula, NoFormulaError

LONGEST = 2_000
"""Letters of one formula."""


def derive(
    text: str, point: Mapping[str, torch.Tensor], followed: list[str], gradients: tuple[torch.Tensor | None, ...]
) -> Symbolic | None:
    """Differentiate by every followed element.

    Args:
        text: the expression, as torch evaluates it.
        point: the value of each variable.
        followed: the variables to differentiate by.
        gradients: what autograd says of each of these.

    Returns:
        None where sympy does not know a function, or the formulas are too long or too slow.
    """
    try:
        formula = Formula(text, {name: value.tolist() for name, value in point.items()}, followed)
        leaves = [
            SymbolicLeaf(name, _elements(formula, formula.symbols[name], gradient))
            for name, gradient in zip(followed, gradients, strict=True)
        ]
        return Symbolic(_short(sympy.latex(formula.loss)), tuple(leaves))
    except NoFormulaError:
        return None


def _elements(formula: Formula, symbols: np.ndarray, gradient: torch.Tensor | None) -> tuple[SymbolicElement, ...]:
    told = []
    for index in np.ndindex(symbols.shape):
        derivative = formula.derivative(symbols[index])
        value = formula.value(derivative)
        ours = 0.0 if gradient is None else float(gradient[index])
        error = abs(value - ours) / max(1.0, abs(value), abs(ours))
        latex = _short(sympy.latex(derivative))
        told.append(SymbolicElement(index, _short(str(derivative)), latex, real(value), real(error)))
    return tuple(told)


def _short(text: str) -> str:
    if len(text) > LONGEST:
        raise NoFormulaError("too long")
    return text
