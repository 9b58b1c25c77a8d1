"""The trace of refusals on both databases: stored, read, kept for a while, forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio

from groundswell.contract.errors import DatabaseUnavailable, Invalid, Overloaded
from groundswell.contract.refusals import Refusal, RefusalFilter, Refused
from groundswell.contract.times import DAY, HOUR, MINUTE, to_rfc3339
from groundswell.ops.refusals.commands import refusal_handler
from groundswell.ops.refusals.gathering import Gatherer
from groundswell.ops.refusals.keeping import kept_refusals
from groundswell.ops.refusals.persons import export_refusals, forget_refused
from groundswell.ops.refusals.queries import RefusalQueries
from groundswell.ops.refusals.trail import RefusalTrail
from groundswell.store.forgetting import OldRows
from groundswell.store.persons import Erasure
from tests.support.core import Core, running_core
from tests.support.waiting import until

HASH = "a" * 64
TOMBSTONE = "erased-1"


@pytest_asyncio.fixture
async def core(ready_url: str) -> AsyncIterator[Core]:
    async with running_core(ready_url, handlers=(refusal_handler(),)) as core:
        yield core


@pytest.fixture
def trail(core: Core) -> RefusalTrail:
    return RefusalTrail(core.submit, core.clock)


@pytest.fixture
def queries(core: Core) -> RefusalQueries:
    return RefusalQueries(core.store, core.clock)


def refused(core: Core, **more: Any) -> Refused:
    known: dict[str, Any] = {
        "at": core.clock(),
        "status": 409,
        "code": "code_expired",
        "route": "/v1/codes",
        "method": "POST",
        "caller": "user",
        "caller_id": "ada",
    }
    return Refused(**{**known, **more})


async def write(trail: RefusalTrail, *refusals: Refused) -> None:
    for one in refusals:
        trail.note(one)
    await trail.flush()


async def read(queries: RefusalQueries, **wanted: Any) -> list[Refusal]:
    return (await queries.page(RefusalFilter(**wanted), 50, None)).items


def codes(found: Sequence[Refusal]) -> list[str]:
    return [one.code for one in found]


async def test_a_refusal_is_read_as_it_was_noted(
    core: Core, trail: RefusalTrail, queries: RefusalQueries
) -> None:
    one = refused(
        core,
        subject_kind="reward",
        subject_id="reward-1",
        request_id="request-1",
        detail="The reward's hold period is not over.",
    )
    await write(trail, one)
    (found,) = await read(queries)
    assert found.refusal_id.startswith("refusal-")
    assert found == Refusal(
        refusal_id=found.refusal_id,
        at=to_rfc3339(one.at),
        last_at=to_rfc3339(one.at),
        count=1,
        status=409,
        code="code_expired",
        route="/v1/codes",
        method="POST",
        caller="user",
        caller_id="ada",
        subject_kind="reward",
        subject_id="reward-1",
        request_id="request-1",
        detail="The reward's hold period is not over.",
    )


async def test_a_row_grows_within_its_minute_whenever_it_is_written(
    core: Core, trail: RefusalTrail, queries: RefusalQueries
) -> None:
    began = core.clock()
    await write(trail, refused(core, request_id="first"))
    core.clock.advance(1_000)
    await write(trail, refused(core, request_id="second"), refused(core, request_id="third"))
    (found,) = await read(queries)
    assert (found.count, found.request_id) == (3, "third")
    assert (found.at, found.last_at) == (to_rfc3339(began), to_rfc3339(core.clock()))
    await trail.flush()
    assert len(await read(queries)) == 1


async def test_two_processes_write_rows_of_their_own(
    core: Core, trail: RefusalTrail, queries: RefusalQueries
) -> None:
    other = RefusalTrail(core.submit, core.clock)
    for one in (trail, other):
        one.note(refused(core))
    await asyncio.gather(trail.flush(), other.flush())
    assert [one.count for one in await read(queries)] == [1, 1]


async def test_pages_follow_each_other_without_gap_or_repeat(
    core: Core, trail: RefusalTrail, queries: RefusalQueries
) -> None:
    for number in range(7):
        core.clock.advance(MINUTE if number % 2 else 0)
        await write(trail, refused(core, caller_id=f"user-{number}"))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = await queries.page(RefusalFilter(), 2, cursor)
        seen += [one.refusal_id for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    everything = await read(queries)
    assert seen == [one.refusal_id for one in everything]
    assert len(seen) == 7
    assert [one.at for one in everything] == sorted((one.at for one in everything), reverse=True)
    with pytest.raises(Invalid):
        await queries.page(RefusalFilter(), 2, "none")


async def test_operators_ask_for_what_they_look_for(
    core: Core, trail: RefusalTrail, queries: RefusalQueries
) -> None:
    await write(trail, refused(core, code="too_old"))
    core.clock.advance(HOUR)
    since = core.clock()
    await write(
        trail,
        refused(core),
        refused(core, code="forbidden", status=403, route="/v1/rewards"),
        refused(core, code="forged", status=401, caller="visitor", caller_id=HASH),
        refused(core, code="of_a_key", caller="host", caller_id="ada"),
        refused(core, code="about", subject_kind="reward", subject_id="reward-1"),
    )
    assert codes(await read(queries, code="forged")) == ["forged"]
    assert codes(await read(queries, route="/v1/rewards")) == ["forbidden"]
    assert codes(await read(queries, status=401)) == ["forged"]
    assert codes(await read(queries, caller="host")) == ["of_a_key"]
    assert codes(await read(queries, subject_id="reward-1")) == ["about"]
    of_ada = {"about", "code_expired", "forbidden", "too_old"}
    assert set(codes(await read(queries, user="ada"))) == of_ada
    assert set(codes(await read(queries, user="ada", since=since))) == of_ada - {"too_old"}
    assert codes(await read(queries, user="ada", code="forged")) == []


async def test_the_commonest_codes_of_a_day_are_told(
    core: Core, trail: RefusalTrail, queries: RefusalQueries
) -> None:
    await write(trail, refused(core, code="yesterdays"))
    core.clock.advance(DAY)
    await write(trail, *[refused(core)] * 3, refused(core, code="forbidden"))
    assert [(one.code, one.count) for one in await queries.codes()] == [
        ("code_expired", 3),
        ("forbidden", 1),
    ]


async def test_what_cannot_be_written_waits(core: Core, queries: RefusalQueries) -> None:
    ways = [Overloaded(), DatabaseUnavailable(), None]

    async def submit(command: Any, _: Any = None) -> Any:
        if (error := ways.pop(0)) is not None:
            raise error
        return await core.submit(command)

    trail = RefusalTrail(submit, core.clock)
    working = asyncio.create_task(trail.run(rest_seconds=0))
    trail.note(refused(core))

    async def written() -> bool:
        return trail.statistics()["waiting"] == 0

    await until(written)
    working.cancel()
    assert codes(await read(queries)) == ["code_expired"]
    figures = trail.statistics()
    assert (figures["noted_total"], figures["rows_written_total"]) == (1, 1)
    assert (figures["lost_total"], figures["waiting"]) == (0, 0)


async def test_old_rows_go_and_hashes_of_addresses_before_them(
    core: Core, trail: RefusalTrail, queries: RefusalQueries
) -> None:
    stranger = {"caller": "visitor", "caller_id": HASH}
    await write(trail, refused(core), refused(core, **stranger))
    core.clock.advance(6 * DAY)
    await write(trail, refused(core), refused(core, **stranger))
    old = OldRows(core.store, core.clock, kept_refusals(life=7 * DAY, address_life=2 * DAY))
    core.clock.advance(DAY - 1)
    await old.forget()
    found = [(one.caller, one.caller_id) for one in await read(queries)]
    assert sorted(found, key=repr) == [
        *(("user", "ada"), ("user", "ada")),
        *(("visitor", HASH), ("visitor", None)),
    ]
    core.clock.advance(1)
    await old.forget()
    assert len(await read(queries)) == 2


async def test_of_each_kind_of_caller_only_the_latest_are_kept(
    core: Core, queries: RefusalQueries
) -> None:
    trail = RefusalTrail(core.submit, core.clock, Gatherer(strangers=1_000))
    await write(trail, refused(core))
    for minute in range(3):
        core.clock.advance(MINUTE)
        await write(
            trail,
            *(
                refused(core, code=f"in_{minute}", caller="visitor", caller_id=f"{number:064x}")
                for number in range(4)
            ),
        )
    old = OldRows(core.store, core.clock, kept_refusals(DAY, DAY, most=5))
    await old.forget()
    found = await read(queries)
    assert codes(found).count("in_2") == 4
    assert codes(found).count("in_1") == 1
    assert codes(found).count("in_0") == 0
    assert [one.caller_id for one in found if one.caller == "user"] == ["ada"]


async def erase(core: Core, user_id: str | None, *actors: str) -> int:
    erasure = Erasure(TOMBSTONE, user_id, frozenset(actors), frozenset(), core.clock())
    async with core.store.writing() as tx:
        return await forget_refused(tx, erasure, {}, None)  # type: ignore[arg-type]


async def test_a_user_takes_what_was_refused_along_and_is_forgotten(
    core: Core, trail: RefusalTrail, queries: RefusalQueries
) -> None:
    await write(
        trail,
        refused(core),
        refused(core, caller="host", caller_id="ada", code="of_a_key"),
        refused(core, caller_id="bob", subject_kind="user", subject_id="ada", code="of_bob"),
    )
    (taken,) = (await export_refusals(core.store, "ada"))["refusals"]
    assert (taken["code"], taken["count"], taken["status"]) == ("code_expired", 1, 409)
    assert await export_refusals(core.store, "nobody") == {}
    assert await erase(core, "ada", "user:ada") == 2
    assert await erase(core, "ada", "user:ada") == 0
    assert await export_refusals(core.store, "ada") == {}
    left = {one.code: (one.caller_id, one.subject_id) for one in await read(queries)}
    assert left == {
        "code_expired": (TOMBSTONE, None),
        "of_a_key": ("ada", None),
        "of_bob": ("bob", TOMBSTONE),
    }


async def test_whoever_is_forgotten_stays_so_although_the_row_grows(
    core: Core, trail: RefusalTrail, queries: RefusalQueries
) -> None:
    await write(trail, refused(core))
    await erase(core, "ada")
    await write(trail, refused(core))
    (found,) = await read(queries)
    assert (found.caller_id, found.count) == (TOMBSTONE, 2)


async def test_an_address_is_forgotten(
    core: Core, trail: RefusalTrail, queries: RefusalQueries
) -> None:
    await write(
        trail,
        refused(core, caller="visitor", caller_id=HASH),
        refused(core, caller="unverified", caller_id=HASH),
        refused(core, caller="visitor", caller_id="b" * 64),
    )
    assert await erase(core, None, HASH) == 2
    assert {one.caller_id for one in await read(queries)} == {None, "b" * 64}
