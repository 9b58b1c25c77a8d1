"""Participants' scores, what they are made of, and how many have each: rows and statements."""

from __future__ import annotations

from typing import Any, Final

from groundswell.domains.leaderboards.ranks import SHIFTS, above
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


def _span(level: int) -> str:
    # The subquery reads one stretch of the primary key.
    return (
        "(SELECT coalesce(sum(members), 0) FROM board_counts"  # noqa: S608 - numbers of ours
        " WHERE board_id = :board_id AND window_start = :window_start"
        f" AND level = {level} AND bucket BETWEEN :first{level} AND :last{level})"
    )


COUNT_ABOVE = Statement(
    "SELECT CAST(" + " + ".join(_span(level) for level in range(len(SHIFTS))) + " AS BIGINT)"
)
COUNTS_BETWEEN = Statement(
    """
    SELECT bucket, members FROM board_counts
    WHERE board_id = :board_id AND window_start = :window_start AND level = 0
        AND bucket BETWEEN :lowest AND :highest
    ORDER BY bucket DESC
    """
)
COUNT_MEMBERS = Statement(
    f"""
    SELECT CAST(coalesce(sum(members), 0) AS BIGINT) FROM board_counts
    WHERE board_id = :board_id AND window_start = :window_start AND level = {len(SHIFTS) - 1}
    """  # noqa: S608 - a number of ours
)


async def position_of(
    transaction: Transaction, board_id: str, window_start: int, score: int
) -> int:
    """The position by competition ranking that a score has: one more than stand above it."""
    spans: dict[str, Any] = {}
    for level, (first, last) in enumerate(above(score)):
        spans |= {f"first{level}": first, f"last{level}": last}
    counted = await transaction.fetch(
        COUNT_ABOVE, board_id=board_id, window_start=window_start, **spans
    )
    return int(counted[0][0]) + 1
