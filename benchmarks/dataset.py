"""A month of plays by a crowd, written straight into Groundswell's tables."""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import msgspec
import numpy as np
from numpy.typing import NDArray

MICROSECONDS = 1_000_000
HOUR = 3_600 * MICROSECONDS
DAY = 24 * HOUR
SPAN = 30 * DAY
ACTORS = 50_000
BATCH = 100_000
SEED = 20_260
# Popularity falls with the cube: the first percent of files has a fifth of the plays.
SKEW = 3

Row = tuple[Any, ...]
Integers = NDArray[np.int64]

MEDIA_COLUMNS = (
    "media_file_id",
    "title",
    "state",
    "created_at",
    "updated_at",
    "published_at",
    "play_count",
    "qualified_play_count",
    "last_event_at",
)
PLAY_COLUMNS = (
    "id",
    "media_file_id",
    "ip_hash",
    "actor",
    "play_duration",
    "qualified",
    "completed_at",
)
HOUR_COLUMNS = ("media_file_id", "hour", "plays", "qualified_plays")


class Table(NamedTuple):
    """Rows for one table, made as they are asked for."""

    name: str
    columns: Sequence[str]
    rows: Iterator[Row]


class Month(msgspec.Struct, frozen=True):
    """Plays of the thirty days that end at ``until`` (µs), oldest first; all qualified."""

    media: int
    until: int
    files: Integers
    times: Integers
    actors: Integers

    def tables(self) -> list[Table]:
        return [
            Table("media", MEDIA_COLUMNS, self._media()),
            Table("play_logs", PLAY_COLUMNS, self._plays()),
            Table("media_hours", HOUR_COLUMNS, self._hours()),
        ]

    def _media(self) -> Iterator[Row]:
        counts = np.bincount(self.files, minlength=self.media + 1).tolist()
        last = np.zeros(self.media + 1, dtype=np.int64)
        np.maximum.at(last, self.files, self.times)
        # Uploads are spread over the month, so that hotness finds young and old files.
        for number, latest in enumerate(last.tolist()[1:], start=1):
            born = self.until - SPAN + number * 7919 % self.media * SPAN // self.media
            title = f"A song to measure by, number {number}"
            count = counts[number]
            yield number, title, "published", born, born, born, count, count, latest or None

    def _plays(self) -> Iterator[Row]:
        hashes = [hashlib.sha256(b"%d" % number).hexdigest() for number in range(ACTORS)]
        for start in range(0, len(self.files), BATCH):
            part = slice(start, start + BATCH)
            columns = (self.files[part], self.actors[part], self.times[part])
            rows = zip(*(column.tolist() for column in columns), strict=True)
            for number, (media, actor, at) in enumerate(rows, start=start + 1):
                yield number, media, hashes[actor], f"address:{hashes[actor]}", 40, 1, at

    def _hours(self) -> Iterator[Row]:
        hours = self.times // HOUR
        first = int(hours.min())
        width = int(hours.max()) - first + 1
        keys, counts = np.unique(self.files * width + hours - first, return_counts=True)
        for key, count in zip(keys.tolist(), counts.tolist(), strict=True):
            media, hour = divmod(key, width)
            yield media, (first + hour) * HOUR, count, count


def month(*, media: int, plays: int, until: int) -> Month:
    """A month that is the same whenever it is asked for with the same figures."""
    random = np.random.default_rng(SEED)
    files = (random.random(plays) ** SKEW * media).astype(np.int64) + 1
    times = np.sort(random.integers(until - SPAN + 1, until + 1, plays, dtype=np.int64))
    return Month(media, until, files, times, random.integers(0, ACTORS, plays, dtype=np.int64))


def fill(url: str, tables: Sequence[Table]) -> None:
    """Writes the rows into a database whose tables exist and are empty."""
    if url.startswith("sqlite:///"):
        _fill_sqlite(Path(url.removeprefix("sqlite:///")), tables)
    else:
        asyncio.run(_fill_postgresql(url, tables))


def _fill_sqlite(path: Path, tables: Sequence[Table]) -> None:
    """In one go, and without waiting for the disk: nobody else has the file yet."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -1000000")
        for table in tables:
            names, marks = ", ".join(table.columns), ", ".join("?" * len(table.columns))
            connection.executemany(
                f"INSERT INTO {table.name} ({names}) VALUES ({marks})",
                table.rows,
            )
        connection.commit()
        connection.execute("ANALYZE")


async def _fill_postgresql(url: str, tables: Sequence[Table]) -> None:
    """By COPY; then gathers the planner's statistics."""
    connection = await asyncpg.connect(url)
    try:
        for table in tables:
            while batch := list(islice(table.rows, BATCH)):
                await connection.copy_records_to_table(
                    table.name, records=batch, columns=list(table.columns)
                )
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
