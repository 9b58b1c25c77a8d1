"""What the slices agree on about persons: what they wish, and how they are forgotten.

Slices do not know each other. What somebody wishes is asked through ``Discretions``; what each
part keeps of somebody is taken out by its ``Eraser``, all within one transaction of the writer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from groundswell.contract.people import Forgetting
from groundswell.contract.privacy import Discretion
from groundswell.store.commands import EventTail
from groundswell.store.transaction import Transaction

Discretions = Callable[[Transaction, Collection[str]], Awaitable[Mapping[str, Discretion]]]
"""The wishes of these users; those who never said any are missing."""

AreFriends = Callable[[Transaction, str, str], Awaitable[bool]]
"""Whether two users are friends of whom neither blocks the other."""

Withdraw = Callable[[Transaction, str, Collection[str] | None, EventTail, int], Awaitable[None]]
"""Take what a user did out of public, by verbs or (None) all of it, at an instant."""

Trail = Mapping[str, Sequence[int]]
"""Rows that name somebody: by table, the numbers of the rows."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """Whom to forget.

    Attributes:
        tombstone: what stands in their place where something has to.
        user_id: the user; None to forget an address.
        actors: the names under which they acted: ``user:<id>``, or hashes of the address.
        voters: the names under which they voted.
        at: now.
    """

    tombstone: str
    user_id: str | None
    actors: frozenset[str]
    voters: frozenset[str]
    at: int

    @property
    def forgetting(self) -> Forgetting:
        """What stands in place of what."""
        if self.user_id is not None:
            return Forgetting.user(self.user_id, self.tombstone)
        return Forgetting.hashes(self.actors)

    @property
    def needles(self) -> tuple[str, ...]:
        """Texts of which one is in every JSON that names them."""
        named = self.actors if self.user_id is None else {self.user_id, *self.actors}
        return tuple(sorted(named))


Find = Callable[[Transaction, Erasure, int], Awaitable[Trail]]
"""Where somebody is in tables too large to be searched by the writer, beyond a place in the log."""

Erase = Callable[[Transaction, Erasure, Trail, EventTail], Awaitable[int]]
"""Forget somebody; how many rows named them. Done again, it finds nothing."""


@dataclass(frozen=True, slots=True)
class Eraser:
    """How one part forgets somebody.

    Rows of its large tables bear places in the log as their numbers. ``find`` searches them up to
    the present in a snapshot; ``erase`` is then given what was found there and what is newer.
    """

    name: str
    erase: Erase
    find: Find | None = None


async def nobody_wishes(_: Transaction, __: Collection[str]) -> Mapping[str, Discretion]:
    """Where nobody can say any wishes."""
    return {}


async def no_friends(_: Transaction, __: str, ___: str) -> bool:
    """Where nobody knows who knows whom."""
    return False


async def nothing_withdrawn(
    _: Transaction, __: str, ___: Collection[str] | None, ____: EventTail, _____: int
) -> None:
    """Where nothing is in public."""
