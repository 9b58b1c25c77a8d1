"""Who of a referral is named to whom: by each one's wish, wherever it is told or read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from groundswell.contract.events import referrals as events
from groundswell.contract.events.referrals.common import NamingReferee
from groundswell.contract.privacy import Audience, Discretion
from groundswell.contract.terms import RewardRule
from groundswell.delivery.routing import publications
from groundswell.domains.network.reactions import react
from groundswell.domains.referrals import commands as wishes
from groundswell.domains.referrals.discretion import Names
from groundswell.domains.referrals.rules import Stage, Windows
from groundswell.domains.referrals.sweeping import Sweeper
from groundswell.store import Transaction
from tests.integration.referrals.worlds import PROGRAM, World, running_world

STAGES = (
    Stage(name="registration", on="user.registered"),
    Stage(name="profile", on="user.profile.updated", completes=True),
)


@dataclass
class Wished:
    """What people wish, and who is whose friend."""

    wishes: dict[str, Discretion] = field(default_factory=dict)
    friends: set[frozenset[str]] = field(default_factory=set)

    async def discretions(
        self, _: Transaction, people: Collection[str]
    ) -> Mapping[str, Discretion]:
        return {one: self.wishes[one] for one in people if one in self.wishes}

    async def are_friends(self, _: Transaction, one: str, other: str) -> bool:
        return frozenset((one, other)) in self.friends

    def attribution(self, user: str, audience: Audience) -> None:
        self.wishes[user] = Discretion(attribution=audience)


@pytest.fixture
def wished() -> Wished:
    return Wished()


@pytest_asyncio.fixture
async def world(ready_url: str, wished: Wished) -> AsyncIterator[World]:
    names = Names(wished.discretions, wished.are_friends)
    async with running_world(ready_url, names=names) as world:
        await world.program()
        yield world
        await world.assert_consistent()


async def told(world: World) -> dict[str, list[dict[str, Any]]]:
    """What was told on each topic of all that happened."""
    found: dict[str, list[dict[str, Any]]] = {}
    for logged in await world.core.events():
        if isinstance(logged.event, NamingReferee):
            for one in publications(logged):
                found.setdefault(one.topic, []).append(
                    {"bytes": one.data, "notices": logged.event.notices()}
                )
    return found


async def listed(world: World, referrer: str) -> list[str | None]:
    page = await world.queries.mine(referrer, 50, None)
    return [one.referee_id for one in page.items]


async def friends_made(world: World) -> int:
    return sum(len(react(one)) for one in await world.core.events())


@pytest.mark.parametrize(
    ("wish", "friends", "named"),
    [
        ("everyone", False, True),
        ("friends", False, False),
        ("friends", True, True),
        ("nobody", False, False),
        ("nobody", True, False),
    ],
)
async def test_the_referrer_learns_who_came_as_far_as_that_one_wishes(
    world: World, wished: Wished, wish: Audience, friends: bool, named: bool
) -> None:
    wished.attribution("bob", wish)
    if friends:
        wished.friends.add(frozenset(("ada", "bob")))
    code = await world.code("ada")
    await world.register("bob", code=code.code)
    heard = (await told(world))["user.ada.referrals"]
    assert len(heard) == 3, "assigned, started, completed"
    assert {b'"bob"' in one["bytes"] for one in heard} == {named}
    (notice,) = [one for message in heard for one in message["notices"]]
    assert (notice.data["newUserId"] == "bob") is named
    assert await listed(world, "ada") == ["bob" if named else None]
    assert await friends_made(world) == int(named)
    export = await world.queries.export("ada")
    assert ("bob" in repr(export["referrals"])) is named


@pytest.mark.parametrize("private", [False, True])
async def test_what_is_promised_is_told_without_amounts_to_who_wishes_it(
    world: World, wished: Wished, private: bool
) -> None:
    thanks = RewardRule(
        rule_id="thanks", role="referrer", kind="flat", currency="EUR", amount_minor=5_000
    )
    await world.program("paying", rewards=(thanks,))
    wished.wishes["ada"] = Discretion(private_rewards=private)
    code = await world.code("ada", program_id="paying")
    await world.register("bob", code=code.code)
    (completed,) = await world.told(events.ConversionCompleted)
    (notice,) = completed.notices()
    assert notice.data == completed.told()
    promised = notice.data["reward"]
    assert (promised["amount"], promised["currency"]) == (
        (None, None) if private else ("50.00", "EUR")
    )
    assert promised["type"] == "credit"


async def test_lists_follow_the_wish_there_and_back(world: World, wished: Wished) -> None:
    code = await world.code("ada")
    for user in ("bob", "cid"):
        await world.register(user, code=code.code)
        world.clock.advance(1)
    assert await listed(world, "ada") == ["cid", "bob"]
    wished.attribution("bob", "nobody")
    assert await listed(world, "ada") == ["cid", None]
    wished.attribution("bob", "friends")
    assert await listed(world, "ada") == ["cid", None]
    wished.friends.add(frozenset(("ada", "bob")))
    assert await listed(world, "ada") == ["cid", "bob"]
    assert (await world.queries.mine("ada", 50, None)).totals.attributed == 2


@pytest.mark.parametrize(
    ("wish", "friends", "named"),
    [
        ("everyone", False, True),
        ("friends", False, False),
        ("friends", True, True),
        ("nobody", True, False),
    ],
)
async def test_who_came_learns_through_whom_as_far_as_the_referrer_wishes(
    world: World, wished: Wished, wish: Audience, friends: bool, named: bool
) -> None:
    wished.attribution("ada", wish)
    if friends:
        wished.friends.add(frozenset(("ada", "bob")))
    answer = await world.redeem(await world.code("ada"), "bob")
    assert answer.referrer_id == "ada", "the host is told"
    shown = await world.queries.seen_by_referee(answer)
    assert shown.referrer_id == ("ada" if named else None)
    assert shown.referral_id == answer.referral_id
    (came,) = (await world.queries.export("bob"))["referredBy"]
    assert came["referrerId"] == ("ada" if named else None)
    assert await listed(world, "ada") == ["bob"], "the other side wishes nothing"


async def test_nobody_becomes_a_friend_of_a_referrer_who_is_not_to_be_known(
    world: World, wished: Wished
) -> None:
    wished.attribution("ada", "nobody")
    await world.register("bob", code=(await world.code("ada")).code)
    (done,) = await world.told(events.ConversionCompleted)
    assert (done.unnamed, done.names_referee, done.makes_known) == (("referrer",), True, False)
    assert await friends_made(world) == 0
    heard = (await told(world))["user.ada.referrals"]
    assert all(b'"bob"' in one["bytes"] for one in heard)


async def test_who_comes_incognito_stays_anonymous_for_good(world: World, wished: Wished) -> None:
    wished.wishes["bob"] = Discretion(incognito=True)
    await world.register("bob", code=(await world.code("ada")).code)
    heard = (await told(world))["user.ada.referrals"]
    assert not any(b'"bob"' in one["bytes"] for one in heard)
    del wished.wishes["bob"]
    assert await listed(world, "ada") == [None]
    assert await friends_made(world) == 0
    (row,) = await world.core.rows("SELECT anonymous FROM referrals")
    assert row == (1,)


async def test_referrers_are_not_named_to_each_other_if_one_of_them_does_not_wish_it(
    world: World, wished: Wished
) -> None:
    await world.register("bob", code=(await world.code("ada")).code)
    wished.attribution("eve", "nobody")
    await world.submit(
        wishes.SetReferrer(
            at=world.clock(), program_id=PROGRAM, user_id="bob", referrer_id="eve", reason="typo"
        )
    )
    (event,) = await world.told(events.AttributionOverridden)
    assert set(event.topics()) == {"user.ada.referrals", "user.eve.referrals"}
    shown = event.told()
    assert (shown["referrerId"], shown["previousReferrerId"]) == (None, None)
    assert shown["refereeId"] == "bob"
    assert event.referrer_id == "eve", "the log and the host know"


async def test_a_referral_that_ran_out_names_nobody_who_does_not_wish_it(
    world: World, wished: Wished
) -> None:
    await world.change(rules={"stages": STAGES})
    await world.register("bob", code=(await world.code("ada")).code)
    wished.attribution("bob", "nobody")
    world.clock.advance(Windows().qualification)
    await Sweeper(world.submit, world.clock).sweep()
    (event,) = await world.told(events.AttributionExpired)
    assert event.told()["refereeId"] is None
    assert event.referee_id == "bob"


async def test_what_names_people_is_told_without_the_words_that_keep_it(world: World) -> None:
    await world.register("bob", code=(await world.code("ada")).code, anonymous=True)
    for event in await world.told(NamingReferee):
        assert not {"anonymous", "unnamed"} & set(event.told())
        assert "bob" not in repr(event.told())
