"""What was refused to a person: taken away with the rest, and forgotten."""

from __future__ import annotations

from typing import Any, Final

from groundswell.contract.times import to_rfc3339
from groundswell.store import Statement, Store, Transaction
from groundswell.store.commands import EventTail
from groundswell.store.persons import Eraser, Erasure, Trail

EXPORT = Statement(
    """
    SELECT at, last_at, times, status, code, route, method, subject_kind, subject_id, detail
    FROM refusals WHERE caller_id = :user_id AND caller = 'user' ORDER BY at, refusal_id
    """
)
FORGET_CALLER = Statement(
    """
    UPDATE refusals SET caller_id = :tombstone
    WHERE caller_id = :user_id AND caller <> 'host' RETURNING refusal_id
    """
)
# What the host names itself may be called like a user; of all else a doubt is one too many.
FORGET_SUBJECT = Statement(
    """
    UPDATE refusals SET subject_id = :tombstone
    WHERE subject_id = :user_id AND subject_kind NOT IN ('platform', 'program', 'mediaFile')
    RETURNING refusal_id
    """
)
FORGET_ADDRESS = Statement(
    """
    UPDATE refusals SET caller_id = NULL
    WHERE caller_id = :name AND caller IN ('visitor', 'unverified') RETURNING refusal_id
    """
)


async def export_refusals(store: Store, user_id: str) -> dict[str, Any]:
    """What was refused to a user, oldest first."""
    rows = await store.fetch(EXPORT, user_id=user_id)
    return {"refusals": [_exported(tuple(row)) for row in rows]} if rows else {}


def _exported(row: tuple[Any, ...]) -> dict[str, Any]:
    at, last_at, times, status, code, route, method, subject_kind, subject_id, detail = row
    return {
        "at": to_rfc3339(at),
        "lastAt": to_rfc3339(last_at),
        "count": times,
        "status": status,
        "code": code,
        "route": route,
        "method": method,
        "subjectKind": subject_kind,
        "subjectId": subject_id,
        "detail": detail,
    }


async def forget_refused(tx: Transaction, erasure: Erasure, _: Trail, __: EventTail) -> int:
    """That something was refused stays, and to whom goes."""
    if erasure.user_id is None:
        found = [await tx.fetch(FORGET_ADDRESS, name=name) for name in sorted(erasure.actors)]
        return sum(map(len, found))
    who = {"user_id": erasure.user_id, "tombstone": erasure.tombstone}
    return len(await tx.fetch(FORGET_CALLER, **who)) + len(await tx.fetch(FORGET_SUBJECT, **who))


REFUSAL_ERASER: Final = Eraser("refusals", forget_refused)
