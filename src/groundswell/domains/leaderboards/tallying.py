"""Turning what counts into standings: events, entries and counts, many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from groundswell.domains.leaderboards import board_rows, entry_rows
from groundswell.domains.leaderboards.archiving import KEEP
from groundswell.domains.leaderboards.changes import Change, say
from groundswell.domains.leaderboards.ranks import Standing, count_changes, raised, standing_of
from groundswell.domains.leaderboards.windows import Window
from groundswell.store import Transaction


class Participant(NamedTuple):
    """One user in one window of one board."""

    board_id: str
    window_start: int
    user_id: str


class Scored(NamedTuple):
    """An event as it counts on a board: ``points`` are its worth from now on."""

    board_id: str
    event_key: str
    window_start: int
    user_id: str
    at: int
    points: int
    first_points: int

    @property
    def participant(self) -> Participant:
        """Whose it is, and in which window."""
        return Participant(self.board_id, self.window_start, self.user_id)


async def known_events(
    transaction: Transaction, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Scored]:
    """Those of the events (board, key) that boards have."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    found = [Scored(*row) for row in await transaction.fetch(entry_rows.FIND_EVENTS, rows=wanted)]
    return {(one.board_id, one.event_key): one for one in found}


async def standings(
    transaction: Transaction, participants: Iterable[Participant]
) -> dict[Participant, Standing]:
    """The standings of those who are on the board."""
    rows = await transaction.fetch(entry_rows.FIND_ENTRIES, rows=sorted(set(participants)))
    return {Participant(*row[:3]): Standing(*row[3:]) for row in rows}


async def places(
    transaction: Transaction, participants: Iterable[Participant]
) -> dict[Participant, tuple[Standing, int]]:
    """The standings and positions of those who are on the board."""
    rows = await transaction.fetch(entry_rows.FIND_PLACES, rows=sorted(set(participants)))
    return {Participant(*row[:3]): (Standing(*row[3:6]), row[6]) for row in rows}


async def count(
    transaction: Transaction,
    added: Sequence[Scored],
    windows: Iterable[tuple[str, Window]],
    now: int,
) -> None:
    """Count events that are new, each once, in windows that may be new too."""
    await transaction.write(
        board_rows.ADD_WINDOWS, rows=sorted({(board, *window) for board, window in windows})
    )
    await _tally(transaction, added, now, new=True)


async def revise(transaction: Transaction, revised: Sequence[Scored], now: int) -> None:
    """Let known events be worth something else."""
    await _tally(transaction, revised, now, new=False)


async def _tally(
    transaction: Transaction, events: Sequence[Scored], now: int, *, new: bool
) -> None:
    by_participant: defaultdict[Participant, list[tuple[int, int]]] = defaultdict(list)
    for one in events:
        by_participant[one.participant].append((one.at, one.points))
    before = await standings(transaction, by_participant)
    await transaction.write(KEEP, rows=sorted(by_participant))
    await transaction.write(entry_rows.SAVE_EVENTS, rows=events)
    after: dict[Participant, Standing | None] = {}
    for participant, gains in by_participant.items():
        quick = raised(before.get(participant), gains) if new else None
        after[participant] = quick or await _counted_again(transaction, participant)
    await _save(transaction, after)
    await _save_counts(transaction, before, after)
    await _note(transaction, after, now)


async def _counted_again(transaction: Transaction, participant: Participant) -> Standing | None:
    rows = await transaction.fetch(entry_rows.EVENTS_OF, **participant._asdict())
    return standing_of([(at, points) for at, points in rows])


async def _save(transaction: Transaction, standing: dict[Participant, Standing | None]) -> None:
    saved = [
        (*participant, -one.score, one.reached_at, one.corrections)
        for participant, one in standing.items()
        if one is not None
    ]
    if saved:
        await transaction.write(entry_rows.SAVE_ENTRIES, rows=saved)
    if gone := [participant for participant, one in standing.items() if one is None]:
        await transaction.write(entry_rows.REMOVE_ENTRIES, rows=gone)


async def _save_counts(
    transaction: Transaction,
    before: dict[Participant, Standing],
    after: dict[Participant, Standing | None],
) -> None:
    moves: defaultdict[tuple[str, int], list[tuple[int | None, int | None]]] = defaultdict(list)
    for participant, one in after.items():
        old = before.get(participant)
        moves[participant.board_id, participant.window_start].append(
            (None if old is None else old.score, None if one is None else one.score)
        )
    changes = [
        (*board, *place, change)
        for board, moved in moves.items()
        for place, change in count_changes(moved).items()
    ]
    if not changes:
        return
    counts = await transaction.fetch(entry_rows.ADD_COUNTS, rows=sorted(changes))
    if empty := [row[:4] for row in counts if row[4] == 0]:
        await transaction.write(entry_rows.REMOVE_COUNTS, rows=empty)


async def _note(
    transaction: Transaction, standing: Mapping[Participant, Standing | None], now: int
) -> None:
    """Listeners are to be told, and archives that lack this are to be superseded."""
    places: defaultdict[str, list[tuple[int, str, int | None, int | None]]] = defaultdict(list)
    for (board_id, window, user_id), one in standing.items():
        score, reached_at = (None, None) if one is None else (one.score, one.reached_at)
        places[board_id].append((window, user_id, score, reached_at))
    await say(transaction, {board_id: Change(made) for board_id, made in places.items()})
    windows = sorted({(one.board_id, one.window_start) for one in standing})
    await transaction.write(entry_rows.AMENDED, rows=windows, now=now)
