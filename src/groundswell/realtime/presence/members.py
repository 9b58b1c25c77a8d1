"""What others see of somebody's devices, and what changed in what they see: plain functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

from groundswell.contract.times import SECOND

Status = Literal["online", "away", "invisible"]

TTL: Final = 45 * SECOND
"""A device that was not heard from for so long is gone."""

SHOWN: Final = 200
"""In a scope with more members only their number is told, unless somebody asks page by page."""

_RANK: Final[Mapping[Status, int]] = {"online": 2, "away": 1, "invisible": 0}


class Device(msgspec.Struct, frozen=True):
    """One device of a user."""

    user_id: str
    client_id: str


class Sighting(msgspec.Struct, frozen=True):
    """What a device last said, and until when that holds; instants in microseconds."""

    status: Status
    data: bytes
    said_at: int
    until: int


class Member(msgspec.Struct, frozen=True, rename="camel"):
    """A user as others see them; ``data`` is a JSON object of the user's choice."""

    user_id: str
    status: Status
    data: msgspec.Raw


def seen_as(user_id: str, sightings: Mapping[str, Sighting], now: int) -> Member | None:
    """How others see a user with these devices, by client id; None if not at all.

    The most present device speaks for the user, of equal ones the one that spoke last. One device
    that is invisible hides them all: nothing then differs from being away for good.
    """
    living = [(one, client) for client, one in sightings.items() if one.until > now]
    if not living or any(one.status == "invisible" for one, _ in living):
        return None
    best, _ = max(living, key=lambda pair: (_RANK[pair[0].status], pair[0].said_at, pair[1]))
    return Member(user_id, best.status, msgspec.Raw(best.data))


class Difference(msgspec.Struct, frozen=True):
    """What leads from one set of members to another; leaves are user ids."""

    joins: list[Member]
    leaves: list[str]
    updates: list[Member]

    def __bool__(self) -> bool:
        return bool(self.joins or self.leaves or self.updates)


def difference(before: Iterable[Member], after: Iterable[Member]) -> Difference:
    """What changed, in order of user id."""
    old = {one.user_id: one for one in before}
    new = {one.user_id: one for one in after}
    return Difference(
        joins=[new[user] for user in sorted(new.keys() - old.keys())],
        leaves=sorted(old.keys() - new.keys()),
        updates=[new[user] for user in sorted(new.keys() & old.keys()) if _differs(old, new, user)],
    )


def _differs(old: Mapping[str, Member], new: Mapping[str, Member], user: str) -> bool:
    one, other = old[user], new[user]
    return one.status != other.status or bytes(one.data) != bytes(other.data)
