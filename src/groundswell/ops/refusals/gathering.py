"""Refusals added up by the minute, so that nobody can write as many rows as requests.

What is alike becomes one row: the same caller at the same place with the same code about the same
thing. Where there are too many rows, less is told apart: first of one caller, who keeps only the
codes; then of all, of whom nothing but the number is kept. So a minute has a bounded number of
rows, and the sum of their counts is still the number of refusals.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace
from uuid_utils import uuid7

from groundswell.contract.refusals import Refused
from groundswell.contract.times import MINUTE
from groundswell.ops.refusals.commands import Row

PER_CALLER: Final = 20
"""Rows of one caller in a minute before their places and subjects are no longer told apart."""

KNOWN: Final = 200
"""Rows of users and keys in a minute before they are no longer told apart."""

STRANGERS: Final = 100
"""The same for everybody else: their flood takes no room from those who are known."""

WAITING: Final = 2_000
"""Rows that may wait for the database; what comes while it is away is lost beyond that."""

LIMITED: Final = 429

Key = Hashable


@dataclass(slots=True)
class _Tally:
    refusal_id: str
    began: int
    last: Refused
    times: int = 0


class Gatherer:
    """The rows of the present minute, and those that wait to be stored.

    Args:
        per_caller, known, strangers, waiting: how many rows there may be; see above.
        make_id: the id of a new row.
    """

    def __init__(
        self,
        *,
        per_caller: int = PER_CALLER,
        known: int = KNOWN,
        strangers: int = STRANGERS,
        waiting: int = WAITING,
        make_id: Callable[[], str] = lambda: f"refusal-{uuid7().hex}",
    ) -> None:
        self._per_caller = per_caller
        self._room = {True: known, False: strangers}
        self._most_waiting = waiting
        self._make_id = make_id
        self._minute = -1
        self._tallies: dict[Key, _Tally] = {}
        self._rows_of: Counter[Key] = Counter()
        self._waiting: dict[str, _Tally] = {}
        self.noted = 0
        self.lost = 0

    def add(self, one: Refused) -> None:
        """Count a refusal."""
        self.noted += 1
        if (minute := one.at // MINUTE) != self._minute:
            self._minute = minute
            self._tallies.clear()
            self._rows_of.clear()
        kept = self._as_kept(one)
        key = _key(kept)
        tally = self._tallies.get(key)
        if tally is None:
            tally = self._tallies[key] = _Tally(self._make_id(), one.at, kept)
            if kept.caller != "many":
                self._rows_of.update((_caller(kept), _is_known(kept)))
        tally.last = kept
        tally.times += 1
        self._await_writing(tally)

    def waiting(self) -> list[Row]:
        """What is to be stored now."""
        return [
            Row(one.refusal_id, one.began, one.times, one.last) for one in self._waiting.values()
        ]

    def written(self, rows: list[Row]) -> None:
        """These are stored; what was counted meanwhile still waits."""
        for row in rows:
            tally = self._waiting.get(row.refusal_id)
            if tally is not None and tally.times == row.times:
                del self._waiting[row.refusal_id]

    def _as_kept(self, one: Refused) -> Refused:
        """The refusal with as much of it told apart as there is room for."""
        if one.status == LIMITED:
            return _of_many(one)
        for less in (one, _without_place(one)):
            if _key(less) in self._tallies or self._has_room(less):
                return less
        return _of_many(one, route=None, method=None)

    def _has_room(self, one: Refused) -> bool:
        known = _is_known(one)
        if self._rows_of[known] >= self._room[known]:
            return False
        return one.route is None or self._rows_of[_caller(one)] < self._per_caller

    def _await_writing(self, tally: _Tally) -> None:
        if tally.refusal_id in self._waiting:
            return
        if len(self._waiting) < self._most_waiting:
            self._waiting[tally.refusal_id] = tally
        else:
            self.lost += 1


def _key(one: Refused) -> Key:
    return (
        *(one.route, one.method, one.status, one.code),
        *(one.caller, one.caller_id, one.subject_kind, one.subject_id),
    )


def _caller(one: Refused) -> Key:
    return one.caller, one.caller_id


def _is_known(one: Refused) -> bool:
    """Whether the caller is somebody who showed valid credentials."""
    return one.caller in ("user", "host")


def _without_place(one: Refused) -> Refused:
    return replace(one, route=None, method=None, subject_kind=None, subject_id=None)


def _of_many(one: Refused, **less: None) -> Refused:
    """Without the caller. The codes are a closed list, and so are the routes that limit."""
    return replace(one, caller="many", caller_id=None, subject_kind=None, subject_id=None, **less)
