"""Codes and clicks: what counts, and what does not."""

from __future__ import annotations

import pytest

from groundswell.contract.errors import Conflict, Forbidden, NotFound
from groundswell.contract.events import LoggedEvent
from groundswell.contract.events import referrals as events
from groundswell.contract.events.privacy import PrivacyErasureCompleted
from groundswell.contract.times import DAY, HOUR
from groundswell.domains.referrals import commands as wishes
from groundswell.domains.referrals.reactions import referral_attribution
from groundswell.domains.referrals.sweeping import Sweeper
from tests.integration.referrals.worlds import LANDING, PROGRAM, World


async def test_the_same_user_gets_the_same_code(world: World) -> None:
    first = await world.code("ada")
    assert first.url == f"https://go.example/r/{first.code}"
    assert await world.code("ada", wanted="OTHER") == first
    assert (await world.code("bob")).code != first.code
    (generated, _) = await world.told(events.CodeGenerated)
    assert (generated.user_id, generated.program_id) == ("ada", PROGRAM)


async def test_a_wanted_code_is_given_to_one_only(world: World) -> None:
    assert (await world.code("ada", wanted="ada2026")).code == "ADA2026"
    with pytest.raises(Conflict) as refused:
        await world.code("bob", wanted="Ada2026")
    assert refused.value.reason == "code_taken"


async def test_a_code_that_ended_makes_room_for_a_new_one(world: World) -> None:
    first = await world.code("ada", expires_at=world.clock() + DAY)
    world.clock.advance(DAY)
    assert (await world.code("ada")).code_id != first.code_id


async def test_a_paused_program_gives_no_codes_and_an_ended_one_never_again(world: World) -> None:
    await world.change(changes={"state": "paused"})
    with pytest.raises(Conflict) as refused:
        await world.code("ada")
    assert refused.value.reason == "program_inactive"
    await world.change(changes={"state": "ended"})
    with pytest.raises(Conflict) as refused:
        await world.change(changes={"state": "active"})
    assert refused.value.reason == "program_ended"


async def test_a_code_is_revoked_by_its_owner_or_the_host_once(world: World) -> None:
    code = await world.code("ada")
    command = wishes.RevokeCode(
        at=world.clock(), program_id=PROGRAM, code_id=code.code_id, reason="lost", owner="bob"
    )
    with pytest.raises(Forbidden):
        await world.submit(command)
    for owner in ("ada", None):
        again = wishes.RevokeCode(
            at=world.clock(), program_id=PROGRAM, code_id=code.code_id, reason="x", owner=owner
        )
        assert (await world.submit(again)).state == "revoked"
    (revoked,) = await world.told(events.CodeRevoked)
    assert (revoked.code_id, revoked.reason) == (code.code_id, "x")


async def test_a_code_whose_time_is_over_is_recorded_as_expired_once(world: World) -> None:
    code = await world.code("ada", expires_at=world.clock() + HOUR)
    sweeper = Sweeper(world.core.submit, world.clock, portion=1)
    await sweeper.sweep()
    assert await world.told(events.CodeExpired) == []
    world.clock.advance(HOUR)
    await sweeper.sweep()
    await sweeper.sweep()
    (expired,) = await world.told(events.CodeExpired)
    assert expired.code_id == code.code_id


async def test_code_used_after_expiry_is_refused_and_makes_no_touch(world: World) -> None:
    code = await world.code("ada", expires_at=world.clock() + HOUR)
    world.clock.advance(HOUR)
    assert (await world.redeem(code, "bob")).rejected == "code_expired"
    assert (await world.click(code)).outcome == "gone"
    assert await world.core.rows("SELECT * FROM referral_touches") == []
    (rejected,) = await world.told(events.ConversionRejected)
    assert (rejected.reason, rejected.user_id, rejected.referrer_id) == (
        "code_expired",
        "bob",
        "ada",
    )


async def test_a_touch_made_before_expiry_still_attributes_inside_its_window(
    world: World,
) -> None:
    code = await world.code("ada", expires_at=world.clock() + HOUR)
    clicked = await world.click(code)
    world.clock.advance(DAY)
    await world.register("bob", cookie=world.cookie(clicked))
    assert [row[1:4] for row in await world.referrals()] == [("bob", "ada", "completed")]


async def test_click_on_a_link_deleted_later_keeps_its_touch_and_new_clicks_are_gone(
    world: World,
) -> None:
    code = await world.code("ada")
    clicked = await world.click(code)
    await world.submit(
        wishes.RevokeCode(
            at=world.clock(), program_id=PROGRAM, code_id=code.code_id, reason="deleted"
        )
    )
    assert (await world.click(code, "y")).outcome == "gone"
    await world.register("bob", cookie=world.cookie(clicked))
    assert [row[2] for row in await world.referrals()] == ["ada"]


async def test_code_used_by_its_owner_is_a_self_referral(world: World) -> None:
    code = await world.code("ada")
    assert (await world.redeem(code, "ada")).rejected == "self_referral"
    clicked = await world.click(code)
    await world.register("ada", cookie=world.cookie(clicked))
    assert await world.referrals() == []
    assert [one.reason for one in await world.told(events.ConversionRejected)] == [
        "self_referral",
        "self_referral",
    ]


async def test_code_used_twice_by_one_person_is_the_same_referral(world: World) -> None:
    """R12: the same claim twice, the same answer; another code is refused, the first stays."""
    code, other = await world.code("ada"), await world.code("eve")
    first = await world.redeem(code, "bob")
    assert first == await world.redeem(code, "bob")
    assert (await world.redeem(other, "bob")).rejected == "already_referred"
    assert [row[2] for row in await world.referrals()] == ["ada"]


async def test_code_used_by_an_existing_user_is_refused_if_the_program_is_for_new_ones(
    world: World,
) -> None:
    await world.register("bob")
    code = await world.code("ada")
    world.clock.advance(3 * DAY + 1)
    assert (await world.redeem(code, "bob")).rejected == "existing_user"
    await world.change(rules={"newUsersOnly": False})
    assert (await world.redeem(code, "bob")).rejected is None


async def test_a_code_may_be_typed_up_to_three_days_after_the_registration(world: World) -> None:
    await world.register("bob")
    code = await world.code("ada")
    world.clock.advance(3 * DAY)
    assert (await world.redeem(code, "bob")).state == "completed"


async def test_a_registration_reported_later_may_show_that_the_user_existed(world: World) -> None:
    code = await world.code("ada")
    assert (await world.redeem(code, "bob")).state == "attributed"
    await world.register("bob", at=world.clock() - 30 * DAY)
    assert [row[3] for row in await world.referrals()] == ["rejected"]
    assert [one.reason for one in await world.told(events.ConversionRejected)] == ["existing_user"]


async def test_code_exhausted_while_two_sign_up_at_once_goes_to_one(world: World) -> None:
    code = await world.code("ada", max_uses=1)
    claims = [
        wishes.RedeemCode(at=world.clock(), program_id=PROGRAM, code=code.code, user_id=user)
        for user in ("bob", "eve", "joe")
    ]
    answers = await world.core.together(*claims)
    assert sorted(one.rejected or "" for one in answers) == ["", "code_exhausted", "code_exhausted"]
    assert (await world.code("ada")).state == "exhausted"
    assert len(await world.referrals()) == 1


async def test_a_sign_up_never_fails_because_of_a_code(world: World) -> None:
    code = await world.code("ada", max_uses=1)
    for user in ("bob", "eve"):
        await world.register(user, code=code.code)
    await world.register("joe", code="NOBODYS1")
    people = await world.core.rows("SELECT user_id FROM referral_people ORDER BY user_id")
    assert people == [("bob",), ("eve",), ("joe",)]
    assert [row[1] for row in await world.referrals()] == ["bob"]
    reasons = [one.reason for one in await world.told(events.ConversionRejected)]
    assert reasons == ["code_exhausted", "code_not_found"]


async def test_codes_may_have_a_start_a_recipient_and_belong_to_a_program(world: World) -> None:
    later = await world.code("ada", starts_at=world.clock() + HOUR)
    assert (await world.redeem(later, "bob")).rejected == "code_not_started"
    gift = await world.code("eve", recipient_id="joe")
    assert (await world.redeem(gift, "bob")).rejected == "recipient_mismatch"
    assert (await world.redeem(gift, "joe")).rejected is None
    await world.program("other")
    assert (await world.redeem(gift, "kim", program_id="other")).rejected == "code_not_found"
    with pytest.raises(NotFound):
        await world.redeem(gift, "kim", program_id="none")


async def test_limits_of_program_and_referrer(world: World) -> None:
    await world.program("small", limits=_limits(referrals=2, referrals_per_referrer=1))
    ada, eve = await world.code("ada", "small"), await world.code("eve", "small")
    joe = await world.code("joe", "small")
    assert (await world.redeem(ada, "u1", "small")).rejected is None
    assert (await world.redeem(ada, "u2", "small")).rejected == "referrer_limit_reached"
    assert (await world.redeem(eve, "u2", "small")).rejected is None
    assert (await world.redeem(joe, "u3", "small")).rejected == "program_limit_reached"


async def test_a_click_counts_once_an_hour_and_the_repeat_is_the_same_click(world: World) -> None:
    code = await world.code("ada")
    first = await world.click(code)
    world.clock.advance(HOUR - 1)
    again = await world.click(code)
    assert (again.click_id, again.visitor_id) == (first.click_id, first.visitor_id)
    assert (await world.click(code, "somebody else")).click_id != first.click_id
    world.clock.advance(1)
    assert (await world.click(code)).click_id != first.click_id
    counted = await world.code("ada")
    assert (counted.clicks, counted.human_clicks) == (4, 3)
    told = await world.told(events.LinkClicked)
    assert [(one.counted, one.discard_reason) for one in told] == [
        (True, None),
        (False, "repeat"),
        (True, None),
        (True, None),
    ]
    assert told[0].referral_id == told[1].referral_id


async def test_a_visitor_is_known_by_the_cookie_wherever_they_are(world: World) -> None:
    code = await world.code("ada")
    first = await world.click(code, "home")
    carried = world.tokens.carried(world.cookie(first))
    again = await world.click(code, "train", carried=carried)
    assert again.click_id == first.click_id
    other = await world.click(await world.code("eve"), "train", carried=carried)
    assert (other.visitor_id, other.click_id == first.click_id) == (first.visitor_id, False)


async def test_a_bot_click_creates_no_touch_and_still_arrives(world: World) -> None:
    """R11: a bot's click never creates a touch."""
    code = await world.code("ada")
    followed = await world.click(code, discard="bot", family="Bot")
    assert (followed.outcome, followed.url) == ("redirect", LANDING)
    assert (followed.click_id, followed.visitor_id) == (None, None)
    assert await world.core.rows("SELECT * FROM referral_touches") == []
    (told,) = await world.told(events.LinkClicked)
    assert (told.counted, told.referral_id, told.discard_reason) == (False, None, "bot")
    clicks = await world.queries.clicks(PROGRAM)
    assert (clicks.clicks, clicks.human_clicks) == (1, 0)


async def test_links_of_a_suspended_referrer_lead_on_without_attribution(world: World) -> None:
    code = await world.code("ada")
    await world.submit(
        wishes.SuspendReferrer(at=world.clock(), program_id=PROGRAM, user_id="ada", suspended=True)
    )
    followed = await world.click(code)
    assert (followed.url, followed.click_id) == (LANDING, None)
    assert (await world.redeem(code, "bob")).rejected == "referrer_not_eligible"
    (told,) = await world.told(events.ReferrerSuspended)
    assert told.reason == "host"
    await world.submit(
        wishes.SuspendReferrer(at=world.clock(), program_id=PROGRAM, user_id="ada", suspended=False)
    )
    assert (await world.redeem(code, "bob")).rejected is None


async def test_links_of_an_erased_referrer_lead_on_without_attribution(world: World) -> None:
    """The eraser has put the tombstone in the referrer's place by then."""
    await world.program("other")
    code, _ = await world.code("erased-1"), await world.code("erased-1", "other")
    now = world.clock()
    erased = LoggedEvent(1, "msg-1", now, now, PrivacyErasureCompleted(tombstone="erased-1"))
    for command in referral_attribution(erased):
        await world.submit(command)
    followed = await world.click(code)
    assert (followed.url, followed.click_id) == (LANDING, None)
    told = await world.told(events.ReferrerSuspended)
    assert [(one.program_id, one.reason) for one in told] == [
        ("other", "erased"),
        (PROGRAM, "erased"),
    ]


async def test_no_address_is_in_an_event_or_a_row(world: World) -> None:
    code = await world.code("ada")
    await world.click(code, "x", address="f" * 64)
    (told,) = await world.told(events.LinkClicked)
    assert told.source_ip == "f" * 64


def _limits(**values: int) -> object:
    from groundswell.domains.referrals.rules import Limits

    return Limits(**values)
