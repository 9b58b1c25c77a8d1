"""What a refusal leaves behind: everything in the database as it was, and a trace to be read."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from tests.end_to_end.service import Service
from tests.end_to_end.shapes import assert_problem
from tests.end_to_end.stored import contents, tables
from tests.support.waiting import until

ITEM = {
    *("refusalId", "at", "lastAt", "count", "status", "code", "route", "method", "caller"),
    *("callerId", "subjectKind", "subjectId", "requestId", "detail"),
}
BEHIND = {
    *("refusals", "consumer_positions", "projection_snapshots", "projection_snapshot_parts"),
    *("person_files", "file_tastes", "file_pairs"),
}
"""The trace itself, and tables that follow the log when they have time."""


Everything = dict[str, list[tuple[object, ...]]]


async def everything(service: Service) -> Everything:
    """All that is stored, events included, row by row."""
    names = sorted(set(await tables(service.database_url)) - BEHIND)
    found = await contents(service.database_url, names)
    return {name: sorted(rows, key=repr) for name, rows in found.items()}


def rejections(before: Everything, after: Everything) -> list[str]:
    """The reasons told in the log, where a refused claim is an event; nothing else has changed."""
    log = {"event_log", "log_head"}
    assert {name: rows for name, rows in after.items() if name not in log} == {
        name: rows for name, rows in before.items() if name not in log
    }
    known = set(before["event_log"])
    told = [row for row in after["event_log"] if row not in known]
    assert {row[2] for row in told} <= {"referral.conversion.rejected"}
    payloads = (text for row in sorted(told) for text in row if str(text).startswith("{"))
    return [str(json.loads(str(text))["reason"]) for text in payloads]


async def trace(service: Service, **wanted: Any) -> list[dict[str, Any]]:
    """What an operator reads of refusals, newest first."""
    async with service.host() as host:
        answer = await host.get("/v1/ops/refusals", params=wanted)
    assert answer.status_code == 200, answer.text
    items = list(answer.json()["items"])
    assert all(set(one) == ITEM for one in items)
    return items


async def traced(service: Service, request_id: str, **wanted: Any) -> dict[str, Any]:
    """The trace of one request, once it is written."""
    found: list[dict[str, Any]] = []

    async def written() -> bool:
        found[:] = [one for one in await trace(service, **wanted) if one["requestId"] == request_id]
        return bool(found)

    await until(written)
    (one,) = found
    return one


async def assert_refused(
    service: Service, answer: httpx.Response, status: int, code: str, **known: Any
) -> dict[str, Any]:
    """A clear problem, and its trace, in which this is known of it."""
    assert_problem(answer, status, code)
    one = await traced(service, answer.headers["x-request-id"], code=code)
    assert (one["status"], one["code"]) == (status, code)
    assert {name: one[name] for name in known} == known
    return one


async def changes(service: Service, before: Everything) -> list[str]:
    """The tables in which something is other than it was, but for who is signed in."""
    after = await everything(service)
    signed_in = {"refresh_tokens", "token_sessions"}
    return [name for name in after if after[name] != before[name] and name not in signed_in]


async def quiet(service: Service) -> None:
    """Wait until nothing more follows from what happened."""
    last: Any = None

    async def settled() -> bool:
        nonlocal last
        before, last = last, await everything(service)
        await asyncio.sleep(0.1)
        return bool(before == last)

    await until(settled, seconds=30)
