"""Engagements: each once, parked when early, discarded when late."""

from __future__ import annotations

import asyncio

from groundswell.contract.events.sharing import ShareEngaged
from groundswell.contract.times import DAY
from groundswell.domains.sharing import engaging
from groundswell.domains.sharing.commands import DeleteShare, DropExpired, PublishShare
from groundswell.domains.sharing.queries import SharingQueries
from groundswell.domains.sharing.views import Dropped, ShareView, Taken
from tests.integration.sharing.shares import SHARE, create, engage, engagement
from tests.support.core import Core

POSTED = "post:post-1"


async def share(core: Core, share_id: str = SHARE) -> ShareView:
    return await SharingQueries(core.store, core.clock).share(share_id)


async def alerts(core: Core) -> list[ShareEngaged]:
    return [one.event for one in await core.events() if isinstance(one.event, ShareEngaged)]


async def test_an_engagement_counts_once_and_alerts_the_sharer(core: Core) -> None:
    await core.submit(create(core))
    assert await engage(core, engagement("e1")) == Taken(accepted=1)
    assert await engage(core, engagement("e1")) == Taken(repeated=1)
    told = await engage(core, engagement("e2"), engagement("e3", engagement_type="comment"))
    assert told == Taken(accepted=2)
    found = await share(core)
    assert (found.engagements, found.engagement_types) == (3, {"comment": 1, "like": 2})
    first, second, third = await alerts(core)
    assert first.topics() == ("user.mia.social",)
    assert first.notices() == ()
    assert not first.critical
    assert [one.count for one in (first, second, third)] == [1, 2, 3]
    assert first.told()["engagerInfo"] == {"id": "bob"}


async def test_the_same_event_at_once_counts_once(core: Core) -> None:
    await core.submit(create(core))
    answers = await asyncio.gather(*(engage(core, engagement("e1")) for _ in range(8)))
    assert sum(one.accepted for one in answers) == 1
    assert sum(one.repeated for one in answers) == 7
    assert (await share(core)).engagements == 1


async def test_one_webhook_that_names_an_event_twice_counts_it_once(core: Core) -> None:
    await core.submit(create(core))
    assert await engage(core, engagement("e1"), engagement("e1")) == Taken(accepted=1, repeated=1)


async def test_an_engagement_webhook_for_an_unknown_share_is_parked_and_applied(
    core: Core,
) -> None:
    assert await engage(core, engagement("e1"), engagement("e2")) == Taken(parked=2)
    assert await engage(core, engagement("e1")) == Taken(repeated=1)
    core.clock.advance(DAY - 1)
    assert (await core.submit(create(core))).engagements == 2
    assert await engage(core, engagement("e2")) == Taken(repeated=1)
    assert len(await alerts(core)) == 2
    assert await core.rows("SELECT * FROM parked_engagements") == []


async def test_what_is_parked_is_dropped_after_a_day_exactly(core: Core) -> None:
    await engage(core, engagement("e1"))
    core.clock.advance(DAY)
    assert (await core.submit(create(core))).engagements == 0
    await engage(core, engagement("e2", "share-nobody-has"))
    core.clock.advance(DAY - 1)
    assert await core.submit(DropExpired(at=core.clock())) == Dropped(dropped=0, waiting=1)
    core.clock.advance(1)
    assert await core.submit(DropExpired(at=core.clock())) == Dropped(dropped=1, waiting=0)


async def test_an_engagement_with_a_post_waits_until_the_host_says_whose_it_is(
    core: Core,
) -> None:
    await core.submit(create(core, pending=True))
    assert await engage(core, engagement("e1", POSTED)) == Taken(parked=1)
    await engage(core, engagement("e1"))
    view = await core.submit(PublishShare(at=core.clock(), share_id=SHARE, external_id="post-1"))
    assert view.engagements == 1
    assert await engage(core, engagement("e2", POSTED)) == Taken(accepted=1)


async def test_shared_post_deleted(core: Core) -> None:
    """Later engagements are discarded, earlier ones stay in totals."""
    await core.submit(create(core))
    await engage(core, engagement("e1"))
    await core.submit(DeleteShare(at=core.clock(), share_id=SHARE, user_id="mia"))
    assert await engage(core, engagement("e2")) == Taken(discarded=1)
    found = await share(core)
    assert (found.state, found.engagements) == ("deleted", 1)
    assert len(await alerts(core)) == 1


async def test_a_platform_speaks_of_its_own_shares_only(core: Core) -> None:
    await core.submit(create(core))
    assert await engage(core, engagement("e1"), platform="other") == Taken(parked=1)
    assert (await share(core)).engagements == 0
    assert await engage(core, engagement("m1"), platform=None) == Taken(accepted=1)


async def test_what_waits_cannot_fill_the_database(core: Core, monkeypatch: object) -> None:
    monkeypatch.setattr(engaging, "MOST_PARKED", 3)  # type: ignore[attr-defined]
    told = [engagement(f"e{number}") for number in range(5)]
    assert await engage(core, *told) == Taken(parked=3, discarded=2)
    assert await engage(core, engagement("e9")) == Taken(discarded=1)
