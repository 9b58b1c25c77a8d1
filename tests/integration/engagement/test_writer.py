"""The writer: commands in groups, each caller answered for itself, and only after the commit."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from groundswell.contract.errors import (
    Conflict,
    DatabaseUnavailable,
    GroundswellError,
    MediaNotFound,
    Overloaded,
)
from groundswell.domains.engagement.commands import (
    CastVote,
    DeleteMedia,
    RecordPlay,
    RegisterMedia,
)
from groundswell.log.journal import TAKE_TURN
from groundswell.store import Statement, Transaction, open_store
from groundswell.store.commands import Command, EventTail, Handler, Idempotency
from groundswell.store.migrate import upgrade
from tests.services.postgres import PostgresServer
from tests.support.core import START, Core, ManualClock, connected, running_core, user, visitor
from tests.support.waiting import until


class Touch(Command, frozen=True, kw_only=True):
    """Writes a row, and fails after that if it is a bad one."""

    answer: ClassVar[type] = str
    name: str
    bad: bool = False


MARK = Statement("INSERT INTO consumer_positions VALUES (:name, 0, 0)")
MARKED = "SELECT consumer_group FROM consumer_positions ORDER BY consumer_group"


async def _touch(
    transaction: Transaction, commands: Sequence[Touch], _tail: EventTail
) -> list[object]:
    for command in commands:
        await transaction.fetch(MARK, name=command.name)
        if command.bad:
            raise RuntimeError("a bug in a handler")
    return [f"touched {command.name}" for command in commands]


TOUCH = Handler((Touch,), _touch)


def _play(media: int, name: str = "ann") -> RecordPlay:
    return RecordPlay(media_file_id=media, by=visitor(name), at=START)


def _key(name: str, fingerprint: str = "same") -> Idempotency:
    return Idempotency("scope", name, fingerprint)


async def _plays(core: Core, media: int) -> int:
    return (await core.queries.media(media)).play_count


async def test_a_failing_command_fails_alone(ready_url: str) -> None:
    async with running_core(ready_url, handlers=[TOUCH]) as core:
        media = await core.register()
        head = await core.log.head()
        outcomes = await core.together(
            _play(media, "ann"),
            Touch(name="before", at=START),
            Touch(name="broken", bad=True, at=START),
            _play(media, "bob"),
            Touch(name="after", at=START),
            DeleteMedia(media_file_id=404, at=START),
        )
        broken, unknown = outcomes[2], outcomes[5]
        assert type(broken) is GroundswellError
        assert str(broken) == "Internal server error"
        assert isinstance(unknown, MediaNotFound)
        assert [one.play_count for one in (outcomes[0], outcomes[3])] == [1, 2]
        assert [outcomes[1], outcomes[4]] == ["touched before", "touched after"]
        assert await core.rows(MARKED) == [("after",), ("before",)]
        assert await _plays(core, media) == 2
        assert await core.log.head() == head + 2
        await core.assert_consistent()
        assert core.writer.statistics()["isolated_batches_total"] == 1


async def test_a_refused_command_costs_its_neighbours_nothing(core: Core) -> None:
    media = await core.register()
    commits = core.writer.statistics()["commits_total"]
    outcomes = await core.together(_play(404), _play(media), _play(404), _play(media))
    assert [isinstance(one, MediaNotFound) for one in outcomes] == [True, False, True, False]
    assert core.writer.statistics()["commits_total"] == commits + 1


async def test_what_waits_is_committed_together(core: Core) -> None:
    media = await core.register()
    before = core.writer.statistics()["commits_total"]
    answers = await core.together(*(_play(media, f"n{number}") for number in range(600)))
    assert [one.play_count for one in answers] == list(range(1, 601))
    assert core.writer.statistics()["commits_total"] - before == 3  # 256 + 256 + 88


async def test_beyond_its_capacity_it_refuses(ready_url: str) -> None:
    core = connected(ready_url, ManualClock(), capacity=3)
    await core.store.open()
    accepted = [asyncio.create_task(core.register(f"Song {number}")) for number in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded) as refused:
        await core.register("One too many")
    assert refused.value.retry_after >= 1
    working = asyncio.create_task(core.writer.run())
    assert sorted(await asyncio.gather(*accepted)) == [1, 2, 3]
    await core.register("Room again")
    core.writer.close()
    await working
    await core.store.close()


async def test_closing_drains_what_waits(ready_url: str) -> None:
    core = connected(ready_url, ManualClock(), batch=2)
    await core.store.open()
    waiting = [asyncio.create_task(core.register(f"Song {number}")) for number in range(7)]
    await asyncio.sleep(0)
    core.writer.close()
    with pytest.raises(Overloaded):
        await core.register("Too late")
    async with asyncio.timeout(10):
        await core.writer.run()
    assert sorted(await asyncio.gather(*waiting)) == list(range(1, 8))
    await core.assert_consistent()
    await core.store.close()


async def test_nobody_is_answered_before_the_commit(core: Core, ready_url: str) -> None:
    media = await core.register()
    other = open_store(ready_url)
    await other.open()
    async with other.writing() as tx:
        await tx.fetch(TAKE_TURN)
        playing = asyncio.create_task(core.submit(_play(media)))
        done, _ = await asyncio.wait([playing], timeout=0.2)
        assert not done
        assert await _plays(core, media) == 0
    assert (await playing).play_count == 1
    stored = await other.fetch(Statement("SELECT play_count FROM media"))
    assert [tuple(row) for row in stored] == [(1,)]
    await other.close()


async def test_a_caller_who_goes_away_stops_nothing(core: Core) -> None:
    media = await core.register()
    leaving = asyncio.create_task(core.submit(_play(media, "ann")))
    staying = asyncio.create_task(core.submit(_play(media, "bob")))
    await asyncio.sleep(0)
    leaving.cancel()
    assert (await staying).play_count == 2
    assert await _plays(core, media) == 2


@pytest.mark.parametrize("together", [True, False])
async def test_an_equal_key_gets_the_same_answer_and_one_event(
    core: Core, *, together: bool
) -> None:
    media = await core.register()
    head = await core.log.head()
    requests = [core.submit(_play(media), _key("k")) for _ in range(3)]
    if together:
        answers = await asyncio.gather(*requests)
    else:
        answers = [await request for request in requests]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0].play_count == 1
    assert await core.log.head() == head + 1


@pytest.mark.parametrize("together", [True, False])
async def test_a_key_used_for_something_else_is_a_conflict(core: Core, *, together: bool) -> None:
    media = await core.register()
    first = core.submit(_play(media), _key("k", "one"))
    second = core.submit(_play(media), _key("k", "two"))
    if together:
        answer, refused = await asyncio.gather(first, second, return_exceptions=True)
    else:
        answer, refused = await first, (await asyncio.gather(second, return_exceptions=True))[0]
    assert answer.play_count == 1
    assert isinstance(refused, Conflict)
    assert refused.reason == "idempotency_key_reused"
    assert await _plays(core, media) == 1


async def test_keys_of_different_scopes_are_different(core: Core) -> None:
    media = await core.register()
    for scope in ("one", "two"):
        await core.submit(_play(media), Idempotency(scope, "k", "same"))
    assert await _plays(core, media) == 2


async def test_a_refused_request_may_be_tried_again_with_its_key(core: Core) -> None:
    with pytest.raises(MediaNotFound):
        await core.submit(_play(1), _key("k"))
    media = await core.register(media_file_id=1)
    assert (await core.submit(_play(media), _key("k"))).play_count == 1


async def test_every_kind_of_answer_survives_being_kept(core: Core) -> None:
    """A repeat is answered from what was stored, which must read back as it was."""
    media = await core.register(artist="Neil", duration_seconds=187)
    vote = CastVote(media_file_id=media, by=user("ann"), at=START, vote_type="up")
    create = RegisterMedia(title="Old Man", at=START)
    for command in (create, vote, _play(media), DeleteMedia(media_file_id=media, at=START)):
        name = type(command).__name__
        first = await core.submit(command, _key(name))
        assert await core.submit(command, _key(name)) == first


async def test_it_recovers_by_itself_when_postgresql_comes_back(
    own_postgres: PostgresServer,
) -> None:
    url = own_postgres.url("postgres")
    await upgrade(url)
    async with running_core(url) as core:
        media = await core.register()
        acknowledged, refused = await _play_through_an_outage(core, media, own_postgres)
        assert acknowledged > 0
        assert refused > 0
        assert (await core.submit(_play(media))).play_count >= acknowledged + 1
        assert acknowledged + 1 <= await _plays(core, media) <= acknowledged + refused + 1
        await core.assert_consistent()


async def _play_through_an_outage(
    core: Core, media: int, server: PostgresServer
) -> tuple[int, int]:
    """How many plays were acknowledged and how many were not, all sent while it died."""
    outcomes: list[Any] = []

    async def play_for_ever() -> None:
        while True:
            outcomes.extend(await core.together(*(_play(media) for _ in range(5))))
            await asyncio.sleep(0.002)

    async def answers_again() -> bool:
        found = await asyncio.gather(core.queries.media(media), return_exceptions=True)
        return not isinstance(found[0], DatabaseUnavailable)

    async def refused() -> bool:
        return isinstance(outcomes[-1], DatabaseUnavailable)

    playing = asyncio.create_task(play_for_ever())
    await until(lambda: _some(outcomes, 50))
    await asyncio.to_thread(server.kill)
    await until(refused)
    with pytest.raises(DatabaseUnavailable):
        await core.queries.media(media)
    await asyncio.to_thread(server.start)
    await until(answers_again)
    playing.cancel()
    await asyncio.wait([playing])
    unexpected = [
        one
        for one in outcomes
        if isinstance(one, BaseException) and not isinstance(one, DatabaseUnavailable)
    ]
    assert not unexpected
    failed = sum(isinstance(one, DatabaseUnavailable) for one in outcomes)
    return len(outcomes) - failed, failed


async def _some(outcomes: Sequence[Any], count: int) -> bool:
    return len(outcomes) >= count


async def test_two_processes_may_write_the_same_files_in_any_order(ready_url: str) -> None:
    clock = ManualClock()
    async with running_core(ready_url, clock) as one, running_core(ready_url, clock) as other:
        files = [await one.register() for _ in range(12)]
        head = await one.log.head()
        outcomes = await asyncio.gather(_hammer(one, files, "a"), _hammer(other, files[::-1], "b"))
        failed = [one for those in outcomes for one in those if isinstance(one, BaseException)]
        assert not failed
        for media in files:
            file = await one.queries.media(media)
            assert (file.play_count, file.upvotes, file.downvotes) == (20, 1, 1)
        events = await other.events(head)
        assert [event.seq for event in events] == list(range(head + 1, head + 12 * 22 + 1))
        await one.assert_consistent()
        for core in (one, other):
            figures = core.writer.statistics()
            assert (figures["failures_total"], figures["isolated_batches_total"]) == (0, 0)


async def _hammer(core: Core, files: list[int], name: str) -> list[Any]:
    outcomes: list[Any] = []
    by, vote = visitor(name), "up" if name == "a" else "down"
    for _ in range(10):
        plays = [RecordPlay(media_file_id=media, by=by, at=START) for media in files]
        votes = [
            CastVote(media_file_id=media, by=by, at=START, vote_type=vote)  # type: ignore[arg-type]
            for media in files
        ]
        outcomes += await core.together(*plays, *votes)
    return outcomes
