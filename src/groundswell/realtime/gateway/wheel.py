"""One timer for all connections: each is looked after when something of it may be due."""

from __future__ import annotations

from collections import defaultdict
from typing import Protocol

SLOT = 250_000
"""Microseconds that are looked after together."""


class Timed(Protocol):
    """Something with things to do later."""

    def tick(self, now: int) -> int | None:
        """Do what is due; when to come again, or None."""
        ...


class Wheel:
    """Slots of time with those who are due in them.

    Being looked after early is harmless, so nobody is ever taken out: a slot costs a reference, and
    an idle connection one entry. ``now`` is the time of the last turn, good enough for what is
    measured in seconds.
    """

    def __init__(self, now: int) -> None:
        self.now = now
        self._slots: defaultdict[int, list[Timed]] = defaultdict(list)
        self._turned = now // SLOT

    def add(self, timed: Timed, at: int) -> None:
        """Look after ``timed`` at that time, or soon after."""
        self._slots[max(self._turned + 1, -(-at // SLOT))].append(timed)

    def turn(self, now: int) -> None:
        """Look after all that are due; a clock set back delays them, one set ahead hurries them."""
        self.now = now
        slot = now // SLOT
        if slot - self._turned > len(self._slots):
            slots = sorted(one for one in self._slots if one <= slot)
        else:
            slots = [one for one in range(self._turned + 1, slot + 1) if one in self._slots]
        self._turned = max(self._turned, slot)
        for one in slots:
            for timed in self._slots.pop(one):
                again = timed.tick(now)
                if again is not None:
                    self.add(timed, again)
