"""Reading what was refused, newest first."""

from __future__ import annotations

from typing import Any, Final

from groundswell.contract.paging import Page, page_of, place_of
from groundswell.contract.refusals import CodeCount, Refusal, RefusalFilter
from groundswell.contract.times import DAY, Clock, to_rfc3339
from groundswell.store import Row, Statement, Store

COLUMNS: Final = (
    "refusal_id, at, last_at, times, status, code, route, method, caller, caller_id, "
    "subject_kind, subject_id, request_id, detail"
)
CODES = Statement(
    """
    SELECT code, SUM(times) FROM refusals WHERE at > :since
    GROUP BY code ORDER BY SUM(times) DESC, code LIMIT :limit
    """
)
MOST_CODES: Final = 12

_CONDITIONS: Final = {
    "code": "code = :code",
    "route": "route = :route",
    "status": "status = :status",
    "caller": "caller = :caller",
    "user": "caller = 'user' AND caller_id = :user",
    "subject_id": "subject_id = :subject_id",
    "since": "at >= :since",
}


class RefusalQueries:
    """Answers operators.

    Args:
        store: the database.
        clock: the time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def page(self, wanted: RefusalFilter, limit: int, cursor: str | None) -> Page[Refusal]:
        """The latest that were refused in this way.

        Raises:
            Invalid: the cursor is none of this list.
        """
        before_at, before_id = place_of(cursor)
        given = {
            name: value for name in _CONDITIONS if (value := getattr(wanted, name)) is not None
        }
        rows = await self._store.fetch(
            _older(tuple(given)),
            **given,
            before_at=before_at,
            before_id=before_id,
            limit=limit + 1,
        )
        return page_of(
            rows,
            limit,
            to_rfc3339(self._clock()),
            show=_refusal,
            place=lambda row: (row[1], row[0]),
        )

    async def codes(self) -> list[CodeCount]:
        """The commonest codes of the last 24 hours."""
        since = self._clock() - DAY
        rows = await self._store.fetch(CODES, since=since, limit=MOST_CODES)
        return [CodeCount(code, int(count)) for code, count in rows]


def _older(given: tuple[str, ...]) -> Statement:
    """By the index of what is asked for, or by that of the time."""
    conditions = [
        *(_CONDITIONS[name] for name in given),
        "(at, refusal_id) < (:before_at, :before_id)",
    ]
    return Statement(
        f"""
        SELECT {COLUMNS} FROM refusals WHERE {" AND ".join(conditions)}
        ORDER BY at DESC, refusal_id DESC LIMIT :limit
        """  # noqa: S608 - names of ours
    )


def _refusal(row: Row) -> Refusal:
    values: dict[str, Any] = dict(zip(COLUMNS.split(", "), row, strict=True))
    values["count"] = values.pop("times")
    at, last_at = to_rfc3339(values.pop("at")), to_rfc3339(values.pop("last_at"))
    return Refusal(at=at, last_at=last_at, **values)
