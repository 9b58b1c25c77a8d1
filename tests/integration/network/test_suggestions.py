"""Whom to know, and whom to work with."""

from __future__ import annotations

from groundswell.contract.events.network import CollaborationRecorded
from groundswell.contract.times import DAY
from groundswell.domains.network.commands import DismissPerson
from tests.integration.network.people import People


async def test_who_works_together_may_want_to_be_friends(people: People) -> None:
    await people.awarded("ann", "bob")
    await people.awarded("ann", "bob")
    assert await people.suggested("ann") == {("friend", "bob", "worked_together")}
    assert await people.suggested("bob") == {("friend", "ann", "worked_together")}
    assert await people.types("ann") == ["suggestion.created"]


async def test_who_worked_for_the_same_client_may_work_with_each_other(people: People) -> None:
    await people.awarded("ann", "bob", "p-1")
    await people.awarded("ann", "cid", "p-2")
    assert ("collaboration", "cid", "same_client") in await people.suggested("bob")
    assert ("collaboration", "bob", "same_client") in await people.suggested("cid")
    assert await people.types("cid") == ["suggestion.created"] * 2


async def test_friends_are_not_suggested_as_friends(people: People) -> None:
    await people.friends_for_good("ann", "bob")
    await people.awarded("ann", "bob")
    assert await people.suggested("ann") == set()
    await people.awarded("ann", "cid", "p-2")
    await people.friends_for_good("ann", "cid")
    assert await people.suggested("ann") == set()


async def test_blocked_people_are_suggested_to_nobody_they_block(people: People) -> None:
    await people.awarded("ann", "bob")
    await people.block("bob", "ann")
    assert await people.suggested("ann") == set()
    assert await people.suggested("bob") == set()
    await people.block("cid", "ann")
    await people.awarded("ann", "cid", "p-2")
    assert {one[1] for one in await people.suggested("ann")} == set()
    assert {one[1] for one in await people.suggested("cid")} == {"bob"}


async def test_work_of_referred_people_is_known_as_such(people: People) -> None:
    await people.converted("ann", "bob")
    await people.awarded("ann", "bob", "p-1")
    await people.awarded("ann", "cid", "p-2")
    events = [one.event for one in await people.core.events()]
    recorded = [one for one in events if isinstance(one, CollaborationRecorded)]
    assert [(one.user_id, one.referred) for one in recorded] == [("bob", True), ("cid", False)]


async def test_what_was_dismissed_does_not_come_again(people: People) -> None:
    await people.awarded("ann", "bob")
    (one,) = (await people.queries.suggestions("ann", 10, None)).items
    await people.core.submit(
        DismissPerson(at=people.clock(), suggestion_id=one.suggestion_id, user_id="ann")
    )
    await people.awarded("ann", "bob", "p-2")
    assert await people.suggested("ann") == set()


async def test_suggestions_end(people: People) -> None:
    await people.awarded("ann", "bob")
    people.clock.advance(30 * DAY)
    assert await people.suggested("ann") == set()
