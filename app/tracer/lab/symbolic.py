"""The derivatives of an expression as formulas, by sympy, beside the numbers of autograd.

The text that torch evaluates is evaluated once more with formulas in the place of tensors: `torch` and `F` are then
tables of sympy's functions, and each element of a variable is a symbol.
"""

from __future__ import annotations

import operator
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import numpy as np
import sympy  # type: ignore[import-untyped]

ELEMENTS = 16
"""More symbols make formulas that nobody reads."""
OPERATIONS = 400
SIMPLE = 80
"""So many operations are still simplified."""
SECONDS = 2.0
SIMPLE_SECONDS = 0.5
PAUSE_SECONDS = 0.05


class NoFormulaError(Exception):
    """The expression has no formula here; the reason is the slug of its sentence."""


def _each(function: Callable[..., Any]) -> Callable[..., Terms]:
    vectorised = np.frompyfunc(function, 1, 1)
    return lambda terms, *_arguments, **_named: Terms(vectorised(_data(terms)))


def _pair(function: Callable[..., Any]) -> Callable[..., Terms]:
    vectorised = np.frompyfunc(function, 2, 1)
    return lambda one, other: Terms(vectorised(_data(one), _data(other)))


def _data(terms: Any) -> Any:
    return terms.data if isinstance(terms, Terms) else np.asarray(terms, dtype=object)


class Terms:
    """A tensor of formulas."""

    __array_priority__ = 1000

    def __init__(self, data: Any) -> None:
        self.data = np.asarray(data, dtype=object)

    def __getattr__(self, name: str) -> Callable[..., Terms]:
        """A tensor's method, where it is known for formulas."""
        if name.startswith("_") or name not in FUNCTIONS:
            raise NoFormulaError(name)
        return lambda *arguments, **named: FUNCTIONS[name](self, *arguments, **named)

    def __getitem__(self, key: Any) -> Terms:
        """Some of the formulas."""
        return Terms(self.data[key])

    def __neg__(self) -> Terms:
        """All of them negated."""
        return Terms(-self.data)

    @property
    def T(self) -> Terms:
        """The transpose."""
        return Terms(self.data.T)


def _arithmetic(function: Callable[[Any, Any], Any]) -> tuple[Callable[..., Terms], Callable[..., Terms]]:
    return (
        lambda self, other: Terms(function(self.data, _data(other))),
        lambda self, other: Terms(function(_data(other), self.data)),
    )


for _name in ("add", "sub", "mul", "truediv", "pow", "matmul"):
    _forward, _backward = _arithmetic(getattr(operator, _name))
    setattr(Terms, f"__{_name}__", _forward)
    setattr(Terms, f"__r{_name}__", _backward)


def _sum(terms: Terms, dim: int | None = None) -> Terms:
    return Terms(np.sum(terms.data, axis=dim))


def _mean(terms: Terms, dim: int | None = None) -> Terms:
    count = terms.data.size if dim is None else terms.data.shape[dim]
    return Terms(np.sum(terms.data, axis=dim) / sympy.Integer(count))


def _softmax(terms: Terms, dim: int = -1) -> Terms:
    powers = np.frompyfunc(sympy.exp, 1, 1)(terms.data)
    return Terms(powers / np.sum(powers, axis=dim, keepdims=True))


def _log_softmax(terms: Terms, dim: int = -1) -> Terms:
    sums = np.sum(np.frompyfunc(sympy.exp, 1, 1)(terms.data), axis=dim, keepdims=True)
    return Terms(terms.data - np.frompyfunc(sympy.log, 1, 1)(sums))


def _relu(x: Any) -> Any:
    return sympy.Piecewise((x, x > 0), (0, True))


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + sympy.exp(-x))


FUNCTIONS: Mapping[str, Callable[..., Terms]] = {
    "sin": _each(sympy.sin), "cos": _each(sympy.cos), "tan": _each(sympy.tan), "asin": _each(sympy.asin),
    "acos": _each(sympy.acos), "atan": _each(sympy.atan), "sinh": _each(sympy.sinh), "cosh": _each(sympy.cosh),
    "tanh": _each(sympy.tanh), "exp": _each(sympy.exp), "log": _each(sympy.log), "sqrt": _each(sympy.sqrt),
    "abs": _each(sympy.Abs), "sign": _each(sympy.sign), "erf": _each(sympy.erf), "relu": _each(_relu),
    "log2": _each(lambda x: sympy.log(x, 2)), "log10": _each(lambda x: sympy.log(x, 10)),
    "log1p": _each(lambda x: sympy.log(1 + x)), "expm1": _each(lambda x: sympy.exp(x) - 1),
    "rsqrt": _each(lambda x: 1 / sympy.sqrt(x)), "square": _each(lambda x: x**2),
    "reciprocal": _each(lambda x: 1 / x), "neg": _each(lambda x: -x), "sigmoid": _each(_sigmoid),
    "softplus": _each(lambda x: sympy.log(1 + sympy.exp(x))), "silu": _each(lambda x: x * _sigmoid(x)),
    "gelu": _each(lambda x: x * (1 + sympy.erf(x / sympy.sqrt(2))) / 2),
    "pow": _pair(operator.pow), "add": _pair(operator.add), "sub": _pair(operator.sub), "mul": _pair(operator.mul),
    "div": _pair(operator.truediv), "maximum": _pair(sympy.Max), "minimum": _pair(sympy.Min),
    "atan2": _pair(sympy.atan2),
    "matmul": lambda one, other: Terms(_data(one) @ _data(other)),
    "dot": lambda one, other: Terms(_data(one) @ _data(other)),
    "sum": _sum, "mean": _mean, "softmax": _softmax, "log_softmax": _log_softmax,
    "mse_loss": lambda one, other: _mean(Terms((_data(one) - _data(other)) ** 2)),
    "t": lambda terms: Terms(terms.data.T),
}  # fmt: skip
CONSTANTS = {"pi": sympy.pi, "e": sympy.E, "inf": sympy.oo}


class Table(SimpleNamespace):
    """A module of functions on formulas."""

    def __getattr__(self, name: str) -> Any:
        """A function or a constant of the module."""
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name not in FUNCTIONS:
            raise NoFormulaError(name)
        return FUNCTIONS[name]


class Formula:
    """The formula of a loss.

    Args:
        text: as torch evaluates it.
        values: each variable's value, as nested lists or a number.
        followed: the variables that derivatives are taken by.

    Raises:
        NoFormulaError: there is none, or it is too long to be read.
    """

    def __init__(self, text: str, values: Mapping[str, Any], followed: list[str]) -> None:
        self.symbols: dict[str, Any] = {}
        self._numbers: dict[Any, float] = {}
        if sum(np.asarray(values[name]).size for name in followed) > ELEMENTS:
            raise NoFormulaError("too many elements")
        terms = {name: self._take(name, np.asarray(value), name in followed) for name, value in values.items()}
        functions: dict[str, Any] = {"torch": Table(), "F": Table(), "math": Table(), "nn": Table(functional=Table())}
        with time_limit(SECONDS):
            try:
                loss = eval(text, {"__builtins__": {"abs": FUNCTIONS["abs"]}} | functions, terms)
            except NoFormulaError:
                raise
            except Exception as error:
                raise NoFormulaError(type(error).__name__) from error
            data = _data(loss)
            if data.size != 1 or sympy.count_ops(data.reshape(-1)[0]) > OPERATIONS:
                raise NoFormulaError("too long")
            self.loss = sympy.sympify(data.reshape(-1)[0])

    def _take(self, name: str, value: Any, is_followed: bool) -> Terms:
        if not is_followed:
            return Terms(np.frompyfunc(lambda x: int(x) if x.is_integer() else x, 1, 1)(value.astype(float)))
        symbols = np.empty(value.shape, dtype=object)
        for index in np.ndindex(value.shape):
            places = ",".join(str(position) for position in index)
            symbols[index] = sympy.Symbol(f"{name}_{{{places}}}" if places else name, real=True)
            self._numbers[symbols[index]] = float(value[index])
        self.symbols[name] = symbols
        return Terms(symbols)

    def derivative(self, symbol: Any) -> Any:
        """Differentiate by one symbol, and simplify what is short enough and takes no time.

        Raises:
            NoFormulaError: differentiating itself takes too long.
        """
        with time_limit(SECONDS):
            found = sympy.diff(self.loss, symbol)
        if sympy.count_ops(found) > SIMPLE:
            return found
        try:
            with time_limit(SIMPLE_SECONDS):
                return sympy.simplify(found)
        except Exception:
            # Besides what takes too long: a part of sympy that was never imported cannot be imported here.
            return found

    def value(self, formula: Any) -> float:
        """Evaluate a formula at the values; NaN where it has none."""
        try:
            with time_limit(SECONDS):
                return float(sympy.N(formula.subs(self._numbers)))
        except Exception:
            return float("nan")


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """End pure Python code that takes longer.

    Raises:
        NoFormulaError: it did.
    """
    end = time.monotonic() + seconds

    def look(_frame: object, event: str, _argument: object) -> None:
        nonlocal end
        now = time.monotonic()
        if event == "call" and now > end:
            # What is raised in a destructor is lost, so it is raised again; not at once, so that the block can be left.
            end = now + PAUSE_SECONDS
            raise NoFormulaError("too slow")

    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(None)
