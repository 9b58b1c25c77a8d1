"""Who listens in the demo and what they do: simulated, and the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec

from groundswell.domains.engagement.views import VoteType

COMMENTS = (
    "Turn it up.",
    "Still sounds fresh.",
    "That solo.",
    "Had this on tape.",
    "Never gets old.",
    "Best driving song.",
)

_SKIPPED = 0.08
_VOTES = 0.15
_DOWNVOTES = 0.15
_DOWNLOADS = 0.03
_COMMENTS = 0.01


class Listener(msgspec.Struct, frozen=True):
    """One listener of one airing, and what they do besides."""

    address: str
    seconds: int
    vote: VoteType | None = None
    downloads: bool = False
    comment: str | None = None


class Audience:
    """Draws listeners from real addresses; each is drawn equally often.

    Args:
        addresses: where listeners are.
        seed: equal seeds draw the same listeners in the same order.
    """

    def __init__(self, addresses: Sequence[str], seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - a show, not a secret
        self._addresses = list(addresses)
        self._left: list[str] = []

    def draw(self) -> Listener:
        """The listener of the next airing. Who skips a song does nothing else with it."""
        chance = self._random.random
        address = self._next_address()
        if chance() < _SKIPPED:
            return Listener(address, self._random.randint(3, 25))
        return Listener(
            address=address,
            seconds=self._random.randint(90, 280),
            vote=("down" if chance() < _DOWNVOTES else "up") if chance() < _VOTES else None,
            downloads=chance() < _DOWNLOADS,
            comment=self._random.choice(COMMENTS) if chance() < _COMMENTS else None,
        )

    def _next_address(self) -> str:
        """No address comes again before all others came, so nobody runs into a rate limit."""
        if not self._left:
            self._left = self._random.sample(self._addresses, len(self._addresses))
        return self._left.pop()
