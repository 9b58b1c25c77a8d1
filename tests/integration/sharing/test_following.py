"""Links: people are counted, once an hour each."""

from __future__ import annotations

import asyncio

import pytest

from groundswell.contract.times import HOUR
from groundswell.domains.sharing.commands import DeleteShare, DropExpired
from groundswell.domains.sharing.refusals import ShareNotFound
from groundswell.domains.sharing.views import Followed
from tests.integration.sharing.shares import SHARE, create, follow
from tests.support.core import Core


async def test_a_person_is_counted_once_an_hour(core: Core) -> None:
    await core.submit(create(core))
    assert await core.submit(follow(core)) == Followed(counted=True, clicks=1, views=1)
    core.clock.advance(HOUR - 1)
    assert await core.submit(follow(core)) == Followed(counted=False, clicks=1, views=2)
    core.clock.advance(1)
    assert await core.submit(follow(core)) == Followed(counted=True, clicks=2, views=3)
    assert await core.submit(follow(core, "w")) == Followed(counted=True, clicks=3, views=4)


async def test_machines_are_views_and_no_clicks(core: Core) -> None:
    await core.submit(create(core))
    assert (await core.submit(follow(core, reason="bot"))).clicks == 0
    assert (await core.submit(follow(core))).counted
    told = [one.event for one in await core.events()][1:]
    assert [one.discard_reason for one in told] == ["bot", None]  # type: ignore[attr-defined]
    assert [tuple(one.topics()) for one in told] == [(), ("user.mia.social",)]


async def test_the_same_person_at_the_same_instant_is_one(core: Core) -> None:
    await core.submit(create(core))
    answers = await asyncio.gather(*(core.submit(follow(core)) for _ in range(8)))
    assert sum(one.counted for one in answers) == 1


async def test_the_link_of_a_deleted_share_counts_nothing(core: Core) -> None:
    await core.submit(create(core))
    await core.submit(DeleteShare(at=core.clock(), share_id=SHARE, user_id="mia"))
    with pytest.raises(ShareNotFound):
        await core.submit(follow(core))


async def test_who_was_counted_is_forgotten(core: Core) -> None:
    await core.submit(create(core))
    await core.submit(follow(core))
    core.clock.advance(HOUR)
    await core.submit(DropExpired(at=core.clock()))
    assert await core.rows("SELECT * FROM share_visits") == []
