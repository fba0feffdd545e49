"""A tape of a program's torch calls, to be played again from other values: in float64, from any call on.

The tape lies under the recorder: it sees the same calls with the same tensors. A call is played again with the values
of the tensors that earlier calls on the tape made; everything else is as it was. What was written in place is written
to a copy, so that a play leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch.autograd.graph import Node as Function
from torch.overrides import TorchFunctionMode

from app.tracer.treatments import PASSIVE, is_in_place
from app.tracer.walk import function_of, is_followed_leaf

MAX_ENTRIES = 20_000
NARROWING = frozenset({"float", "half", "bfloat16", "to", "type", "type_as"})
"""Calls that would take digits away again."""
CHANCE = frozenset({
    "alpha_dropout", "bernoulli", "bernoulli_", "dropout", "dropout1d", "dropout2d", "dropout3d", "exponential_",
    "feature_alpha_dropout", "gumbel_softmax", "multi_head_attention_forward", "multinomial", "normal", "normal_",
    "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "random_", "randperm", "rrelu",
    "scaled_dot_product_attention", "uniform_",
})  # fmt: skip
"""Calls that draw random numbers: they are played from the generator's state of the first time."""

Values = Mapping[int, torch.Tensor]


class Entry(NamedTuple):
    """One call; `made` are its results that are tensors, with the node of each."""

    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Any
    made: tuple[tuple[torch.Tensor, Function | None], ...]
    writes: bool
    is_followed: bool
    has_gradients: bool
    chance: torch.Tensor | None


class Tape(TorchFunctionMode):
    """Takes down every call while it is open."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[Entry] = []
        self.start = 0
        """The first entry since the latest backward pass."""
        self.is_running = True

    def stop(self) -> None:
        """Take nothing down any more, and let go of what was."""
        self.is_running = False
        self.entries = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run one call, and take it down."""
        name = getattr(func, "__name__", "")
        chance = torch.get_rng_state() if name in CHANCE and self.is_running else None
        result = func(*args, **(kwargs or {}))
        if name not in PASSIVE and name not in ("__set__", "__delete__"):
            self.add(func, args, kwargs or {}, result, chance)
        return result

    def add(
        self, func: Any, args: Any, kwargs: dict[str, Any], result: Any, chance: torch.Tensor | None = None
    ) -> None:
        """Take a call down."""
        if not self.is_running:
            return
        writes = is_in_place(getattr(func, "__name__", ""))
        outputs = [args[0]] if writes and args else list(tensors_in(result))
        made = tuple((one, function_of(one)) for one in outputs if isinstance(one, torch.Tensor))
        if not made:
            return
        is_followed = any(node is not None for _, node in made)
        gradients = torch.is_grad_enabled()
        self.entries.append(Entry(func, tuple(args), kwargs, result, made, writes, is_followed, gradients, chance))
        if len(self.entries) > MAX_ENTRIES:
            del self.entries[: MAX_ENTRIES // 2]
            self.start = max(0, self.start - MAX_ENTRIES // 2)

    def under(self, root: Function) -> list[Entry]:
        """The calls that a result was computed by, in order; those of earlier passes only if autograd followed."""
        wanted = {id(tensor) for entry in self.entries for tensor, node in entry.made if node is root}
        chosen: list[Entry] = []
        for index in range(len(self.entries) - 1, -1, -1):
            entry = self.entries[index]
            outputs = {id(tensor) for tensor, _ in entry.made}
            if not outputs & wanted or (index < self.start and not entry.is_followed):
                continue
            if any(is_followed_leaf(tensor) for tensor, _ in entry.made):
                continue  # where a leaf is made or moved the play begins
            chosen.append(entry)
            if not entry.writes:
                wanted -= outputs
            wanted |= {id(one) for one in tensors_in((entry.args, entry.kwargs))}
        return chosen[::-1]


def tensors_in(value: Any) -> Iterator[torch.Tensor]:
    """Every tensor in nested lists, tuples and dictionaries."""
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from tensors_in(one)
    elif isinstance(value, dict):
        yield from tensors_in(list(value.values()))


class Player:
    """Plays calls again with twice the digits.

    Args:
        entries: from `Tape.under`.
    """

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self._constants: dict[int, torch.Tensor] = {}

    def play(self, values: dict[int, torch.Tensor], start: int = 0, with_gradients: bool = False) -> Iterator[int]:
        """Play the calls from `start` on.

        Args:
            values: of tensors by identity; what the calls make is added.
            start: the first call.
            with_gradients: build the graph as the program did.

        Yields:
            The index of each call, after it; its results may be changed then.
        """
        for index in range(start, len(self.entries)):
            entry = self.entries[index]
            with torch.set_grad_enabled(with_gradients and entry.has_gradients):
                self._call(entry, values)
            yield index

    def _call(self, entry: Entry, values: dict[int, torch.Tensor]) -> None:
        if entry.chance is not None:
            torch.set_rng_state(entry.chance)
        args, kwargs = self._given(entry.args, values), self._given(entry.kwargs, values)
        if entry.writes:
            target = args[0].clone()
            result = entry.function(target, *args[1:], **kwargs)
            values[id(entry.args[0])] = target if result is None or not isinstance(result, torch.Tensor) else result
            return
        if getattr(entry.function, "__name__", "") in NARROWING and entry.made[0][0].is_floating_point():
            values[id(entry.made[0][0])] = widened(args[0])
            return
        result = entry.function(*args, **kwargs)
        for (tensor, _), one in zip(entry.made, tensors_in(result), strict=False):
            values[id(tensor)] = widened(one)

    def _given(self, value: Any, values: Values) -> Any:
        if isinstance(value, torch.Tensor):
            known = values.get(id(value))
            return known if known is not None else self._constant(value)
        if isinstance(value, dict):
            return {name: self._given(one, values) for name, one in value.items()}
        if isinstance(value, list | tuple):
            items = [self._given(one, values) for one in value]
            return tuple(items) if type(value) is tuple else items if type(value) is list else type(value)(*items)
        if isinstance(value, torch.dtype) and value.is_floating_point:
            return torch.float64
        return value

    def _constant(self, tensor: torch.Tensor) -> torch.Tensor:
        if id(tensor) not in self._constants:
            self._constants[id(tensor)] = widened(tensor.detach()).clone()
        return self._constants[id(tensor)]


def widened(tensor: torch.Tensor) -> torch.Tensor:
    """Real numbers in float64; all else as it is."""
    return tensor.double() if tensor.is_floating_point() else tensor
