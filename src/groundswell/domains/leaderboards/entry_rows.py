"""Participants' scores, what they are made of, and how many have each: rows and statements."""

from __future__ import annotations

from typing import Final

from groundswell.domains.leaderboards.ranks import SHIFTS, TOP
from groundswell.store import BIGINT, TEXT, Statement, Transaction

FIND_EVENTS = Statement(
    """
    SELECT e.board_id, e.event_key, e.window_start, e.user_id, e.at, e.points, e.first_points
    FROM {rows} r JOIN board_events e ON e.board_id = r.board_id AND e.event_key = r.event_key
    """,
    rows={"board_id": TEXT, "event_key": TEXT},
)
SAVE_EVENTS = Statement(
    """
    INSERT INTO board_events
        (board_id, event_key, window_start, user_id, at, points, first_points)
    SELECT board_id, event_key, window_start, user_id, at, points, first_points
    FROM {rows} r WHERE true
    ON CONFLICT (board_id, event_key) DO UPDATE SET points = excluded.points
    """,
    rows={
        "board_id": TEXT,
        "event_key": TEXT,
        "window_start": BIGINT,
        "user_id": TEXT,
        "at": BIGINT,
        "points": BIGINT,
        "first_points": BIGINT,
    },
)
EVENTS_OF = Statement(
    """
    SELECT at, points FROM board_events
    WHERE board_id = :board_id AND window_start = :window_start AND user_id = :user_id
        AND points <> 0
    """
)
_OF_PARTICIPANTS: Final = {"board_id": TEXT, "window_start": BIGINT, "user_id": TEXT}
FIND_ENTRIES = Statement(
    """
    SELECT e.board_id, e.window_start, e.user_id, -e.descending, e.reached_at, e.corrections
    FROM {rows} r JOIN board_entries e ON e.board_id = r.board_id
        AND e.window_start = r.window_start AND e.user_id = r.user_id
    """,
    rows=_OF_PARTICIPANTS,
)
SAVE_ENTRIES = Statement(
    """
    INSERT INTO board_entries
        (board_id, window_start, user_id, descending, reached_at, corrections)
    SELECT board_id, window_start, user_id, descending, reached_at, corrections
    FROM {rows} r WHERE true
    ON CONFLICT (board_id, window_start, user_id) DO UPDATE
    SET descending = excluded.descending, reached_at = excluded.reached_at,
        corrections = excluded.corrections
    """,
    rows={**_OF_PARTICIPANTS, "descending": BIGINT, "reached_at": BIGINT, "corrections": BIGINT},
)
REMOVE_ENTRIES = Statement(
    """
    DELETE FROM board_entries
    WHERE (board_id, window_start, user_id) IN
        (SELECT r.board_id, r.window_start, r.user_id FROM {rows} r)
    """,
    rows=_OF_PARTICIPANTS,
)
_OF_COUNTS: Final = {"board_id": TEXT, "window_start": BIGINT, "level": BIGINT, "bucket": BIGINT}
ADD_COUNTS = Statement(
    """
    INSERT INTO board_counts (board_id, window_start, level, bucket, members)
    SELECT board_id, window_start, level, bucket, members FROM {rows} r WHERE true
    ON CONFLICT (board_id, window_start, level, bucket) DO UPDATE
    SET members = board_counts.members + excluded.members
    RETURNING board_id, window_start, level, bucket, members
    """,
    rows={**_OF_COUNTS, "members": BIGINT},
)
REMOVE_COUNTS = Statement(
    """
    DELETE FROM board_counts
    WHERE (board_id, window_start, level, bucket) IN
        (SELECT r.board_id, r.window_start, r.level, r.bucket FROM {rows} r)
    """,
    rows=_OF_COUNTS,
)
AMENDED = Statement(
    """
    UPDATE board_windows SET amended_at = coalesce(amended_at, :now)
    WHERE closed_at IS NOT NULL AND (board_id, window_start) IN
        (SELECT r.board_id, r.window_start FROM {rows} r)
    """,
    rows={"board_id": TEXT, "window_start": BIGINT},
)


def above_sql(score: str, board: str, window: str) -> str:
    """How many stand above a score, as SQL; the arguments are SQL too.

    Whoever does is above it in its bucket, or in a bucket above that one within the next larger,
    and so on: a stretch of the primary key for each level. LIMIT tells PostgreSQL how short it is,
    so that it plans the statement once and not for every call.
    """
    spans = []
    for level, shift in enumerate(SHIFTS):
        first, last, most = f"((({score}) >> {shift}) + 1)", str(TOP), 2**30
        if level + 1 < len(SHIFTS):
            wider = SHIFTS[level + 1]
            last = f"(((({score}) >> {wider}) + 1) << {wider - shift}) - 1"
            most = 2 ** (wider - shift)
        few = f"""
            SELECT CAST(members AS INTEGER) AS n FROM board_counts
            WHERE board_id = {board} AND window_start = {window} AND level = {level}
                AND bucket BETWEEN {first} AND {last} LIMIT {most}
        """  # noqa: S608 - our own text
        spans.append(f"(SELECT coalesce(sum(n), 0) FROM ({few}) AS few)")  # noqa: S608
    return f"({' + '.join(spans)})"


FIND_PLACES = Statement(
    f"""
    SELECT e.board_id, e.window_start, e.user_id, -e.descending, e.reached_at, e.corrections,
        1 + {above_sql("-e.descending", "e.board_id", "e.window_start")}
    FROM {{rows}} r JOIN board_entries e ON e.board_id = r.board_id
        AND e.window_start = r.window_start AND e.user_id = r.user_id
    """,  # noqa: S608 - our own text
    rows=_OF_PARTICIPANTS,
)
"""Entries and their positions by competition ranking."""

_GIVEN: Final = (
    "CAST(:score AS BIGINT)",
    "CAST(:board_id AS TEXT)",
    "CAST(:window_start AS BIGINT)",
)
COUNT_ABOVE = Statement(f"SELECT {above_sql(*_GIVEN)}")
COUNTS_BETWEEN = Statement(
    """
    SELECT bucket, members FROM board_counts
    WHERE board_id = :board_id AND window_start = :window_start AND level = 0
        AND bucket BETWEEN :lowest AND :highest
    ORDER BY bucket DESC
    """
)
COUNT_MEMBERS_SQL: Final = f"""
    (SELECT CAST(coalesce(sum(members), 0) AS BIGINT) FROM board_counts
    WHERE board_id = :board_id AND window_start = :window_start AND level = {len(SHIFTS) - 1})
"""  # noqa: S608 - a number of ours
COUNT_MEMBERS = Statement(f"SELECT {COUNT_MEMBERS_SQL}")


async def position_of(
    transaction: Transaction, board_id: str, window_start: int, score: int
) -> int:
    """The position by competition ranking that a score has: one more than stand above it."""
    counted = await transaction.fetch(
        COUNT_ABOVE, board_id=board_id, window_start=window_start, score=score
    )
    return int(counted[0][0]) + 1
