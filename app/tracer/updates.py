"""Updates: what changes the leaves between passes — optimizers, in-place writes, `zero_grad`."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakValueDictionary

import torch

from app.trace.model import Diagnostic, Parameter, ParameterUpdate, Span, Update, Value
from app.tracer.changes import Change, changes_of, gradients_of, read_now
from app.tracer.cuts import Cuts, is_torchs_own, text_of
from app.tracer.optimizers import options_of
from app.tracer.values import Reading, is_zero, number, settled

if TYPE_CHECKING:
    from app.tracer.recorder import Recorder
    from app.tracer.sites import Site

_ZEROING = frozenset({"zero_", "fill_", "mul_", "copy_", "__set__", "__setitem__", "__imul__"})


Row = tuple[Change, Reading, dict[str, Value]]
"""A changed leaf, its value afterwards, and the optimizer's state for it."""


class Updates:
    """Watches the leaves of the run; the `Listener` of its calls."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._leaves: WeakValueDictionary[int, torch.Tensor] = WeakValueDictionary()
        self._by_address: WeakValueDictionary[int, torch.Tensor] = WeakValueDictionary()
        self._cuts = Cuts()
        self._latest_options: dict[int, tuple[dict[str, Any], dict[str, Parameter]]] = {}
        self._latest_updates: WeakKeyDictionary[torch.optim.Optimizer, int] = WeakKeyDictionary()
        self._passes_before = 0
        self._stepping: tuple[torch.optim.Optimizer, list[Change]] | None = None
        self._written: list[tuple[Change, Reading]] = []
        self._written_span: Span | None = None
        self._cleared: list[torch.Tensor] = []
        self._cleared_span: Span | None = None

    @property
    def _full_elements(self) -> int:
        return self._recorder.calls.full_elements

    def know(self, leaf: torch.Tensor) -> None:
        """A leaf took part in a pass: from now on its changes matter."""
        if id(leaf) not in self._leaves:
            self._leaves[id(leaf)] = leaf
            if leaf.layout is torch.strided:
                self._by_address[_address(leaf)] = leaf

    def knows(self, leaf: torch.Tensor) -> bool:
        """Whether a leaf took part in a pass."""
        return self._leaves.get(id(leaf)) is leaf

    # -- optimizers ----------------------------------------------------------------------------------------------------

    def begin(self, optimizer: torch.optim.Optimizer) -> None:
        """As `before`, for whom `end` will tell; an optimizer that raises in between is forgotten."""
        self._stepping = optimizer, self.before(optimizer)

    def is_stepping(self, optimizer: torch.optim.Optimizer) -> bool:
        """Whether this optimizer, and not one that it calls, is between `begin` and `end`."""
        return self._stepping is not None and self._stepping[0] is optimizer

    def end(self, optimizer: torch.optim.Optimizer) -> None:
        """As `after`, with what `begin` kept."""
        if self._stepping is not None:
            changes, self._stepping = self._stepping[1], None
            self.after(optimizer, changes)

    def before(self, optimizer: torch.optim.Optimizer) -> list[Change]:
        """An optimizer is about to step: read its parameters."""
        self.flush()
        self._passes_before = self._recorder.pass_count
        leaves = [leaf for group in optimizer.param_groups for leaf in group["params"]]
        return changes_of(leaves, self._full_elements)

    def after(self, optimizer: torch.optim.Optimizer, changes: list[Change], frame: FrameType | None = None) -> None:
        """It has stepped.

        Args:
            optimizer: that stepped.
            changes: what `before` answered.
            frame: where the program asked for it, if that is known.
        """
        groups = optimizer.param_groups
        if self._recorder.pass_count > self._passes_before:
            # A closure ran inside of the step: what it left in `.grad` is what the step was made from.
            gradients = gradients_of([change.leaf for change in changes], self._full_elements)
            changes = [change._replace(gradient=one) for change, one in zip(changes, gradients, strict=True)]
        values = read_now([change.leaf for change in changes], self._full_elements)
        changes = [change if change.copy is None else change.measured() for change in changes]
        states = self._states(optimizer, changes) if optimizer.state else [{} for _ in changes]
        options = [self._options(group) for group in groups]
        for group, own in zip(groups[1:], options[1:], strict=True):
            self._add_differences(own, options[0], {id(leaf) for leaf in group["params"]}, changes, states)
        previous = self._latest_updates.get(optimizer)
        self._latest_updates[optimizer] = self._recorder.update_count
        rows = list(zip(changes, values, states, strict=True))
        self._send(type(optimizer).__name__, options[0], rows, self._recorder.calls.span(frame), previous)

    def _states(self, optimizer: torch.optim.Optimizer, changes: list[Change]) -> list[dict[str, Value]]:
        """What the optimizer keeps for each leaf, by name; of all together, as statistics are cheaper so."""
        known = [optimizer.state.get(change.leaf) or {} for change in changes]
        tensors = [value for own in known for value in own.values() if isinstance(value, torch.Tensor)]
        readings = map(settled, read_now(tensors, self._full_elements))
        return [
            {
                str(name): next(readings) if isinstance(value, torch.Tensor) else number(value)
                for name, value in own.items()
                if isinstance(value, torch.Tensor | int | float)
            }
            for own in known
        ]

    def _options(self, group: dict[str, Any]) -> dict[str, Parameter]:
        """The options of a parameter group; those of the latest step, if nothing in them has changed."""
        plain = {**group}
        del plain["params"]
        known = self._latest_options.get(id(group))
        if known is None or known[0] != plain:
            options = options_of(group)
            if any(isinstance(value, torch.Tensor) for value in plain.values()):
                return options  # a tensor may change in place, and then still be the same
            known = self._latest_options[id(group)] = (plain, options)
        return known[1]

    @staticmethod
    def _add_differences(
        own: dict[str, Parameter],
        first: dict[str, Parameter],
        leaves: set[int],
        changes: list[Change],
        states: list[dict[str, Value]],
    ) -> None:
        """Say with each parameter where its group's options differ from those of the first group."""
        different = {name: one for name, one in own.items() if one != first.get(name) and isinstance(one, int | float)}
        for change, state in zip(changes, states, strict=True):
            if id(change.leaf) in leaves:
                state |= {name: number(one) for name, one in different.items()}

    # -- writes by hand ------------------------------------------------------------------------------------------------

    def born(self, leaf: torch.Tensor, site: Site | None) -> None:
        """A leaf came into being: the source names it."""
        names = self._recorder.names
        variable = site.place.variable if site is not None and site.place is not None and site.depth == 0 else None
        if variable and not names.knows(leaf):
            names.learn(leaf, variable)

    def cut(self, how: str, tensor: torch.Tensor, span: Span | None) -> None:
        """The program left the history of a tensor behind."""
        is_new = not self._cuts.knows(span)
        if is_new and is_torchs_own(sys._getframe(1), self._recorder.is_program):
            return
        name = (self._recorder.name_of(tensor) or text_of(tensor, self._recorder.calls.made)) if is_new else None
        if name is None:
            self._recorder.names.forget_nameless(tensor)
        self._cuts.add(span, how, tensor, name)

    def lost(self) -> Iterator[Diagnostic]:
        """At the end: the cuts that kept a gradient from a leaf."""
        names, is_left_alone = self._recorder.names, self._recorder.optimizers.leave_alone()
        # A parameter that stands by itself was made to be trained; one of a module may be there for its value.
        copied = self._recorder.calls.histories.copied
        return self._cuts.tell(
            self._leaves, copied, lambda leaf: is_left_alone(leaf) and "." in (names.known(leaf) or "")
        )

    def changing(self, tensor: torch.Tensor) -> Change | None:
        """A tensor is about to be written in place: remember it if it is a leaf, or shares a leaf's memory."""
        if not self._leaves:
            return None
        leaf = self._leaves.get(id(tensor))
        if leaf is None:
            leaf = self._by_address.get(_address(tensor))
        return changes_of([leaf], self._full_elements)[0] if leaf is not None else None

    def changed(self, tensor: torch.Tensor, token: Change | None, function: str, span: Span | None) -> None:
        """It was written."""
        if token is not None:
            if not self._written:
                self.flush()
                self._written_span = span
            after = read_now([token.leaf], self._full_elements)[0]
            # `w.data -= step` writes through an alias, then assigns the alias to `w.data`: one change.
            if function != "__set__" or after != token.before:
                self._written.append((token.measured(), after))
            if token.leaf.layout is torch.strided:
                self._by_address[_address(token.leaf)] = token.leaf
        elif function in _ZEROING:
            leaf = self._leaf_with_gradient(tensor)
            if leaf is not None and is_zero(tensor):
                self.clear((leaf,), span)

    def gradient_set(self, leaf: torch.Tensor, value: torch.Tensor | None, span: Span | None) -> None:
        """The program assigned to `.grad`; None or zeros is a `zero_grad` by hand."""
        if id(leaf) in self._leaves and (value is None or is_zero(value)):
            self.clear((leaf,), span)

    def gradient_asked(self, tensor: torch.Tensor, span: Span | None) -> None:
        """The program read `.grad` of a tensor that keeps none."""
        name = self._recorder.names.of(tensor, self._recorder.calls.frame())
        self._recorder.diagnose("grad-of-non-leaf", span, variable=name)

    def check(self) -> None:
        """Raise: a limit was met meanwhile."""
        self._recorder.check()

    def _leaf_with_gradient(self, tensor: torch.Tensor) -> torch.Tensor | None:
        address = _address(tensor)
        owners = (one for one in self._leaves.values() if one.grad is not None and _address(one.grad) == address)
        return next(owners, None)

    def clear(self, leaves: Iterable[torch.Tensor], span: Span | None) -> None:
        """Gradients were cleared; those of one sweep, by hand or by several optimizers, make one moment."""
        if not self._cleared:
            self.flush()
            self._cleared_span = span
        self._cleared.extend(leaves)

    def flush(self) -> None:
        """Send what was written or cleared since the last event: each as one update or moment."""
        if self._cleared:
            cleared, self._cleared = self._cleared, []
            self._recorder.cleared(cleared, self._cleared_span)
        if self._written:
            written, self._written = self._written, []
            self._send("in-place", {}, [(change, after, {}) for change, after in written], self._written_span)

    def _send(
        self,
        name: str,
        options: dict[str, Parameter],
        rows: list[Row],
        span: Span | None,
        previous: int | None = None,
    ) -> None:
        recorder = self._recorder
        nodes, known = recorder.leaf_ids, recorder.names.known
        parameters = tuple(
            [
                ParameterUpdate(
                    known(leaf) or recorder.name_of(leaf),
                    nodes.get(id(leaf)),
                    settled(before),
                    settled(gradient),
                    settled(after),
                    state,
                    step_norm,
                )
                for (leaf, before, gradient, _, step_norm), after, state in rows
            ]
        )
        last = self._recorder.pass_count - 1
        self._recorder.updated(Update(name, options, parameters, last if last >= 0 else None, span, previous))


def _address(tensor: torch.Tensor) -> int:
    """Where a tensor's elements lie; a number that is no address for one that has none (sparse, lazy, meta)."""
    try:
        return tensor.data_ptr()
    except (RuntimeError, ValueError):
        return -id(tensor)
