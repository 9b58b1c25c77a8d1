"""Making a history long past the writer, and the same history for the other database.

Repeated plays are loaded as the writer would have written them: the row in the log of plays, the
event with the counters as they stood, the file's counter and the hourly sum. Nothing reacts to
such a play, which is why it can be loaded; ``groundswell audit`` tells whether it is all right.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import asyncpg
from uuid_utils import uuid7

HOUR: Final = 3_600 * 1_000_000
PORTION: Final = 50_000
COUNTERS: Final = (
    *("play_count", "qualified_play_count", "download_count", "view_count"),
    *("comment_count", "upvotes", "downvotes"),
)
_FILES: Final = f"SELECT media_file_id, title, {', '.join(COUNTERS)} FROM media"
_EVENT: Final = "INSERT INTO event_log VALUES (?, ?, 'engagement.play.recorded', ?, ?, ?, ?)"
_PLAY: Final = "INSERT INTO play_logs VALUES (?, ?, ?, ?, NULL, 40, 0, 'repeat', ?)"
_HOUR: Final = """
    INSERT INTO media_hours (media_file_id, hour, plays) VALUES (?, ?, ?)
    ON CONFLICT (media_file_id, hour) DO UPDATE SET plays = media_hours.plays + excluded.plays
"""
_COUNT: Final = "UPDATE media SET play_count = play_count + ? WHERE media_file_id = ?"


def add_repeats(path: Path, number: int, people: int, now: int) -> None:
    """Append so many plays to the history in an SQLite file, at ``now`` (µs) and after."""
    with closing(sqlite3.connect(path)) as connection, connection:
        head = connection.execute("SELECT seq FROM log_head").fetchone()[0]
        files = [list(row) for row in connection.execute(_FILES)]
        plays = _plays(files, people, head, now)
        while portion := list(itertools.islice(plays, min(PORTION, number))):
            number -= len(portion)
            connection.executemany(_EVENT, [event for event, _ in portion])
            connection.executemany(_PLAY, [play for _, play in portion])
            _count(connection, [play for _, play in portion])
            head += len(portion)
        connection.execute("UPDATE log_head SET seq = ?", (head,))
        connection.execute("UPDATE consumer_positions SET seq = ?", (head,))


def _plays(
    files: list[list[Any]], people: int, head: int, now: int
) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
    """Events and rows of the log, one after the other."""
    chance = random.Random(2)
    for seq in itertools.count(head + 1):
        file = files[int(len(files) * chance.random() ** 3)]
        file[2] += 1
        media, title, *counters = file
        at, who = now + seq - head, f"{chance.randrange(people):064x}"
        payload = {
            "mediaFileId": media,
            "mediaTitle": title,
            "counters": dict(zip(map(_camel, COUNTERS), counters, strict=True)),
            "playDuration": 40,
            "qualified": False,
        }
        told = json.dumps(payload, separators=(",", ":"))
        event = (seq, f"msg-{uuid7().hex}", f"media.{media}", at, at, told)
        yield event, (seq, media, who, who, at)


def _count(connection: sqlite3.Connection, plays: list[tuple[Any, ...]]) -> None:
    hours = Counter((media, at - at % HOUR) for _, media, _, _, at in plays)
    connection.executemany(_HOUR, [(*key, number) for key, number in sorted(hours.items())])
    files = Counter(media for _, media, _, _, _ in plays)
    connection.executemany(_COUNT, [(number, media) for media, number in sorted(files.items())])


def copy(path: Path, url: str) -> None:
    """Copy every table of an SQLite file into a PostgreSQL database that has the same schema."""
    asyncio.run(_copy(path, url))


async def _copy(path: Path, url: str) -> None:
    target = await asyncpg.connect(url)
    try:
        with closing(sqlite3.connect(path)) as source:
            for (table,) in source.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
                " AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'alembic%'"
            ).fetchall():
                await _copy_table(source, target, table)
        await target.execute("ANALYZE")
    finally:
        await target.close()


async def _copy_table(
    source: sqlite3.Connection, target: asyncpg.Connection[Any], table: str
) -> None:
    cursor = source.execute(f"SELECT * FROM {table}")
    columns = [one[0] for one in cursor.description]
    await target.execute(f"DELETE FROM {table}")
    while rows := cursor.fetchmany(PORTION):
        await target.copy_records_to_table(table, records=rows, columns=columns)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
