"""What happened to some files: written to a database as the service does, and counted by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from groundswell.contract.times import HOUR
from groundswell.domains.engagement import statements as sql
from groundswell.domains.engagement.windows import Sums
from groundswell.store import BIGINT, TEXT, Statement, Store, Transaction

Kind = Literal["play", "download", "comment", "up", "down"]

PUT_FILES = Statement(
    """
    INSERT INTO media (media_file_id, title, owner_id, state, trendable, created_at, updated_at,
                       published_at, play_count, qualified_play_count, download_count,
                       comment_count, upvotes, downvotes, last_event_at)
    {values}
    """,
    rows={
        "media_file_id": BIGINT,
        "title": TEXT,
        "owner_id": TEXT,
        "state": TEXT,
        "trendable": BIGINT,
        "created_at": BIGINT,
        "updated_at": BIGINT,
        "published_at": BIGINT,
        "play_count": BIGINT,
        "qualified_play_count": BIGINT,
        "download_count": BIGINT,
        "comment_count": BIGINT,
        "upvotes": BIGINT,
        "downvotes": BIGINT,
        "last_event_at": BIGINT,
    },
)
_TABLES = ("media", "votes", "play_logs", "download_logs", "comments", "media_hours")
EMPTY = [Statement(f"DELETE FROM {table}") for table in _TABLES]


@dataclass(frozen=True)
class Happening:
    """One play, download, comment or vote; the last vote of an actor is the one that stands."""

    media_file_id: int
    kind: Kind
    at: int
    actor: str = "someone"
    qualified: bool = True


@dataclass(frozen=True)
class File:
    """A file that things happen to."""

    media_file_id: int
    created_at: int
    owner_id: str | None = None
    state: str = "published"
    trendable: bool = True
    published_at: int | None = None

    @property
    def born(self) -> int:
        return self.created_at if self.published_at is None else self.published_at


@dataclass
class History:
    """Files and what happened to them, in the order in which it was recorded."""

    files: Sequence[File]
    happenings: Sequence[Happening] = field(default_factory=list)

    def standing(self) -> list[Happening]:
        """Everything that counts: all but the votes that were replaced."""
        last = {(one.media_file_id, one.actor): one for one in self.happenings if _is_vote(one)}
        return [one for one in self.happenings if not _is_vote(one)] + list(last.values())

    def within(self, media_file_id: int, after: int, until: int) -> list[Happening]:
        """What counts and happened in the window, found by looking at everything."""
        return [
            one
            for one in self.standing()
            if one.media_file_id == media_file_id and after < one.at <= until
        ]

    def sums(self, media_file_id: int, after: int, until: int) -> Sums:
        """Counted by hand."""
        return _sums(self.within(media_file_id, after, until))

    def actors(self, media_file_id: int, after: int, until: int) -> int:
        """Distinct actors of qualified events, counted by hand."""
        those = self.within(media_file_id, after, until)
        return len({one.actor for one in those if one.qualified})

    def last_event_at(self, media_file_id: int) -> int | None:
        """The last qualifying event."""
        times = [
            one.at
            for one in self.happenings
            if one.media_file_id == media_file_id and one.qualified
        ]
        return max(times, default=None)

    async def write(self, store: Store) -> None:
        """Put it in the place of whatever the database holds."""
        async with store.writing() as tx:
            for statement in EMPTY:
                await tx.fetch(statement)
            await self._write_files(tx)
            await self._write_logs(tx)
            await self._write_hours(tx)

    async def _write_files(self, tx: Transaction) -> None:
        rows = []
        for file in self.files:
            one = file.media_file_id
            sums = self.sums(one, -(2**62), 2**62)
            ups = sum(v.kind == "up" for v in self.within(one, -(2**62), 2**62))
            rows.append(
                (
                    *(one, f"Song {one}", file.owner_id, file.state, int(file.trendable)),
                    *(file.created_at, file.created_at, file.born),
                    *(sums.plays, sums.qualified_plays, sums.downloads, sums.comments),
                    *(ups, ups - sums.net_votes, self.last_event_at(one)),
                )
            )
        await tx.fetch(PUT_FILES, rows=rows)

    async def _write_logs(self, tx: Transaction) -> None:
        logs: dict[Statement, list[tuple[object, ...]]] = defaultdict(list)
        for number, one in enumerate(self.standing(), 1):
            who = (None, one.actor, None)
            qualified = (int(one.qualified), None if one.qualified else "repeat", one.at)
            if one.kind == "play":
                logs[sql.LOG_PLAYS].append((number, one.media_file_id, *who, 60, *qualified))
            elif one.kind == "download":
                logs[sql.LOG_DOWNLOADS].append((number, one.media_file_id, *who, *qualified))
            elif one.kind == "comment":
                logs[sql.ADD_COMMENTS].append(
                    (number, one.media_file_id, None, *who, "Well played.", one.at)
                )
            else:
                keys = (number, one.media_file_id, one.actor, one.actor)
                logs[sql.PUT_VOTES].append((*keys, None, None, one.kind, one.at, one.at, None, 0))
        for statement, rows in logs.items():
            await tx.fetch(statement, rows=rows)

    async def _write_hours(self, tx: Transaction) -> None:
        hours: dict[tuple[int, int], list[Happening]] = defaultdict(list)
        for one in self.standing():
            hours[one.media_file_id, one.at - one.at % HOUR].append(one)
        rows = []
        for key, those in hours.items():
            sums = _sums(those)
            views = 0
            rows.append((*key, *sums[:3], views, *sums[3:]))
        if rows:
            await tx.fetch(sql.ADD_TO_HOURS, rows=rows)


def _is_vote(one: Happening) -> bool:
    return one.kind in {"up", "down"}


def _sums(those: Iterable[Happening]) -> Sums:
    counted = list(those)
    return Sums(
        plays=sum(one.kind == "play" for one in counted),
        qualified_plays=sum(one.kind == "play" and one.qualified for one in counted),
        downloads=sum(one.kind == "download" and one.qualified for one in counted),
        comments=sum(one.kind == "comment" for one in counted),
        net_votes=sum((one.kind == "up") - (one.kind == "down") for one in counted),
    )
