"""Friends by hand, through referral, by the host's word; and blocks."""

from __future__ import annotations

import asyncio

import pytest

from groundswell.contract.errors import Conflict, Invalid
from groundswell.contract.events.network import FriendJoined
from tests.integration.network.people import People


async def test_two_are_friends_when_both_want_it(people: People) -> None:
    asked = await people.befriend("ann", "bob")
    assert asked.state == "outgoing"
    assert await people.names("bob", "incoming") == ["ann"]
    assert await people.names("ann") == []
    agreed = await people.befriend("bob", "ann")
    assert agreed.state == "established"
    assert (await people.names("ann"), await people.names("bob")) == (["bob"], ["ann"])
    assert await people.types("ann") == ["connection.requested", "connection.established"]
    assert await people.types("bob") == await people.types("ann")
    await people.assert_consistent()


async def test_the_same_wish_twice_changes_nothing(people: People) -> None:
    await people.befriend("ann", "bob")
    assert (await people.befriend("ann", "bob")).state == "outgoing"
    assert await people.types("ann") == ["connection.requested"]


async def test_two_who_ask_at_once_are_friends(people: People) -> None:
    await asyncio.gather(people.befriend("ann", "bob"), people.befriend("bob", "ann"))
    assert await people.names("ann") == ["bob"]
    await people.assert_consistent()


async def test_nobody_is_their_own_friend(people: People) -> None:
    with pytest.raises(Invalid):
        await people.befriend("ann", "ann")


async def test_a_friendship_ends_for_both(people: People) -> None:
    await people.friends_for_good("ann", "bob")
    await people.unfriend("bob", "ann")
    await people.unfriend("bob", "ann")
    assert (await people.names("ann"), await people.names("bob")) == ([], [])
    assert (await people.types("ann"))[2:] == ["connection.removed"]
    await people.assert_consistent()


async def test_a_friend_who_joins_is_told_to_who_referred_them_once(people: People) -> None:
    await people.converted("ann", "new")
    await people.converted("ann", "new")
    assert await people.names("ann") == ["new"]
    assert await people.types("ann") == ["connection.established", "friend.joined"]
    assert await people.types("new") == ["connection.established"]
    (joined,) = [one for one in await people.told("user.ann.network") if one.critical]
    assert isinstance(joined, FriendJoined)
    assert joined.told() == {"userId": "ann", "friendId": "new", "via": "referral"}
    assert [(one.user_id, one.delivery) for one in joined.notices()] == [("ann", "critical")]
    await people.assert_consistent()


async def test_who_came_anonymously_stays_unknown(people: People) -> None:
    await people.converted("ann", "new", anonymous=True)
    assert await people.names("ann") == []
    assert await people.types("ann") == []


async def test_friends_by_hand_hear_of_the_joining_all_the_same(people: People) -> None:
    await people.friends_for_good("ann", "new")
    await people.converted("ann", "new")
    assert (await people.types("ann"))[-1] == "friend.joined"
    (view,) = (await people.queries.friends("ann", "established", 10, None)).items
    assert view.via == "manual"


async def test_the_host_connects_and_disconnects(people: People) -> None:
    await people.befriend("bob", "ann")
    await people.profile("ann", connected=["bob", "cid", "ann"])
    assert await people.names("ann") == ["bob", "cid"]
    await people.profile("ann", disconnected=["cid", "nobody"])
    assert await people.names("ann") == ["bob"]
    await people.assert_consistent()


async def test_a_block_ends_visibility_both_ways(people: People) -> None:
    await people.friends_for_good("ann", "bob")
    assert await people.may_watch("ann", "bob")
    await people.block("bob", "ann")
    assert (await people.names("ann"), await people.names("bob")) == ([], [])
    assert not await people.may_watch("ann", "bob")
    assert not await people.may_watch("bob", "ann")
    with pytest.raises(Conflict) as refused:
        await people.befriend("bob", "ann")
    assert refused.value.reason == "user_blocked"
    await people.assert_consistent()


async def test_who_is_blocked_cannot_tell(people: People) -> None:
    await people.block("bob", "ann")
    assert await people.types("ann") == []
    asked = await people.befriend("ann", "bob")
    unblocked = await people.befriend("ann", "cid")
    assert (asked.state, asked.via) == (unblocked.state, unblocked.via)
    assert await people.names("ann", "outgoing") == ["bob", "cid"]
    assert await people.names("bob", "incoming") == []
    assert await people.types("bob") == ["user.blocked"]
    await people.unfriend("ann", "bob")
    assert await people.types("bob") == ["user.blocked"]
    assert await people.names("ann", "outgoing") == ["cid"]
    await people.assert_consistent()


async def test_a_block_survives_the_hosts_word_and_a_referral(people: People) -> None:
    await people.block("bob", "ann")
    await people.profile("ann", connected=["bob"])
    await people.converted("ann", "bob")
    await people.converted("bob", "ann")
    assert await people.names("ann") == []
    await people.unblock("bob", "ann")
    await people.unblock("bob", "ann")
    await people.friends_for_good("ann", "bob")
    assert await people.names("ann") == ["bob"]


async def test_a_request_that_waited_behind_a_block_comes_after_it(people: People) -> None:
    await people.befriend("ann", "bob")
    await people.block("bob", "ann")
    assert await people.names("bob", "incoming") == []
    assert await people.names("ann", "outgoing") == ["bob"]
    await people.unblock("bob", "ann")
    assert await people.names("bob", "incoming") == ["ann"]


async def test_friends_come_page_by_page(people: People) -> None:
    for friend in ("bob", "cid", "dot"):
        await people.friends_for_good("ann", friend)
    first = await people.queries.friends("ann", "established", 2, None)
    assert [one.user_id for one in first.items] == ["dot", "cid"]
    rest = await people.queries.friends("ann", "established", 2, first.next_cursor)
    assert ([one.user_id for one in rest.items], rest.next_cursor) == (["bob"], None)


async def test_only_friends_and_oneself_are_watched(people: People) -> None:
    await people.befriend("ann", "bob")
    assert await people.may_watch("ann", "ann")
    for viewer in (None, "bob", "cid"):
        assert not await people.may_watch(viewer, "ann")
    await people.befriend("bob", "ann")
    assert await people.may_watch("bob", "ann")


async def test_friends_are_shown_with_the_presence_they_show(people: People) -> None:
    await people.friends_for_good("ann", "bob")
    await people.befriend("ann", "cid")
    people.shown.update(bob="away", cid="online")
    (bob,) = (await people.queries.friends("ann", "established", 10, None)).items
    (cid,) = (await people.queries.friends("ann", "outgoing", 10, None)).items
    assert (bob.presence, cid.presence) == ("away", None)


async def test_everything_about_a_person_is_exported(people: People) -> None:
    await people.friends_for_good("ann", "bob")
    await people.block("ann", "cid")
    await people.awarded("ann", "dot")
    exported = await people.queries.export("ann")
    assert [one["userId"] for one in exported["connections"]] == ["bob"]
    assert [one["userId"] for one in exported["blocks"]] == ["cid"]
    assert [one["partnerId"] for one in exported["collaborations"]] == ["dot"]
    assert [one["subjectId"] for one in exported["suggestions"]] == ["dot"]
