"""Shares and their states."""

from __future__ import annotations

import pytest

from groundswell.contract.errors import Conflict
from groundswell.domains.sharing.commands import DeleteShare, FailShare, PublishShare
from groundswell.domains.sharing.queries import SharingQueries
from groundswell.domains.sharing.refusals import ShareNotFound
from tests.integration.sharing.shares import SHARE, create
from tests.support.core import Core


async def types(core: Core) -> list[str]:
    return [logged.event.event_type for logged in await core.events()]


async def test_a_share_is_out_at_once_and_its_creation_is_the_confirmation(core: Core) -> None:
    view = await core.submit(create(core))
    assert (view.state, view.clicks, view.engagements) == ("published", 0, 0)
    (logged,) = await core.events()
    (notice,) = logged.event.notices()
    assert notice.user_id == "mia"
    assert notice.delivery == "critical"
    assert notice.data["shareId"] == SHARE
    assert logged.event.topics() == ("user.mia.social",)


async def test_a_pending_share_is_confirmed_when_the_platform_took_it(core: Core) -> None:
    view = await core.submit(create(core, pending=True))
    assert view.state == "pending"
    told = await core.submit(PublishShare(at=core.clock(), share_id=SHARE, external_id="post-1"))
    assert told.state == "published"
    again = await core.submit(PublishShare(at=core.clock(), share_id=SHARE, external_id="post-1"))
    assert again == told
    created, published = await core.events()
    assert created.event.notices() == ()
    assert [one.user_id for one in published.event.notices()] == ["mia"]


async def test_the_name_of_a_post_that_comes_later_is_no_second_confirmation(core: Core) -> None:
    await core.submit(create(core))
    await core.submit(PublishShare(at=core.clock(), share_id=SHARE, external_id="post-1"))
    _, named = await core.events()
    assert (tuple(named.event.notices()), tuple(named.event.topics())) == ((), ())


async def test_a_share_only_moves_forward(core: Core) -> None:
    await core.submit(create(core, pending=True))
    delete = DeleteShare(at=core.clock(), share_id=SHARE, user_id="mia")
    with pytest.raises(Conflict) as refused:
        await core.submit(delete)
    assert refused.value.reason == "illegal_transition"
    failed = await core.submit(FailShare(at=core.clock(), share_id=SHARE, reason="no such group"))
    assert (failed.state, failed.reason) == ("failed", "no such group")
    for command in (delete, PublishShare(at=core.clock(), share_id=SHARE)):
        with pytest.raises(Conflict):
            await core.submit(command)
    assert await types(core) == ["social.share.created", "social.share.failed"]


async def test_only_the_sharer_takes_a_share_back_and_twice_is_once(core: Core) -> None:
    await core.submit(create(core))
    with pytest.raises(ShareNotFound):
        await core.submit(DeleteShare(at=core.clock(), share_id=SHARE, user_id="eve"))
    for _ in range(2):
        gone = await core.submit(DeleteShare(at=core.clock(), share_id=SHARE, user_id="mia"))
        assert gone.state == "deleted"
    assert await types(core) == ["social.share.created", "social.share.deleted"]


async def test_a_post_belongs_to_one_share(core: Core) -> None:
    other = "share-" + "2" * 32
    await core.submit(create(core))
    await core.submit(create(core, other))
    name = PublishShare(at=core.clock(), share_id=SHARE, external_id="post-1")
    await core.submit(name)
    with pytest.raises(Conflict) as refused:
        await core.submit(PublishShare(at=core.clock(), share_id=other, external_id="post-1"))
    assert refused.value.reason == "post_taken"
    with pytest.raises(Conflict):
        await core.submit(PublishShare(at=core.clock(), share_id=SHARE, external_id="post-2"))


async def test_shares_are_listed_newest_first_a_page_at_a_time(core: Core) -> None:
    ids = [f"share-{number:032x}" for number in range(5)]
    for share_id in ids:
        core.clock.advance(1)
        await core.submit(create(core, share_id))
    await core.submit(create(core, SHARE, user_id="bob"))
    await core.submit(DeleteShare(at=core.clock(), share_id=ids[2], user_id="mia"))
    queries = SharingQueries(core.store, core.clock)
    first = await queries.shares("mia", 3, None)
    second = await queries.shares("mia", 3, first.next_cursor)
    listed = [one.share_id for one in (*first.items, *second.items)]
    assert listed == [ids[4], ids[3], ids[1], ids[0]]
    assert second.next_cursor is None
