"""Merging what several devices say about one message, in whatever order it arrives.

Of two readings the one with the higher (version, time) holds; on ties ``dismissed`` before ``read``
before ``unread``. Version vectors alone order only what knew of each other, and to break their ties
by time would make circles (a before b by version, b before c and c before a by time), so that the
outcome would depend on the order of arrival. The sum of a vector's counters grows wherever the
vector does: it extends their order to a total one, and the merge is simply the maximum.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from groundswell.contract.inbox import ReadState

SERVER = "server"
"""The component of a version vector that counts what this service decided."""

WIDEST_VECTOR = 64

_RANK: dict[ReadState, int] = {"unread": 0, "read": 1, "dismissed": 2}


class Reading(msgspec.Struct, frozen=True, gc=False):
    """What one device said: the state, when (microseconds), knowing which versions."""

    state: ReadState
    at: int
    by: str = ""
    vv: dict[str, int] = {}


UNREAD = Reading("unread", 0)


def precedence(reading: Reading) -> tuple[Any, ...]:
    """Readings compare as these do; only equal readings have equal ones."""
    return (
        sum(reading.vv.values()),
        reading.at,
        _RANK[reading.state],
        reading.by,
        sorted(reading.vv.items()),
    )


def merge(one: Reading, other: Reading) -> Reading:
    """The reading that holds. Commutative, associative and idempotent."""
    return max(one, other, key=precedence)


def joined(*vectors: Mapping[str, int]) -> dict[str, int]:
    """The smallest version vector that covers all of them.

    Of more than 64 components the greatest are kept: nobody has that many devices.
    """
    found: dict[str, int] = {}
    for vector in vectors:
        for name, count in vector.items():
            found[name] = max(count, found.get(name, 0))
    if len(found) <= WIDEST_VECTOR:
        return found
    greatest = sorted(found.items(), key=lambda item: (item[0] != SERVER, -item[1], item[0]))
    return dict(greatest[:WIDEST_VECTOR])


def said_without_version(current: Reading, state: ReadState, at: int, by: str) -> Reading:
    """What a device says that keeps no versions: it is taken to know the present one, so that
    time decides.
    """
    return Reading(state, at, by, current.vv)
