"""What a study asks of a child, and what it finds: many evaluations of one expression made into one answer."""

from __future__ import annotations

import math
from array import array
from typing import Literal

import msgspec

Real = float | Literal["NaN", "Infinity", "-Infinity"]
Directions = Literal["pca", "random"]
"""Those of a plane: the two main ones of paths, or two at random, normalised filter by filter."""
Verdict = Literal["agrees", "differs", "kink", "jump", "unclear", "undefined"]


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Base of these records: frozen, and strict about unknown fields."""


class Axis(Record, frozen=True):
    """One direction of a grid: a scalar at `count` equal distances from `start` to `stop`, both included; `index` is
    the place of an element of a tensor.
    """

    variable: str
    start: float
    stop: float
    count: int
    index: tuple[int, ...] | None = None


class Landscape(Record, frozen=True, tag_field="study", tag="landscape"):
    """The loss over one axis or two, everything else held at its value; `gradients` asks for its slope in each cell."""

    axes: tuple[Axis, ...]
    gradients: bool = False
    critical: bool = False
    """Whether minima, maxima and saddles are looked for."""

    @property
    def cells(self) -> int:
        """How many times the loss is asked for."""
        return math.prod(axis.count for axis in self.axes)


class Compass(Record, frozen=True):
    """Two directions through all parameters, `count` points along each.

    The window of random ones reaches `reach` times the length of the weights to each side; that of the main ones of the
    run's path holds all of the path with a margin, times `reach`.
    """

    kind: Directions
    seed: int = 0
    reach: float = 1.0
    count: int = 41


class Slice(Record, frozen=True, tag_field="study", tag="slice"):
    """The loss of one pass of a run over a plane through its parameters: along `axes`, or along directions.

    `path` asks for the run's way in that plane, for which the run goes on to its end.
    """

    pass_index: int = 0
    axes: tuple[Axis, ...] = ()
    compass: Compass | None = None
    gradients: bool = False
    path: bool = True

    @property
    def lines(self) -> tuple[int, ...]:
        """How many points there are along each axis."""
        return (self.compass.count,) * 2 if self.compass else tuple(axis.count for axis in self.axes)

    @property
    def cells(self) -> int:
        """How many times the loss is asked for."""
        return math.prod(self.lines)


class Check(Record, frozen=True, tag_field="study", tag="check"):
    """Autograd beside central differences, relatively within `tolerance`; of a program, in its pass `pass_index`."""

    tolerance: float = 1e-5
    pass_index: int = 0


class NodeCheck(Record, frozen=True, tag_field="study", tag="node-check"):
    """The same for every node of one pass that can be computed again from: `pass_index` counts from 0."""

    pass_index: int = 0
    tolerance: float = 1e-5


Study = Landscape | Slice | Check | NodeCheck


class Floats(Record, frozen=True):
    """Many numbers as a tensor holds them: 4 or 8 bytes each, the lowest first; in JSON in base64."""

    data: bytes
    width: Literal[4, 8]

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.data) // self.width

    @property
    def is_whole(self) -> bool:
        """Whether the bytes are so many numbers and nothing else."""
        return len(self.data) % self.width == 0

    def reals(self) -> list[Real]:
        """List them, with the words for what is no finite number."""
        numbers = array("f" if self.width == 4 else "d", self.data)
        # The sum is cheap, and finite only where all of them are.
        return [*numbers] if math.isfinite(sum(numbers)) else list(map(real, numbers))


def real(number: float) -> Real:
    """Give a number, or the word for what is none."""
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


Kind = Literal["minimum", "maximum", "saddle", "degenerate"]


class CriticalPoint(Record, frozen=True):
    """A place of the grid without slope; its kind is that of the Hessian's eigenvalues, the largest first."""

    point: dict[str, Real]
    loss: Real
    kind: Kind
    eigenvalues: tuple[Real, ...]


class Hidden(Record, frozen=True):
    """What a slice through many dimensions does not show.

    `explained` is the share of the paths' variance in the plane; `gradient_inside` the share of the gradient's length
    at the centre that lies in it; `unmoved` counts the parameters that are the same all over it, as the biases of a
    network in random directions.
    """

    dimensions: int
    shown: int
    explained: Real | None
    gradient_inside: Real | None
    unmoved: int = 0


class SlicePath(Record, frozen=True):
    """Where the run stood in the plane when some of its passes began; one more than there were is its end."""

    passes: tuple[int, ...]
    points: tuple[tuple[Real, ...], ...]


class SliceView(Record, frozen=True):
    """How a slice lies: the loss that the program computed at that pass, and the same place computed again; that place
    and the slope there along each axis; the values along each; and the run's way.
    """

    pass_index: int = msgspec.field(name="pass")
    graph: str
    loss: Real
    replayed: Real
    place: tuple[Real, ...]
    gradient: tuple[Real, ...]
    coordinates: tuple[tuple[Real, ...], ...]
    hidden: Hidden
    path: SlicePath | None = None


class LandscapeEvent(Record, frozen=True, tag_field="event", tag="landscape", omit_defaults=True):
    """The loss in each cell, the last axis fastest; `gradients` holds one such list for each axis.

    `batched` says whether torch evaluated all cells in a few calls, or one by one.
    """

    losses: Floats
    gradients: tuple[Floats, ...]
    batched: bool
    critical: tuple[CriticalPoint, ...] | None = None
    """Minima, maxima and saddles, where they were asked for; at most 64, the lowest first."""
    slice: SliceView | None = None


class CheckedElement(Record, frozen=True):
    """One element of a leaf: its place, both gradients, and their relative error.

    A `kink` has two slopes and autograd's is between them; at a `jump` the loss itself breaks off; `unclear`
    means that rounding of a large loss hides its differences, `undefined` that one of the two gradients is no number.
    """

    index: tuple[int, ...]
    autograd: Real
    numeric: Real
    error: Real
    verdict: Verdict


class CheckedLeaf(Record, frozen=True):
    """One leaf with its elements; `reached` is false when the loss does not depend on it, so that `.grad` is None."""

    variable: str
    reached: bool
    verdict: Verdict
    """The worst of its elements'."""
    elements: tuple[CheckedElement, ...]


class SymbolicElement(Record, frozen=True):
    """The derivative by one element as a formula, as text and in LaTeX, and what it comes to at the values; `error` is
    autograd's distance from that.
    """

    index: tuple[int, ...]
    derivative: str
    latex: str
    value: Real
    error: Real


class SymbolicLeaf(Record, frozen=True):
    """The derivatives by one leaf."""

    variable: str
    elements: tuple[SymbolicElement, ...]


class Symbolic(Record, frozen=True):
    """The loss as a formula in LaTeX, and its derivatives."""

    expression: str
    leaves: tuple[SymbolicLeaf, ...]


class CheckEvent(Record, frozen=True, tag_field="event", tag="check"):
    """The gradient of each leaf by two ways, in float64; `random` says that the loss changes with the seed, and
    `repeatable` that a second run from the same seed gave the same bits. `symbolic` is null where sympy has no formula
    that could be read.
    """

    loss: Real
    random: bool
    leaves: tuple[CheckedLeaf, ...]
    repeatable: bool = True
    symbolic: Symbolic | None = None


Reason = Literal["unreached", "inside", "replay", "time", "whole-numbers", "loss"]


class CheckedNode(Record, frozen=True):
    """One node: the loss's slope along its value by two ways, at its worst element or direction.

    Of `elements` in all, `checked` were moved one by one; or, where they are many, so many random `directions`.
    """

    node: str
    verdict: Verdict
    autograd: Real
    numeric: Real
    error: Real
    elements: int
    checked: int
    directions: bool = False


class UncheckedNode(Record, frozen=True):
    """A node that was left out.

    `unreached`: no gradient came to it. `inside`: it was made within one call, which can only be computed again as a
    whole. `replay`: computing again gives another value (random numbers, writing through a view). `time`: there was
    no time left. `whole-numbers`: it cannot change by a little. `loss`: what was differentiated is no single number.
    """

    node: str
    reason: Reason


class NodeCheckEvent(Record, frozen=True, tag_field="event", tag="node-check"):
    """The gradient of each node of a pass by two ways, in float64."""

    graph: str
    pass_index: int
    loss: Real
    nodes: tuple[CheckedNode, ...]
    unchecked: tuple[UncheckedNode, ...]


Finding = LandscapeEvent | CheckEvent | NodeCheckEvent
