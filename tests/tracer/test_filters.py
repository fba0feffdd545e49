"""Random directions of a loss surface: each filter as long as in the weights."""

from __future__ import annotations

import msgspec
import pytest
import torch

from app.trace.codec import ReplyError
from app.trace.outcomes import clean_trial
from app.trace.study import Hidden
from app.trace.trials import Centre, SurfaceEvent
from app.tracer.lab.filters import draw_directions, draw_plane, filters_of


def test_random_directions_are_as_long_as_the_filters() -> None:
    shapes = [torch.Size(shape) for shape in ((3, 2, 2, 2), (3,), (4, 3), (4,))]
    weights = torch.randn(sum(shape.numel() for shape in shapes), generator=torch.Generator().manual_seed(5)).double()
    directions = draw_directions(weights, shapes, 7)
    assert torch.equal(directions, draw_directions(weights, shapes, 7))
    assert not torch.equal(directions, draw_directions(weights, shapes, 8))
    sizes = [shape.numel() for shape in shapes]
    for direction in directions:
        for shape, ours, theirs in zip(shapes, direction.split(sizes), weights.split(sizes), strict=True):
            if len(shape) == 1:
                assert not ours.any()
                continue
            torch.testing.assert_close(ours.reshape(shape[0], -1).norm(dim=1), theirs.reshape(shape[0], -1).norm(dim=1))
    assert abs(float(directions[0] @ directions[1] / directions.norm(dim=1).prod())) < 0.9
    # Without matrices a vector is a filter, and all scalars together are one.
    vectors = [torch.Size([3]), torch.Size([]), torch.Size([])]
    assert filters_of(vectors).tolist() == [1, 1, 1, 0, 0]
    for direction in draw_directions(torch.tensor([3.0, 0, 4, 6, 8]).double(), vectors, 0):
        assert [float(part.norm()) for part in direction.split([3, 2])] == pytest.approx([5, 10])


def test_a_plane_needs_weights_and_says_what_of_the_paths_it_holds() -> None:
    shapes = [torch.Size([2, 3])]
    moved = torch.eye(6).double()
    assert draw_plane(torch.zeros(6).double(), shapes, 0, moved) is None
    plane = draw_plane(torch.arange(1.0, 7).double(), shapes, 0, moved)
    assert plane is not None
    # Six directions of equal length: a plane holds two of them.
    assert float(plane.explained.sum()) == pytest.approx(2 / 6)
    inside = plane.centre + torch.tensor([[0.5, -2.0]]).double() @ plane.directions
    torch.testing.assert_close(plane.project(inside), torch.tensor([[0.5, -2.0]]).double())
    still = draw_plane(torch.arange(1.0, 7).double(), shapes, 0, torch.zeros(1, 6).double())
    assert still is not None
    assert still.explained.tolist() == [0, 0]


@pytest.mark.parametrize(
    "change",
    [
        {"directions": "pca"},
        {"centre": None},
        {"centre": Centre(-1, 0, 1.0)},
        {"centre": Centre(0, -1, 1.0)},
        {"losses": (1.0, 2.0, 3.0)},
        {"hidden": Hidden(6, 2, 0.1, 0.1, 7)},
    ],
)
def test_a_surface_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    line = (-1.0, 1.0)
    sound = SurfaceEvent((line, line), (1.0,) * 4, Hidden(6, 2, 0.1, 0.1, 3), "random", Centre(0, 9, 0.5))
    assert clean_trial(sound) == sound
    with pytest.raises(ReplyError):
        clean_trial(msgspec.structs.replace(sound, **change))
