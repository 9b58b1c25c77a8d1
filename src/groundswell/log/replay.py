"""Replaying the log: folding it anew, comparing row by row, and swapping in what it says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from groundswell.contract.events import Event, LoggedEvent
from groundswell.log.journal import TAKE_TURN
from groundswell.log.projections import Difference, Fold, Projection
from groundswell.log.reader import AFTER, HEAD, event_of
from groundswell.log.snapshots import forgotten_since, newest
from groundswell.store import Store, Transaction

_PORTION: Final = 2_000


@dataclass(slots=True)
class Replayed:
    """A projection's fold, and how far it has come.

    ``begun`` is the place of the snapshot it began with, 0 for the start of the log; ``seq`` that
    of the last event in it.
    """

    projection: Projection
    fold: Fold
    begun: int
    seq: int

    def again(self) -> None:
        """Begin with the first event."""
        self.fold, self.begun, self.seq = self.projection.fold(), 0, 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a replay found of one projection: ``seq`` is the place in the log it is about."""

    projection: str
    begun: int
    seq: int
    rows: int
    differences: tuple[Difference, ...]
    mended: bool

    @property
    def left(self) -> int:
        """Differences that are still there, because the log alone cannot mend them."""
        return sum(not (self.mended and one.mendable) for one in self.differences)


class Folding:
    """Hands events to the folds that take them: most events change one or two of all folds."""

    def __init__(self, folds: Iterable[Replayed]) -> None:
        self._folds = tuple(folds)
        self._takers: dict[type[Event], tuple[Replayed, ...]] = {}

    @property
    def seq(self) -> int:
        """The place of the first event that some fold has yet to see, less one."""
        return min((one.seq for one in self._folds), default=0)

    def add(self, events: Sequence[LoggedEvent]) -> None:
        """Take in events that follow one another; a fold that saw one already is not changed."""
        for logged in events:
            for one in self._takers_of(type(logged.event)):
                if logged.seq > one.seq:
                    one.fold.add(logged)
        if events:
            for one in self._folds:
                one.seq = max(one.seq, events[-1].seq)

    def _takers_of(self, kind: type[Event]) -> tuple[Replayed, ...]:
        found = self._takers.get(kind)
        if found is None:
            found = tuple(one for one in self._folds if issubclass(kind, one.fold.takes))
            self._takers[kind] = found
        return found


async def replay(
    store: Store, projections: Sequence[Projection], *, mend: bool, snapshots: bool = True
) -> list[Outcome]:
    """Fold the log and compare with what is kept; with ``mend`` make that what the log says.

    The comparison reads one snapshot of the database and keeps nobody waiting. Only a projection
    with differences is compared again with the writers kept out, in the one transaction in which
    its rows are swapped.
    """
    async with store.reading() as tx:
        folds = [await begin(tx, one, snapshots=snapshots) for one in projections]
        await advance(tx, folds)
        outcomes = [await _compare(tx, one) for one in folds]
    if not mend:
        return outcomes
    return [
        await _mend(store, one) if outcome.differences else outcome
        for one, outcome in zip(folds, outcomes, strict=True)
    ]


async def begin(tx: Transaction, projection: Projection, *, snapshots: bool = True) -> Replayed:
    """Where to begin: at the newest snapshot that can be used, or with the first event."""
    if not snapshots:
        return Replayed(projection, projection.fold(), 0, 0)
    head, log_id = (await tx.fetch(HEAD))[0]
    fold, seq = await newest(tx, projection, head, log_id)
    return Replayed(projection, fold, seq, seq)


async def advance(tx: Transaction, folds: Iterable[Replayed]) -> None:
    """Bring folds up to the end of the log as this transaction sees it, in one reading.

    Who was forgotten since a fold was made is still named in it: it begins anew.
    """
    behind = list(folds)
    for one in behind:
        if one.seq and await forgotten_since(tx, one.seq):
            one.again()
    folding = Folding(behind)
    async for events in _portions(tx, folding.seq):
        folding.add(events)


async def _portions(tx: Transaction, after: int) -> AsyncIterator[list[LoggedEvent]]:
    while rows := await tx.fetch(AFTER, after=after, limit=_PORTION):
        yield [event_of(row) for row in rows]
        after = rows[-1][0]


async def _compare(tx: Transaction, one: Replayed) -> Outcome:
    rows, found = await one.projection.compare(tx, one.fold)
    return Outcome(one.projection.name, one.begun, one.seq, rows, tuple(found), mended=False)


async def _mend(store: Store, one: Replayed) -> Outcome:
    async with store.writing() as tx:
        await tx.fetch(TAKE_TURN)
        await advance(tx, [one])
        rows, found = await one.projection.compare(tx, one.fold)
        await one.projection.mend(tx, found)
    return Outcome(one.projection.name, one.begun, one.seq, rows, tuple(found), mended=True)
