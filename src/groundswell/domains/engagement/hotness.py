"""The hotness kept with each file: computed again every so often, not with every request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import structlog

from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import SECOND, Clock
from groundswell.domains.engagement import ranking
from groundswell.domains.engagement.apart import apart
from groundswell.domains.engagement.ranked_statements import Facts, rankable
from groundswell.domains.engagement.windows import NOTHING, Sums, window, window_sums
from groundswell.store import BIGINT, REAL, Row, Statement, Store

_BATCH = 256
_PAUSE_SECONDS = 0.005
_log = structlog.get_logger(__name__)
_RETRY_SECONDS = 2.0

STORED_HOTNESS = Statement(
    "SELECT media_file_id, hotness_score, hotness_unrounded, last_hotness_update FROM media"
)
_ROWS = {"media_file_id": BIGINT, "score": BIGINT, "unrounded": REAL}

# Locked in the order of their ids, as every writer does, so that none waits in a circle.
LOCK_FILES = Statement(
    """
    SELECT media_file_id FROM media
    WHERE media_file_id IN (SELECT r.media_file_id FROM {rows} r)
    ORDER BY media_file_id {lock}
    """,
    rows={"media_file_id": BIGINT},
)
SET_HOTNESS = Statement(
    """
    UPDATE media SET hotness_score = r.score, hotness_unrounded = r.unrounded,
                     last_hotness_update = :now
    FROM {rows} r WHERE media.media_file_id = r.media_file_id
    """,
    rows=_ROWS,
)


class Scored(NamedTuple):
    """What is to be stored for one file."""

    media_file_id: int
    score: int
    unrounded: float


class HotnessJob:
    """Stores the hotness of every file whose score is not what is stored.

    Args:
        store: the database.
        clock: the present instant, at which all scores of one round are true.
        period_seconds: the time from one round to the next.
    """

    def __init__(self, store: Store, clock: Clock, period_seconds: float = 60.0) -> None:
        self._store = store
        self._clock = clock
        self._period_seconds = period_seconds
        self._rounds = 0
        self._failures = 0
        self._updated = 0
        self._finished_at: int | None = None

    async def run(self) -> None:
        """Compute again and again; a database that is away is tried again soon."""
        while True:
            pause = _RETRY_SECONDS
            try:
                await self.recompute_once()
                pause = self._period_seconds
            except GroundswellError:
                pass  # counted by the round itself
            except Exception as error:
                _log.error("hotness failed", exc_info=error)
            await asyncio.sleep(pause)

    async def recompute_once(self) -> int:
        """Compute all scores at this instant; returns how many files were updated."""
        now = self._clock()
        try:
            outdated = await self._outdated(now)
            for start in range(0, len(outdated), _BATCH):
                await self._write(outdated[start : start + _BATCH], now)
        except GroundswellError:
            self._failures += 1
            raise
        self._rounds += 1
        self._updated += len(outdated)
        self._finished_at = self._clock()
        return len(outdated)

    def statistics(self) -> Mapping[str, float]:
        """Rounds, failures and files updated since the start, and the age of the last round."""
        finished = self._finished_at
        figures = {
            "rounds": float(self._rounds),
            "failures": float(self._failures),
            "updated": float(self._updated),
        }
        if finished is not None:
            figures["age_seconds"] = (self._clock() - finished) / SECOND
        return figures

    async def _outdated(self, now: int) -> list[Scored]:
        """Files whose stored score is another, in the order of their ids."""
        async with self._store.reading() as tx:
            sums = await window_sums(tx, window("24h", now))
            files = await rankable(tx, now)
            stored = await tx.fetch(STORED_HOTNESS)
        return await apart(len(files), _differing, files, sums, stored, now)

    async def _write(self, batch: Sequence[Scored], now: int) -> None:
        async with self._store.writing() as tx:
            await tx.fetch(LOCK_FILES, rows=[(one.media_file_id,) for one in batch])
            await tx.fetch(SET_HOTNESS, rows=batch, now=now)
        # Votes and plays go first: the writer gets its turn between two batches.
        await asyncio.sleep(_PAUSE_SECONDS)


def _differing(
    files: Sequence[Facts], sums: Mapping[int, Sums], stored: Sequence[Row], now: int
) -> list[Scored]:
    return sorted(_fresh(files, sums, {row[0]: tuple(row[1:]) for row in stored}, now))


def _fresh(
    files: Sequence[Facts],
    sums: Mapping[int, Sums],
    stored: Mapping[int, tuple[int, float, int | None]],
    now: int,
) -> Iterator[Scored]:
    for file in files:
        own = sums.get(file.media_file_id, NOTHING)
        hotness = ranking.hotness(
            own.qualified_plays, own.net_votes, own.comments, own.downloads, file.age_hours(now)
        )
        score, unrounded, updated = stored[file.media_file_id]
        if updated is None or (score, unrounded) != (hotness.score, hotness.unrounded):
            yield Scored(file.media_file_id, hotness.score, hotness.unrounded)
