"""Who wins what when participants are equal at the edge of the prizes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

PrizePolicy = Literal["share", "earliest", "all"]


class Prize(NamedTuple):
    """``share`` of the prizes of the places from ``first`` to ``last``."""

    user_id: str
    first: int
    last: int
    share: Fraction


def prizes(
    ranked: Sequence[tuple[str, int]], places: int, policy: PrizePolicy
) -> tuple[Prize, ...]:
    """The prizes of ``(user, position)`` in the order of display, of which ``places`` win.

    ``earliest``: who was there first has the better prize, and nobody else the last. ``share``:
    equals divide the prizes of the places they take up. ``all``: each of them has the best of
    these, however many they are.
    """
    if policy == "earliest":
        won = ranked[:places]
        return tuple(Prize(user, n, n, Fraction(1)) for n, (user, _) in enumerate(won, 1))
    winners = [(user, position) for user, position in ranked if position <= places]
    sizes: dict[int, int] = {}
    for _, position in winners:
        sizes[position] = sizes.get(position, 0) + 1
    if policy == "all":
        return tuple(Prize(user, first, first, Fraction(1)) for user, first in winners)
    return tuple(
        Prize(
            user,
            first,
            min(first + sizes[first] - 1, places),
            Fraction(1, sizes[first]),
        )
        for user, first in winners
    )
