"""What is forgotten in time: hashes of addresses, old feed items, windows that are over.

Counters and hourly sums never change by this; logs keep their rows and lose what points at people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from groundswell.contract.times import DAY, Clock
from groundswell.log.reader import HEAD
from groundswell.store import BIGINT, Row, Statement, Store
from groundswell.store.idempotency import FORGET
from groundswell.store.repeating import repeat

_PORTION = 1_000
_EVERY_SECONDS = 600.0
_LOGS = {
    "play_logs": "completed_at",
    "download_logs": "downloaded_at",
    "view_logs": "viewed_at",
    "comments": "created_at",
}


def _find(table: str, at: str) -> Statement:
    return Statement(
        f"""
        SELECT id, {at} FROM {table}
        WHERE {at} > :after AND {at} <= :before AND actor IS NOT NULL
        ORDER BY {at} LIMIT :portion
        """  # noqa: S608 - names of ours
    )


def _find_newly_stored(table: str, at: str) -> Statement:
    return Statement(
        f"""
        SELECT id, {at} FROM {table}
        WHERE id > :after AND {at} <= :before AND actor IS NOT NULL
        ORDER BY id LIMIT :portion
        """  # noqa: S608 - names of ours
    )


def _forget(table: str) -> Statement:
    return Statement(
        f"UPDATE {table} SET ip_hash = NULL, actor = NULL, session_id = NULL "  # noqa: S608 - ours
        "WHERE id IN (SELECT r.id FROM {rows} r)",
        rows={"id": BIGINT},
    )


# The time index of each log, then its primary key: reports and imports may be older than the
# time up to which everything is done.
OLD = {table: _find(table, at) for table, at in _LOGS.items()}
OLD_BUT_NEW = {table: _find_newly_stored(table, at) for table, at in _LOGS.items()}
ANONYMIZE = {table: _forget(table) for table in _LOGS}
# ix_votes_updated_at; a vote keeps its voter, which is what makes it one vote.
ANONYMIZE_VOTES = Statement(
    """
    UPDATE votes SET ip_hash = NULL, actor = NULL, session_id = NULL
    WHERE updated_at <= :before AND actor IS NOT NULL
    """
)
# ix_votes_network
FORGET_NETWORKS = Statement(
    "UPDATE votes SET network = NULL WHERE updated_at <= :before AND network IS NOT NULL"
)
# ix_activity_feed_created_at
ANONYMIZE_FEED = Statement(
    "UPDATE activity_feed SET ip_hash = NULL WHERE created_at <= :before AND ip_hash IS NOT NULL"
)
TRIM_FEED = Statement("DELETE FROM activity_feed WHERE created_at <= :before")
TRIM_WINDOWS = Statement("DELETE FROM recent_actors WHERE expires_at <= :before")


class Retention:
    """Forgets what is due, a portion at a time, so that the writer never waits long.

    Args:
        store: the database.
        clock: the time.
        hash_days: how long logs keep hashes.
        feed_days: how long items stay in the feed.
    """

    def __init__(self, store: Store, clock: Clock, *, hash_days: int, feed_days: int) -> None:
        self._store = store
        self._clock = clock
        self._hash_life = hash_days * DAY
        self._feed_life = feed_days * DAY
        self._done = dict.fromkeys(_LOGS, -(2**62))
        self._seen: int | None = None
        self._forgotten = 0

    async def run(self) -> None:
        """Look after it every ten minutes, until cancelled."""
        await repeat(
            self.forget, _EVERY_SECONDS, postponed="retention postponed", failed="retention failed"
        )

    async def forget(self) -> None:
        """Forget everything that is due now."""
        now = self._clock()
        head = int((await self._store.fetch(HEAD))[0][0])
        for table in _LOGS:
            await self._forget_hashes(table, now - self._hash_life)
            if self._seen is not None:
                await self._forget_newly_stored(table, self._seen, now - self._hash_life)
        self._seen = head
        for statement, before in (
            (ANONYMIZE_VOTES, now - self._hash_life),
            (FORGET_NETWORKS, now - DAY),
            (ANONYMIZE_FEED, now - self._hash_life),
            (TRIM_FEED, now - self._feed_life),
            (TRIM_WINDOWS, now),
            (FORGET, now - DAY),
        ):
            async with self._store.writing() as tx:
                await tx.fetch(statement, before=before)

    async def _forget_hashes(self, table: str, before: int) -> None:
        while True:
            rows = await self._store.fetch(
                OLD[table], after=self._done[table], before=before, portion=_PORTION
            )
            if rows:
                await self._anonymize(table, rows)
                self._done[table] = rows[-1][1] - 1  # others may share the last instant
            if len(rows) < _PORTION:
                return

    async def _forget_newly_stored(self, table: str, after: int, before: int) -> None:
        """What was stored since the last round, and is old all the same."""
        while rows := await self._store.fetch(
            OLD_BUT_NEW[table], after=after, before=before, portion=_PORTION
        ):
            await self._anonymize(table, rows)

    async def _anonymize(self, table: str, rows: Sequence[Row]) -> None:
        async with self._store.writing() as tx:
            await tx.fetch(ANONYMIZE[table], rows=[(row[0],) for row in rows])
        self._forgotten += len(rows)

    def statistics(self) -> Mapping[str, float]:
        """Log rows made anonymous since the start."""
        return {"anonymized_total": float(self._forgotten)}
