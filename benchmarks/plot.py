"""A plot of times over sizes, both in powers of ten, as a small SVG."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 740, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 210, 40, 50
INKS = ("#1f6feb", "#d1242f", "#1a7f37", "#8250df")
DASHES = ("", "6 3", "2 3", "10 3 2 3")
GREY, BLACK = "#d0d7de", "#1f2328"


class Series(NamedTuple):
    """One curve: sizes and milliseconds."""

    name: str
    points: tuple[tuple[int, float], ...]


def plot(title: str, sizes: str, series: Sequence[Series]) -> str:
    """Draw the curves; along a line that rises as the diagonal grid does, time is in proportion to size.

    Args:
        title: what is measured.
        sizes: what is counted along the bottom.
        series: four at most.
    """
    points = [point for one in series for point in one.points]
    across = _decades(size for size, _ in points)
    up = _decades(time for _, time in points)
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{escape(title)}" font-family="sans-serif" font-size="12" fill="{BLACK}">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        f'<text x="{LEFT}" y="22" font-size="15" font-weight="bold">{escape(title)}</text>',
        *_grid(across, up, sizes),
        *(line for place, one in enumerate(series) for line in _curve(one, place, across, up)),
        "</svg>",
    ]
    return "\n".join(body) + "\n"


def _decades(amounts: Iterator[float]) -> tuple[int, int]:
    logarithms = [math.log10(amount) for amount in amounts]
    return math.floor(min(logarithms)), math.ceil(max(logarithms))


def _x(size: float, across: tuple[int, int]) -> float:
    return LEFT + (math.log10(size) - across[0]) / (across[1] - across[0]) * (WIDTH - LEFT - RIGHT)


def _y(time: float, up: tuple[int, int]) -> float:
    return HEIGHT - BOTTOM - (math.log10(time) - up[0]) / (up[1] - up[0]) * (HEIGHT - TOP - BOTTOM)


def _grid(across: tuple[int, int], up: tuple[int, int], sizes: str) -> Iterator[str]:
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    for power in range(across[0], across[1] + 1):
        x = _x(10.0**power, across)
        yield f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{bottom}" stroke="{GREY}"/>'
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{10**power:,}</text>'
    for power in range(up[0], up[1] + 1):
        y = _y(10.0**power, up)
        yield f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="{GREY}"/>'
        yield f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_duration(power)}</text>'
    yield f'<text x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 12}" text-anchor="middle">{escape(sizes)}</text>'


def _duration(power: int) -> str:
    """A power of ten of milliseconds."""
    return f"{10 ** (power - 3):,} s" if power >= 3 else f"{10.0**power:g} ms"


def _curve(one: Series, place: int, across: tuple[int, int], up: tuple[int, int]) -> Iterator[str]:
    ink, dash = INKS[place], DASHES[place]
    places = [(_x(size, across), _y(time, up)) for size, time in one.points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{line}" fill="none" stroke="{ink}" stroke-width="2" stroke-dasharray="{dash}"/>'
    for x, y in places:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{ink}"/>'
    y = TOP + 16 + 22 * place
    start = WIDTH - RIGHT + 14
    yield (
        f'<line x1="{start}" y1="{y - 4}" x2="{start + 24}" y2="{y - 4}" stroke="{ink}" stroke-width="2" '
        f'stroke-dasharray="{dash}"/>'
    )
    yield f'<text x="{start + 30}" y="{y}">{escape(one.name)}</text>'
