"""A slice through one pass of a run: the loss of that pass over a plane of its parameters, and the run's way there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FrameType

import msgspec
import torch

from app.errors import ProgramError
from app.trace.job import Job
from app.trace.model import Cut, EndEvent, Event, Failure
from app.trace.study import Axis, Compass, LandscapeEvent, Slice, SlicePath, SliceView, real
from app.tracer.active import Active
from app.tracer.failures import failure_of
from app.tracer.formulas import floats, reals
from app.tracer.lab.filters import draw_plane
from app.tracer.lab.plane import Plane, explained_by, hide, lay_plane
from app.tracer.lab.program import row_of
from app.tracer.lab.race import MARGIN, POINTS
from app.tracer.lab.replay import Replay
from app.tracer.landscape import Grid, draw_lines
from app.tracer.recorder import RunCut
from app.tracer.recording import Recording
from app.tracer.run import run_under
from app.tracer.source import Program
from app.tracer.taped import Taped

KEPT_ELEMENTS = 8_000_000
"""Of all kept places of a path together."""
MOST_WAYS = 4
"""Sets of leaves whose places are kept before it is known which are asked about."""


class Way:
    """Where some leaves stood when passes began, thinned evenly while there are too many."""

    def __init__(self, leaves: Sequence[torch.Tensor]) -> None:
        self._leaves = leaves  # held, so that no other tensors take their identity
        self._most = max(2, min(POINTS, KEPT_ELEMENTS // max(1, sum(leaf.numel() for leaf in leaves))))
        self._stride = 1
        self._seen = 0
        self._kept: list[tuple[int, torch.Tensor]] = []
        self._last: tuple[int, torch.Tensor] | None = None

    def note(self, number: int) -> None:
        """Take down where they are at the beginning of a pass."""
        self._last = number, row_of(self._leaves)
        if self._seen % self._stride == 0:
            self._kept.append(self._last)
            if len(self._kept) > self._most:
                self._kept, self._stride = self._kept[::2], 2 * self._stride
        self._seen += 1

    def walked(self, passes: int) -> tuple[tuple[int, ...], torch.Tensor]:
        """The passes that were kept, with the last one and the end, where that is another place; of shape
        (places, elements).
        """
        assert self._last is not None
        kept = self._kept if self._kept[-1] is self._last else [*self._kept, self._last]
        end = row_of(self._leaves)
        if not torch.equal(end, self._last[1]):
            kept = [*kept, (passes, end)]
        numbers, rows = zip(*kept, strict=True)
        return numbers, torch.stack(rows)


class Slicing(Taped):
    """Records a run up to one pass, whose loss is taken; after it only where its leaves go."""

    def __init__(self, source: Program, job: Job, study: Slice) -> None:
        super().__init__(source, job)
        self.replay: Replay | None = None
        self.refusal: ProgramError | None = None
        self._study = study
        self._ways: dict[tuple[int, ...], Way] = {}
        self._way: Way | None = None

    def _close(self, recording: Recording, call: str, frame: FrameType | None = None) -> None:
        if call != "forward":
            way = self._note(recording)
            if self.pass_count == self._study.pass_index:
                self._take(recording)
                self._way = way
        super()._close(recording, call, frame)

    def _note(self, recording: Recording) -> Way | None:
        if not self._study.path:
            return None
        leaves = [leaf for leaf in recording.laid.variables if leaf.is_floating_point()]
        key = tuple(map(id, leaves))
        if key not in self._ways and leaves and (len(self._ways) < MOST_WAYS or self.replay is None):
            self._ways[key] = Way(leaves)
        way = self._ways.get(key)
        if way is not None:
            way.note(self.pass_count)
        return way

    def _take(self, recording: Recording) -> None:
        """Make the pass a function; what is played for that is not the program's: nobody takes it down.

        Raises:
            RunCut: nothing more is to be seen.
        """
        recorder, Active.recorder = Active.recorder, None
        try:
            with torch._C.DisableTorchFunction():
                self.replay = Replay(recording, self.tape)
        except ProgramError as error:
            self.refusal = error
        finally:
            Active.recorder = recorder
        self.tape.stop()
        if self.replay is None or not self._study.path:
            raise RunCut(Cut("passes", self.pass_count + 1, "passes"))

    def walked(self) -> tuple[tuple[int, ...], torch.Tensor] | None:
        """Where the leaves of the pass were, in the order of its slice."""
        return None if self._way is None else self._way.walked(self.pass_count)


def slice_pass(program: str, job: Job, send: Callable[[Event], None]) -> EndEvent:
    """Evaluate the loss of one pass of a program over a plane.

    Args:
        program: the program, or the one that an expression became.
        job: its seed, limits and study.
        send: takes the finding.

    Returns:
        How the run ended: as the program did where it came to no such pass.

    Raises:
        ProgramError: the plane that is asked for cannot be laid.
    """
    assert isinstance(job.study, Slice)
    recorder, end = take_pass(Program(program), job, job.study)
    if recorder.replay is not None:
        send(draw(recorder.replay, job.study, recorder.walked()))
    return end


def take_pass(source: Program, job: Job, study: Slice) -> tuple[Slicing, EndEvent]:
    """Run a program until one of its passes is a function of its leaves.

    Returns:
        The recorder, with the pass as its `replay`, and a good end; or, without one, the end that tells why.
    """
    recorder = Slicing(source, job, study)
    end = run_under(recorder, source, job, recorder.tape)
    if recorder.refusal is not None:
        end = EndEvent(failure=failure_of(recorder.refusal, source.text))
    elif recorder.replay is not None:
        end = EndEvent()
    elif end == EndEvent() and 0 < recorder.pass_count <= study.pass_index:
        end = EndEvent(failure=Failure("no-such-pass", {"index": study.pass_index, "count": recorder.pass_count}))
    elif end == EndEvent():
        end = EndEvent(failure=Failure("slice-no-loss"))
    return recorder, end


def draw(replay: Replay, study: Slice, walked: tuple[tuple[int, ...], torch.Tensor] | None) -> LandscapeEvent:
    """Lay the plane, and evaluate the loss all over it.

    Raises:
        ProgramError: there is no such plane.
    """
    place = torch.cat([value.reshape(-1) for value in replay.values])
    rows = place[None] if walked is None else walked[1]
    moved = (rows - place)[torch.isfinite(rows).all(dim=1)]
    plane, lines = (
        lay_axes(replay, study.axes, place)
        if study.compass is None
        else lay_directions(replay, study.compass, place, moved)
    )
    losses, slopes, batched = Grid(over(replay, plane), replay.elements).evaluate(lines, study.gradients)
    gradient = replay.gradient()
    explained = None if walked is None else float(explained_by(plane.directions, moved).sum())
    return LandscapeEvent(
        floats(losses),
        tuple(map(floats, slopes)) if study.gradients else (),
        batched,
        slice=SliceView(
            study.pass_index,
            replay.graph,
            real(replay.loss),
            real(replay.replayed),
            place=reals(plane.project(place[None])),
            gradient=reals(plane.directions @ gradient),
            coordinates=tuple(map(reals, lines)),
            hidden=hide(plane.directions, gradient, None if explained is None or explained != explained else explained),
            path=None if walked is None else SlicePath(walked[0], tuple(map(reals, plane.project(rows)))),
        ),
    )


def lay_axes(replay: Replay, axes: tuple[Axis, ...], place: torch.Tensor) -> tuple[Plane, list[torch.Tensor]]:
    """Lay a plane along some elements; its centre is where these are 0 and all else is as it was."""
    values = dict(zip(replay.leaves, replay.values, strict=True))
    known = [msgspec.structs.replace(axis, variable=replay.ids.get(axis.variable, axis.variable)) for axis in axes]
    lines = draw_lines(values, tuple(known))
    firsts = dict(zip(values, starts_of(replay.values), strict=True))
    directions = torch.zeros(len(known), len(place), dtype=torch.float64)
    for direction, axis in zip(directions, known, strict=True):
        within = torch.arange(values[axis.variable].numel()).reshape(values[axis.variable].shape)
        direction[firsts[axis.variable] + int(within[axis.index or ()])] = 1
    centre = torch.where(directions.any(dim=0), 0.0, place)
    return Plane(directions, centre, torch.zeros(len(known))), lines


def lay_directions(
    replay: Replay, compass: Compass, place: torch.Tensor, moved: torch.Tensor
) -> tuple[Plane, list[torch.Tensor]]:
    """Lay a plane at random, or along the run's way, with the window that it is shown in.

    Raises:
        ProgramError: the weights, or the way, span none.
    """
    plane = None
    if len(place) < 2:
        low = high = torch.zeros(2).double()
    elif compass.kind == "random":
        plane = draw_plane(place, [value.shape for value in replay.values], compass.seed, moved)
        low, high = -torch.ones(2).double(), torch.ones(2).double()
    else:
        plane = lay_plane(place + moved, place)
        low = high = torch.zeros(2).double()
    if plane is None:
        raise ProgramError("slice-no-plane", {"directions": compass.kind})
    if compass.kind == "pca":
        points = plane.project(place + moved)
        low, high = points.amin(dim=0), points.amax(dim=0)
        low, high = low - MARGIN * (high - low), high + MARGIN * (high - low)
    middle, half = (low + high) / 2, compass.reach * (high - low) / 2
    ends = zip((middle - half).tolist(), (middle + half).tolist(), strict=True)
    return plane, [torch.linspace(a, b, compass.count, dtype=torch.float64) for a, b in ends]


def over(replay: Replay, plane: Plane) -> Callable[..., torch.Tensor]:
    """Make the loss a function of places in the plane; leaves that do not move are shared by all of them."""
    sizes = [value.numel() for value in replay.values]
    centres = torch.split(plane.centre, sizes)
    directions = torch.split(plane.directions, sizes, dim=1)

    def of_cell(*cell: torch.Tensor) -> torch.Tensor:
        leaves = []
        for value, centre, along in zip(replay.values, centres, directions, strict=True):
            for distance, direction in zip(cell, along, strict=True):
                if bool(direction.any()):
                    centre = centre + distance * direction
            leaves.append(centre.reshape(value.shape))
        return replay(leaves)

    return of_cell


def starts_of(values: Sequence[torch.Tensor]) -> list[int]:
    """Where each tensor begins in the row of all."""
    ends = torch.tensor([0, *(value.numel() for value in values)]).cumsum(0)
    listed: list[int] = ends[:-1].tolist()
    return listed
