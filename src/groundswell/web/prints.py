"""A cover for every file: a ground swell drawn from its id, since a catalogue has no pictures.

The same id always gives the same picture; nothing is stored and nothing is loaded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import pairwise
from math import exp, pi, sin

import msgspec

SIZE = 192
"""Width and height of the picture's view box."""
GROUNDS = 4
"""How many pairs of ground and line colour the style sheet knows."""
_LINES = 9
_STEP = 16
_TOP = 56
_GAP = 15


class Print(msgspec.Struct, frozen=True):
    """The lines from back to front, each a closed path, and the number of its colours."""

    ground: int
    paths: list[str]


class _Swell(msgspec.Struct, frozen=True):
    """One crest running through all lines: where it starts, drifts to, how wide and high it is."""

    start: float
    drift: float
    width: float
    height: float

    def lift(self, x: float, depth: float) -> float:
        """Height at ``x`` on the line at ``depth`` (0 at the back, 1 in front)."""
        centre = self.start + self.drift * depth
        swell = 0.45 + 0.55 * sin(pi * (0.15 + 0.7 * depth))
        return self.height * swell * exp(-(((x - centre) / self.width) ** 2))


def print_of(media_file_id: int) -> Print:
    """The picture of a file."""
    dice = [byte / 255 for byte in hashlib.blake2b(str(media_file_id).encode()).digest()]
    swells = (
        _Swell(30 + 132 * dice[0], 110 * (dice[1] - 0.5), 22 + 22 * dice[2], 34 + 30 * dice[3]),
        _Swell(192 * dice[4], 150 * (dice[5] - 0.5), 14 + 26 * dice[6], 10 + 26 * dice[7]),
    )
    ground = int(dice[8] * 255) % GROUNDS
    return Print(ground, [_line(number, swells) for number in range(_LINES)])


def svg_of(media_file_id: int) -> str:
    """The picture as an SVG element, for the page and for itself; the style sheet colours it."""
    picture = print_of(media_file_id)
    paths = "".join(f'<path d="{path}"/>' for path in picture.paths)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="print ground-{picture.ground}"'
        f' viewBox="0 0 {SIZE} {SIZE}" preserveAspectRatio="xMidYMid slice"'
        f' aria-hidden="true">{paths}</svg>'
    )


def _line(number: int, swells: Sequence[_Swell]) -> str:
    depth = number / (_LINES - 1)
    base = _TOP + _GAP * number
    xs = range(-_STEP, SIZE + 2 * _STEP, _STEP)
    heights = [_even(base - sum(swell.lift(x, depth) for swell in swells)) for x in xs]
    return _curve(list(zip(xs, heights, strict=True)))


def _curve(points: list[tuple[int, int]]) -> str:
    """A quadratic B-spline: its ends are midpoints, so ``T`` finds each control point by itself.

    The points are even, hence midpoints are whole and rounding cannot build up along the chain.
    """
    middles = [
        ((x + after_x) // 2, (y + after_y) // 2) for (x, y), (after_x, after_y) in pairwise(points)
    ]
    (start_x, start_y), (control_x, control_y) = points[0], points[1]
    chain = " ".join(f"{x} {y}" for x, y in middles[2:])
    first = middles[1]
    return (
        f"M{start_x} {start_y}L{middles[0][0]} {middles[0][1]}"
        f"Q{control_x} {control_y} {first[0]} {first[1]}T{chain}V{SIZE + 8}H{start_x}Z"
    )


def _even(value: float) -> int:
    return 2 * round(value / 2)
