"""The event log: one total order without gaps, written with what it tells of."""

from __future__ import annotations

import asyncio

import pytest

from groundswell.contract.events import Event
from groundswell.contract.events import engagement as events
from groundswell.contract.times import DAY, HOUR
from groundswell.domains.engagement.commands import CastVote, RecordPlay, RemoveVote
from groundswell.log.journal import SqlJournal
from groundswell.store import Statement, Transaction
from tests.support.core import START, Core, ManualClock, running_core, visitor


def _play(media: int, name: str, late_by: int | None = None) -> RecordPlay:
    at = None if late_by is None else START - late_by
    return RecordPlay(media_file_id=media, by=visitor(name), at=START, occurred_at=at)


async def test_events_are_numbered_without_gaps_in_the_order_of_the_answers(core: Core) -> None:
    media = await core.register()
    answers = await core.together(*(_play(media, f"n{number}") for number in range(300)))
    logged = await core.events()
    assert [one.seq for one in logged] == list(range(1, 302))
    assert len({one.event_id for one in logged}) == 301
    told = [one.event.counters.play_count for one in logged[1:]]  # type: ignore[attr-defined]
    assert told == [answer.play_count for answer in answers]
    assert await core.log.head() == 301
    assert await core.log.lowest() == 1


async def test_what_is_rolled_back_leaves_no_gap(core: Core) -> None:
    async def append_and_fail(tx: Transaction) -> None:
        tail = await SqlJournal(core.clock).begin(tx)
        tail.append(events.MediaDeleted(media_file_id=1), START)
        await tail.flush(tx)
        await tx.fetch(Statement("SELECT 1"))  # what waits goes out before
        raise LookupError

    await core.register()
    with pytest.raises(LookupError):
        await core.store.transact(append_and_fail)
    await core.register()
    assert [one.seq for one in await core.events()] == [1, 2]


async def test_writers_of_two_processes_take_turns(ready_url: str) -> None:
    clock = ManualClock()
    async with running_core(ready_url, clock) as one, running_core(ready_url, clock) as other:
        media = await one.register()
        seen: list[int] = []
        following = asyncio.create_task(_follow(one, seen, upto=401))
        await asyncio.gather(
            *(
                core.together(*(_play(media, f"{name}{turn}.{n}") for n in range(20)))
                for turn in range(10)
                for core, name in ((one, "a"), (other, "b"))
            )
        )
        async with asyncio.timeout(10):
            await following
        # Whoever has read number n never meets a smaller one later.
        assert seen == list(range(1, 402))
        assert await one.log.head() == await other.log.head() == 401


async def _follow(core: Core, seen: list[int], upto: int) -> None:
    while not seen or seen[-1] < upto:
        seen += [event.seq for event in await core.log.after(seen[-1] if seen else 0, 7)]
        await asyncio.sleep(0)


async def test_an_event_knows_when_it_happened_and_when_it_was_stored(core: Core) -> None:
    media = await core.register(published_at=START - 5 * DAY)
    await core.submit(_play(media, "ann", late_by=2 * HOUR))
    logged = (await core.events())[-1]
    assert (logged.at, logged.recorded_at) == (START - 2 * HOUR, START)


async def test_the_log_is_read_in_portions(core: Core) -> None:
    media = await core.register()
    await core.together(*(_play(media, f"n{number}") for number in range(9)))
    assert [one.seq for one in await core.log.after(3, 4)] == [4, 5, 6, 7]
    assert [one.seq async for one in core.log.of(Event, stretch=3)] == list(range(1, 11))
    played = core.log.of(events.PlayRecorded, after=4, stretch=2)
    assert [one.seq async for one in played] == list(range(5, 11))
    registered = core.log.of(events.MediaRegistered, events.VoteCast, stretch=3)
    assert [one.seq async for one in registered] == [1]
    assert await core.log.after(10) == []


async def test_an_empty_log_says_where_it_begins(core: Core) -> None:
    assert await core.log.head() == 0
    assert await core.log.lowest() == 1
    assert len(await core.log.log_id()) > 8


async def test_events_carry_what_they_are_about(core: Core) -> None:
    media = await core.register("Heart of Gold", owner_id="neil", duration_seconds=187)
    by = visitor("ann", location="Portugal", ip_hash="f" * 64)
    for vote in ("up", "down"):
        await core.submit(CastVote(media_file_id=media, by=by, at=START, vote_type=vote))
    await core.submit(RemoveVote(media_file_id=media, by=by, at=START))
    told = [one.event for one in await core.events()]
    common = {"media_file_id": media, "media_title": "Heart of Gold", "location": "Portugal"}
    none = dict.fromkeys(events.CounterValues.__struct_fields__, 0)
    assert told == [
        events.MediaRegistered(
            media_file_id=media,
            owner_id="neil",
            title="Heart of Gold",
            duration_sec=187,
            state="published",
            in_feed=True,
        ),
        events.VoteCast(
            vote_type="up",
            in_feed=True,
            counters=events.CounterValues(**{**none, "upvotes": 1}),
            **common,
        ),
        events.VoteChanged(
            vote_type="down",
            previous_vote_type="up",
            in_feed=True,
            counters=events.CounterValues(**{**none, "downvotes": 1}),
            **common,
        ),
        events.VoteRemoved(
            previous_vote_type="down", counters=events.CounterValues(**none), **common
        ),
    ]


async def test_log_rows_bear_the_number_of_their_event(core: Core) -> None:
    """However commands fall into batches, a vote is named by the event that cast it."""
    media, by = await core.register(), visitor("ann")
    cast = CastVote(media_file_id=media, by=by, at=START, vote_type="up")
    await core.submit(cast)
    await core.together(_play(media, "ann"), RemoveVote(media_file_id=media, by=by, at=START), cast)
    numbers = {type(one.event).__name__: one.seq for one in await core.events()}
    assert await core.rows("SELECT id FROM play_logs") == [(numbers["PlayRecorded"],)]
    assert await core.rows("SELECT id FROM votes") == [(numbers["VoteCast"],)]
