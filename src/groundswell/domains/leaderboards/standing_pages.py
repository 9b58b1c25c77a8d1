"""A part of an open window in one statement, so that a caller waits for one trip only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Self

from groundswell.domains.leaderboards.board_rows import BoardNotFound
from groundswell.domains.leaderboards.entry_rows import COUNT_MEMBERS_SQL, above_sql
from groundswell.domains.leaderboards.standing_rows import SHOWN_SQL, Row
from groundswell.store import Statement, Store

MOST: Final = 1_000
"""More than a page ever has. It tells PostgreSQL how little is read, so that it plans the statement
once and not for every call, which takes several times as long as reading."""

_NAMES: Final = "board_id = :board_id AND window_start = :window_start"
_ORDER: Final = "descending, reached_at, user_id"
_MINE: Final = (
    f"mine AS (SELECT * FROM board_entries WHERE {_NAMES} AND user_id = :user_id LIMIT 1)"  # noqa: S608
)


def _beside(comparison: str, place: str, direction: str) -> str:
    """Up to ``:count`` who are shown, on one side of a place in the order."""
    order = ", ".join(f"e.{one} {direction}" for one in _ORDER.split(", "))
    return f"""
        SELECT * FROM (
            SELECT e.user_id, e.descending, e.reached_at FROM board_entries e
            WHERE e.board_id = :board_id AND e.window_start = :window_start
                AND (e.descending, e.reached_at, e.user_id) {comparison} ({place}) AND {SHOWN_SQL}
            ORDER BY {order} LIMIT {MOST}
        ) AS few LIMIT :count
    """  # noqa: S608 - our own text


def _statement(page: str) -> Statement:
    """The board's version and window, the caller, the page, and how many have each of its scores.

    Rows are told apart by their first column. Of a page, ``above`` counts who stands above it.
    """
    names = (":board_id", ":window_start")
    return Statement(
        f"""
        WITH {_MINE}, {page},
        ends AS (SELECT min(descending) AS first, max(descending) AS last FROM page)
        SELECT 'board', '', s.version, coalesce(w.closed_at, -1), {COUNT_MEMBERS_SQL},
            CASE WHEN w.board_id IS NULL THEN 0 ELSE 1 END
        FROM board_states s LEFT JOIN board_windows w
            ON w.board_id = s.board_id AND w.window_start = :window_start
        WHERE s.board_id = :board_id
        UNION ALL SELECT 'me', user_id, -descending, reached_at,
            1 + {above_sql("-descending", *names)}, 0 FROM mine
        UNION ALL SELECT 'hidden', user_id, 0, 0, 0, 0 FROM board_hidden
            WHERE board_id = :board_id AND user_id = :user_id
        UNION ALL SELECT 'row', user_id, -descending, reached_at, 0, 0 FROM page
        UNION ALL SELECT 'above', '', {above_sql("-first", *names)}, 0, 0, 0
            FROM ends WHERE first IS NOT NULL
        UNION ALL SELECT 'score', '', bucket, members, 0, 0 FROM board_counts
            WHERE {_NAMES} AND level = 0 AND bucket >= (SELECT -last FROM ends)
                AND bucket <= (SELECT -first FROM ends)
        """  # noqa: S608 - our own text
    )


_HERE: Final = ", ".join(
    f"(SELECT {one} FROM mine)"  # noqa: S608 - our own text
    for one in _ORDER.split(", ")
)

FOLLOWING: Final = _statement(f"page AS ({_beside('>', ':descending, :reached_at, :after', '')})")
AROUND: Final = _statement(
    f"""
    before AS ({_beside("<", _HERE, "DESC")}), behind AS ({_beside(">", _HERE, "")}),
    page AS (
        SELECT user_id, descending, reached_at FROM before
        UNION ALL SELECT user_id, descending, reached_at FROM mine
        UNION ALL SELECT user_id, descending, reached_at FROM behind
    )
    """  # noqa: S608 - our own text
)


class Placed(NamedTuple):
    """A participant and their position, which counts everybody, shown or not."""

    row: Row
    position: int


class Asked(NamedTuple):
    """Which part of which window: those that follow ``after``, or around the user.

    ``user_id`` is empty where nobody is signed in.
    """

    board_id: str
    window_start: int
    limit: int
    after: Row
    user_id: str
    around: bool


class Part(NamedTuple):
    """What is shown of a window. ``more``: others follow the last."""

    members: int
    rows: Sequence[Placed]
    more: bool
    me: Placed | None
    hidden: bool

    @classmethod
    def of(
        cls, asked: Asked, members: int, rows: Sequence[Placed], me: Placed | None, *, hidden: bool
    ) -> Self:
        """Of rows that are as many on each side as are asked for, or one more."""
        if asked.around:
            return cls(members, near(rows, asked), more=False, me=me, hidden=hidden)
        more = len(rows) > asked.limit
        return cls(members, rows[: asked.limit], more=more, me=me, hidden=hidden)


class Head(NamedTuple):
    """A board's version, and whether there is such a window, and whether it is closed."""

    version: int
    closed: bool
    known: bool


ReadCopy = Callable[[Asked], Awaitable[tuple[Head, Part] | None]]
"""Answers as ``read_part`` would, from somewhere else, or says that it cannot (None)."""


async def read_part(store: Store, asked: Asked) -> tuple[Head, Part]:
    """What the database says.

    Raises:
        BoardNotFound: there is no such board.
    """
    given: dict[str, Any] = {
        "board_id": asked.board_id,
        "window_start": asked.window_start,
        "user_id": asked.user_id,
    }
    if asked.around:
        found = await store.fetch(AROUND, **given, count=asked.limit - 1)
    else:
        user, score, reached_at = asked.after
        given |= {"descending": -score, "reached_at": reached_at, "after": user}
        found = await store.fetch(FOLLOWING, **given, count=asked.limit + 1)
    return _told(asked, found)


def _told(asked: Asked, found: Sequence[Any]) -> tuple[Head, Part]:
    of: defaultdict[str, list[Any]] = defaultdict(list)
    for kind, *values in found:
        of[kind].append(values)
    if not of["board"]:
        raise BoardNotFound
    _, version, closed_at, members, known = of["board"][0]
    me = next((Placed(Row(*one[:3]), one[3]) for one in of["me"]), None)
    rows = _placed(of)
    part = Part.of(asked, members, rows, me, hidden=bool(of["hidden"]))
    return Head(version, closed_at >= 0, bool(known)), part


def _placed(of: Mapping[str, Sequence[Any]]) -> list[Placed]:
    """Everybody of the page in the order of display."""
    rows = sorted((Row(*one[:3]) for one in of["row"]), key=order)
    if not rows:
        return []
    position = of["above"][0][1] + 1
    positions: dict[int, int] = {}
    for score, members in sorted((one[1:3] for one in of["score"]), reverse=True):
        positions[score] = position
        position += members
    return [Placed(row, positions[row.score]) for row in rows]


def order(row: Row) -> tuple[int, int, str]:
    """The key of the order of display."""
    return (-row.score, row.reached_at, row.user_id)


def near(rows: Sequence[Placed], asked: Asked) -> Sequence[Placed]:
    """About as many above the user as below, the user among them: a slice of the order.

    Near an end of the board there are more of the other side.
    """
    here = next((place for place, one in enumerate(rows) if one.row.user_id == asked.user_id), None)
    if here is None:
        return []
    others = asked.limit - 1
    up = min(here, max(others // 2, others - (len(rows) - 1 - here)))
    return rows[here - up : here - up + asked.limit]
