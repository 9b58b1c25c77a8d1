"""The one command of the trace, and how it is executed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from groundswell.contract.refusals import Refused
from groundswell.store import BIGINT, TEXT, Statement, Transaction
from groundswell.store.commands import Command, EventTail, Handler

# The sum of a minute so far, not what was added to it: written again, it is the same.
PUT = Statement(
    """
    INSERT INTO refusals
      (refusal_id, at, last_at, times, status, code, route, method, caller, caller_id,
       subject_kind, subject_id, request_id, detail)
    {values}
    ON CONFLICT (refusal_id) DO UPDATE SET last_at = excluded.last_at, times = excluded.times,
      request_id = excluded.request_id, detail = excluded.detail
    """,
    rows={
        "refusal_id": TEXT,
        "at": BIGINT,
        "last_at": BIGINT,
        "times": BIGINT,
        "status": BIGINT,
        "code": TEXT,
        "route": TEXT,
        "method": TEXT,
        "caller": TEXT,
        "caller_id": TEXT,
        "subject_kind": TEXT,
        "subject_id": TEXT,
        "request_id": TEXT,
        "detail": TEXT,
    },
)


class Row(msgspec.Struct, frozen=True, gc=False):
    """What was refused alike within a minute, as of now. ``last`` has the latest request."""

    refusal_id: str
    began: int
    times: int
    last: Refused


class NoteRefusals(Command, frozen=True, kw_only=True):
    """Store the rows as they stand now."""

    answer: ClassVar[type] = type(None)
    rows: tuple[Row, ...]


async def note(
    transaction: Transaction, commands: Sequence[NoteRefusals], _: EventTail
) -> list[object]:
    """Execute a batch; of a row that comes twice the later one counts."""
    latest = {row.refusal_id: row for one in commands for row in one.rows}
    if latest:
        await transaction.write(PUT, rows=[_values(row) for row in latest.values()])
    return [None] * len(commands)


def _values(row: Row) -> tuple[object, ...]:
    last = row.last
    return (
        *(row.refusal_id, row.began, last.at, row.times, last.status, last.code),
        *(last.route, last.method, last.caller, last.caller_id),
        *(last.subject_kind, last.subject_id, last.request_id, last.detail),
    )


def refusal_handler() -> Handler:
    """The handler of the trace."""
    return Handler((NoteRefusals,), note)
