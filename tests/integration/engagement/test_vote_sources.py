"""Where votes come from: looked at, forgotten in time, and with whoever is forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from groundswell.contract.times import DAY, MINUTE
from groundswell.domains.engagement.commands import CastVote, RecordView
from groundswell.domains.engagement.erasing import ENGAGEMENT_ERASER
from groundswell.domains.engagement.quarantine import VoteCase, quarantine_handler
from groundswell.domains.engagement.retention import Retention
from groundswell.domains.engagement.vote_signals import (
    BURST,
    PER_ADDRESS,
    PER_HOSTING,
    RING,
    RING_FILES,
)
from groundswell.domains.engagement.vote_watch import VoteWatch
from groundswell.store.persons import Erasure
from tests.integration.recommendations.liking import _NoTail
from tests.support.core import Core, running_core, visitor


@pytest_asyncio.fixture
async def core(ready_url: str) -> AsyncIterator[Core]:
    async with running_core(ready_url, handlers=(quarantine_handler(),)) as core:
        yield core
        await core.assert_consistent()


async def vote(core: Core, media: int, name: str, *, heard: bool = True, **source: Any) -> None:
    who: dict[str, Any] = {
        "media_file_id": media,
        "by": visitor(name, **source),
        "at": core.clock.advance(1),
    }
    if heard:
        await core.submit(RecordView(**who))
    await core.submit(CastVote(vote_type="up", **who))


async def looked(core: Core) -> dict[str, int]:
    """What the watch finds: the votes by signal."""
    await VoteWatch(core.store, core.submit, core.clock).look()
    page = await VoteWatch(core.store, core.submit, core.clock).cases("open", 50, None)
    cases: list[VoteCase] = page.items
    return {one.signal: sum(c.votes for c in cases if c.signal == one.signal) for one in cases}


async def regulars(core: Core, *, heard: bool = True) -> None:
    """People who vote for something else, and did so before."""
    first, second = await core.register("First"), await core.register("Second")
    for number in range(2 * BURST):
        await vote(core, first, f"regular-{number}", heard=heard)
    core.clock.advance(30 * MINUTE)
    for number in range(2 * BURST):
        await vote(core, second, f"regular-{number}", heard=heard)


async def test_a_burst_from_one_network_is_found(core: Core) -> None:
    await regulars(core)
    media = await core.register("Pushed")
    for number in range(BURST):
        network = "near" if number <= PER_ADDRESS else f"far-{number}"
        await vote(core, media, f"v{number}", network=network)
    assert await looked(core) == {"shared_network": PER_ADDRESS + 1}


async def test_votes_of_hosting_companies_are_found(core: Core) -> None:
    media = await core.register("Pushed")
    for number in range(PER_HOSTING + 1):
        await vote(core, media, f"v{number}", hosted=True)
    assert await looked(core) == {"hosting_network": PER_HOSTING + 1}


async def test_a_burst_of_voters_nobody_knows_is_found(core: Core) -> None:
    await regulars(core, heard=False)
    media = await core.register("Pushed")
    for number in range(BURST):
        await vote(core, media, f"new-{number}", heard=False)
    assert await looked(core) == {"new_voters": BURST}


async def test_regulars_that_push_something_are_not_new(core: Core) -> None:
    await regulars(core, heard=False)
    media = await core.register("Liked")
    for number in range(BURST):
        await vote(core, media, f"regular-{number}", heard=False)
    assert await looked(core) == {}


async def test_a_ring_is_found(core: Core) -> None:
    files = [await core.register(f"File {number}") for number in range(RING_FILES)]
    for media in files:
        for number in range(RING):
            await vote(core, media, f"ring-{number}", heard=False)
    for number in range(RING):
        await vote(core, files[0], f"other-{number}")
    assert await looked(core) == {"voting_ring": RING * RING_FILES}


async def test_a_network_is_forgotten_after_a_day_and_the_vote_stays(core: Core) -> None:
    media = await core.register()
    await vote(core, media, "ann", network="near", hosted=True)
    retention = Retention(core.store, core.clock, hash_days=30, feed_days=30)
    core.clock.advance(DAY - 1)
    await retention.forget()
    assert await core.rows("SELECT network, hosted FROM votes") == [("near", 1)]
    core.clock.advance(1)
    await retention.forget()
    kept = await core.rows("SELECT network, hosted, actor, vote_type FROM votes")
    assert kept == [(None, 1, "actor-ann", "up")]


async def test_a_vote_that_is_changed_comes_from_where_it_was_changed(core: Core) -> None:
    media = await core.register()
    await vote(core, media, "ann", network="near", hosted=True)
    by = visitor("ann", network="far")
    await core.submit(
        CastVote(media_file_id=media, by=by, at=core.clock.advance(1), vote_type="down")
    )
    assert await core.rows("SELECT network, hosted FROM votes") == [("far", 0)]


async def test_with_whoever_is_forgotten_their_network_is(core: Core) -> None:
    media = await core.register()
    await vote(core, media, "ann", network="near")
    await vote(core, media, "bob", network="near")
    names = frozenset({"actor-ann"}), frozenset({"voter-ann"})
    erasure = Erasure("gone", None, *names, core.clock())
    async with core.store.writing() as tx:
        assert ENGAGEMENT_ERASER.find is not None
        trail = await ENGAGEMENT_ERASER.find(tx, erasure, 0)
        await ENGAGEMENT_ERASER.erase(tx, erasure, trail, _NoTail())
    assert sorted(await core.rows("SELECT actor, network FROM votes"), key=str) == [
        ("actor-bob", "near"),
        (None, None),
    ]
