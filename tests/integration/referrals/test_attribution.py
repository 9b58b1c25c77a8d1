"""Attribution and conversion on a real database: edge cases by name."""

from __future__ import annotations

from typing import Any

from groundswell.contract.events import referrals as events
from groundswell.contract.events.intake import BidAwarded, ProjectCompleted, ProjectCreated
from groundswell.contract.times import DAY, HOUR, SECOND
from groundswell.delivery.routing import publications
from groundswell.domains.referrals import commands as wishes
from groundswell.domains.referrals.rules import Condition, Limits, Stage, Windows
from groundswell.domains.referrals.sweeping import Sweeper
from groundswell.domains.referrals.views import Followed
from tests.integration.referrals.worlds import PROGRAM, TERMS, World

STAGES = (
    Stage(name="registration", on="user.registered"),
    Stage(name="first_bid", on="bid.awarded", completes=True),
)


def bid(user: str, number: int = 1, **more: Any) -> BidAwarded:
    return BidAwarded(
        source="/bids",
        source_id=f"bid-{user}-{number}",
        user_id=user,
        bid_id=f"b{number}",
        project_id="p",
        owner_id="owner",
        **more,
    )


def touch(world: World, code: str, at: int, followed: Followed) -> wishes.ReportTouch:
    return wishes.ReportTouch(
        at=world.clock(),
        program_id=PROGRAM,
        code=code,
        touched_at=at,
        visitor_id=followed.visitor_id,
    )


async def test_a_conversion_carries_all_that_rewards_depend_on(world: World) -> None:
    code = await world.code("ada")
    await world.register("bob", code=code.code)
    (done,) = await world.told(events.ConversionCompleted)
    assert (done.program_id, done.rule_version, done.reward_terms) == (PROGRAM, 1, TERMS)
    assert (done.referrer_id, done.new_user_id, done.occurrence) == ("ada", "bob", 1)
    assert (done.held, done.flags, done.converted_at) == (False, (), world.clock())
    logged = (await world.core.events())[-1]
    (told,) = publications(logged)
    assert (told.topic, told.critical) == ("user.ada.referrals", True)
    (notice,) = done.notices()
    assert (notice.user_id, notice.delivery) == ("ada", "critical")


async def test_a_code_beats_a_click_and_a_click_beats_the_cookie(world: World) -> None:
    ada, eve, joe = [await world.code(user) for user in ("ada", "eve", "joe")]
    cookie = await world.click(ada, "v")
    carried = world.tokens.carried(world.cookie(cookie))
    world.clock.advance(SECOND)
    named = await world.click(eve, "v", carried=carried)
    last = await world.click(ada, "v", carried=carried)
    assert last.click_id is not None
    token = world.tokens.token(named.click_id or "")
    await world.register("u1", cookie=world.cookie(last), click_token=token)
    await world.register("u2", cookie=world.cookie(last), click_token=token, code=joe.code)
    await world.register("u3", cookie=world.cookie(last))
    assert [row[2] for row in await world.referrals()] == ["eve", "joe", "eve"]
    (_, _, third) = await world.told(events.AttributionAssigned)
    view = await world.queries.attribution(third.referral_id)
    assert [(one.referrer_id, one.lost) for one in view.trace] == [
        ("ada", "not_last"),
        ("eve", None),
    ]


async def test_attribution_at_exactly_the_end_of_the_window_is_not_made(world: World) -> None:
    """R8: at the end of the window it is not made; one microsecond before it is."""
    code = await world.code("ada")
    clicked = await world.click(code)
    start = world.clock()
    world.clock.advance(30 * DAY)
    await world.register("late", cookie=world.cookie(clicked), at=start + 30 * DAY)
    await world.register("bob", cookie=world.cookie(clicked), at=start + 30 * DAY - 1)
    assert [row[1] for row in await world.referrals()] == ["bob"]
    assert [one.reason for one in await world.told(events.ConversionRejected)] == [
        "attribution_window_elapsed"
    ]


async def test_conversion_arrives_before_the_click(world: World) -> None:
    """Stored, and attributed when a touch from before it arrives within a day."""
    await world.program("other")
    code, other = await world.code("ada"), await world.code("eve", "other")
    clicked = await world.click(other)
    world.clock.advance(HOUR)
    await world.register("bob", cookie=world.cookie(clicked))
    assert [row[0] for row in await world.referrals()] == ["other"]
    world.clock.advance(23 * HOUR)
    registered = world.clock() - 23 * HOUR
    await world.submit(touch(world, code.code, registered - 60 * SECOND, clicked))
    assert [row[:4] for row in await world.referrals()] == [
        ("other", "bob", "eve", "completed"),
        (PROGRAM, "bob", "ada", "completed"),
    ]


async def test_a_click_that_arrives_after_a_day_changes_nothing(world: World) -> None:
    code = await world.code("ada")
    elsewhere = await world.click(await world.code("bob"))
    await world.register("bob", cookie=world.cookie(elsewhere))
    registered = world.clock()
    world.clock.advance(DAY + 1)
    await world.submit(touch(world, code.code, registered - HOUR, elsewhere))
    assert await world.referrals() == []


async def test_a_better_click_that_arrives_late_takes_over_with_its_conversions(
    world: World,
) -> None:
    ada, eve = await world.code("ada"), await world.code("eve")
    clicked = await world.click(ada)
    world.clock.advance(HOUR)
    await world.register("bob", cookie=world.cookie(clicked))
    world.clock.advance(HOUR)
    await world.submit(touch(world, eve.code, world.clock() - HOUR - SECOND, clicked))
    assert [row[2:5] for row in await world.referrals()] == [("eve", "completed", 1)]
    (changed,) = await world.told(events.AttributionOverridden)
    assert (changed.previous_referrer_id, changed.referrer_id) == ("ada", "eve")
    (undone,) = await world.told(events.ConversionReversed)
    assert (undone.referrer_id, undone.reason) == ("ada", "mistake")
    assert [one.referrer_id for one in await world.told(events.ConversionCompleted)] == [
        "ada",
        "eve",
    ]
    assert changed.topics() == ("user.eve.referrals", "user.ada.referrals")


async def test_conversion_repeated_is_one(world: World) -> None:
    await world.program("bids", stages=STAGES, limits=Limits(conversions_per_referee=None))
    code = await world.code("ada", "bids")
    await world.register("bob", code=code.code)
    for _ in range(2):
        await world.happened(bid("bob"))
        world.read = 0
        await world.react()
    assert [one.occurrence for one in await world.told(events.ConversionCompleted)] == [1]
    await world.happened(bid("bob", 2))
    done = await world.told(events.ConversionCompleted)
    assert [(one.occurrence, one.external_id) for one in done] == [
        (1, "/bids#bid-bob-1"),
        (2, "/bids#bid-bob-2"),
    ]


async def test_stages_in_any_order_lead_to_the_same(world: World) -> None:
    await world.program("bids", stages=STAGES)
    code = await world.code("ada", "bids")
    registered = world.clock()
    world.clock.advance(HOUR)
    await world.happened(bid("bob", amount_minor=90_000, currency="EUR"))
    assert await world.told(events.ConversionCompleted) == []
    await world.register("bob", code=code.code, at=registered)
    (done,) = await world.told(events.ConversionCompleted)
    assert (done.conversion_type, done.amount_minor, done.currency) == ("first_bid", 90_000, "EUR")
    stages = {one.stage for one in await world.told(events.ConversionStarted)}
    assert stages == {"registration", "first_bid"}


async def test_only_what_fulfils_the_conditions_completes(world: World) -> None:
    stage = Stage(
        name="big",
        on="project.created",
        who="owner",
        completes=True,
        conditions=(Condition(field="amountMinor", op="gte", value=1000),),
    )
    await world.program("big", stages=(stage,))
    code = await world.code("ada", "big")
    await world.register("bob", code=code.code)

    def project(number: int, amount: int) -> ProjectCreated:
        return ProjectCreated(
            source="/p",
            source_id=str(number),
            user_id="bob",
            project_id=str(number),
            amount_minor=amount,
            currency="EUR",
        )

    await world.happened(project(1, 999))
    (rejected,) = await world.told(events.ConversionRejected)
    assert (rejected.reason, rejected.external_id) == ("condition_failed", "/p#1")
    await world.happened(project(2, 1000))
    (done,) = await world.told(events.ConversionCompleted)
    assert done.external_id == "/p#2"


async def test_a_contractor_may_be_the_one_who_qualifies(world: World) -> None:
    stage = Stage(name="work", on="project.completed", who="contractor", completes=True)
    await world.program("work", stages=(stage,))
    code = await world.code("ada", "work")
    for user in ("bob", "owner"):
        await world.register(user, code=code.code)
    await world.happened(
        ProjectCompleted(
            source="/p", source_id="1", user_id="owner", project_id="1", contractor_id="bob"
        )
    )
    assert [one.new_user_id for one in await world.told(events.ConversionCompleted)] == ["bob"]


async def test_who_does_not_qualify_in_time_is_expired(world: World) -> None:
    await world.program("bids", stages=STAGES, windows=Windows(qualification_days=10))
    code = await world.code("ada", "bids")
    for user in ("bob", "joe"):
        await world.register(user, code=code.code)
    start = world.clock()
    world.clock.advance(10 * DAY)
    await world.happened(bid("bob"), at=start + 10 * DAY - 1)
    await world.happened(bid("joe"), at=start + 10 * DAY)
    assert [one.new_user_id for one in await world.told(events.ConversionCompleted)] == ["bob"]
    (rejected,) = await world.told(events.ConversionRejected)
    assert rejected.reason == "qualification_window_elapsed"
    await Sweeper(world.core.submit, world.clock).sweep()
    (expired,) = await world.told(events.AttributionExpired)
    assert expired.referee_id == "joe"
    assert [row[3] for row in await world.referrals()] == ["completed", "expired"]


async def test_program_rules_change_mid_flight(world: World) -> None:
    """The rules at attribution time apply, and the conversion carries them."""
    await world.program("bids", stages=STAGES)
    code = await world.code("ada", "bids")
    await world.register("bob", code=code.code)
    await world.change(
        "bids",
        rules={
            "rewards": [],
            "stages": [{"name": "registration", "on": "user.registered", "completes": True}],
        },
    )
    await world.register("joe", code=code.code)
    await world.happened(bid("bob"))
    done = {one.new_user_id: one for one in await world.told(events.ConversionCompleted)}
    assert (done["bob"].rule_version, done["bob"].reward_terms) == (1, TERMS)
    assert (done["joe"].rule_version, done["joe"].reward_terms) == (2, ())
    (changed,) = await world.told(events.ProgramUpdated)
    assert (changed.version, changed.changed) == (2, ("rules.stages", "rules.rewards"))
    assert changed.topics() == ("program.bids.updates",)


async def test_an_ended_program_takes_no_new_conversions(world: World) -> None:
    await world.program("bids", stages=STAGES)
    code = await world.code("ada", "bids")
    await world.register("bob", code=code.code)
    await world.change("bids", changes={"state": "ended"})
    await world.happened(bid("bob"))
    assert await world.told(events.ConversionCompleted) == []
    (rejected,) = await world.told(events.ConversionRejected)
    assert rejected.reason == "program_inactive"
    assert [row[3] for row in await world.referrals()] == ["started"]


async def test_a_program_pays_for_no_more_conversions_than_it_says(world: World) -> None:
    await world.program("two", limits=Limits(conversions=2))
    code = await world.code("ada", "two")
    for number in range(3):
        await world.register(f"u{number}", code=code.code)
    assert len(await world.told(events.ConversionCompleted)) == 2
    (rejected,) = await world.told(events.ConversionRejected)
    assert rejected.reason == "budget_exhausted"


async def test_a_refers_b_and_b_refers_a_is_circular(world: World) -> None:
    ada, bob = await world.code("ada"), await world.code("bob")
    assert (await world.redeem(ada, "bob")).rejected is None
    assert (await world.redeem(bob, "ada")).rejected == "circular_referral"
    clicked = await world.click(bob)
    await world.register("ada", cookie=world.cookie(clicked))
    assert [row[1:3] for row in await world.referrals()] == [("bob", "ada")]


async def test_longer_circles_are_allowed_unless_the_program_says_acyclic(world: World) -> None:
    await world.program("strict", acyclic=True)
    for program, expected in ((PROGRAM, None), ("strict", "circular_referral")):
        codes = [await world.code(user, program) for user in ("a", "b", "c")]
        assert (await world.redeem(codes[0], "b", program)).rejected is None
        assert (await world.redeem(codes[1], "c", program)).rejected is None
        assert (await world.redeem(codes[2], "a", program)).rejected == expected


async def test_anonymous_referees_are_not_shown_to_the_referrer(world: World) -> None:
    code = await world.code("ada")
    await world.register("bob", code=code.code, anonymous=True)
    for logged in await world.core.events():
        for told in publications(logged):
            assert b"bob" not in told.data
    (done,) = await world.told(events.ConversionCompleted)
    assert (done.new_user_id, done.told()["newUserId"]) == ("bob", None)
    (mine,) = (await world.queries.mine("ada", 10, None)).items
    assert (mine.referee_id, mine.state) == (None, "completed")


async def test_the_host_may_decide_otherwise(world: World) -> None:
    code = await world.code("ada")
    await world.register("bob", code=code.code)

    def by_hand(referrer: str, user: str = "bob") -> wishes.SetReferrer:
        return wishes.SetReferrer(
            at=world.clock(),
            program_id=PROGRAM,
            user_id=user,
            referrer_id=referrer,
            reason="support",
        )

    assert (await world.submit(by_hand("eve"))).referrer_id == "eve"
    assert (await world.submit(by_hand("eve"))).referrer_id == "eve"
    assert (await world.submit(by_hand("bob"))).rejected == "self_referral"
    assert (await world.submit(by_hand("bob", "eve"))).rejected == "circular_referral"
    assert (await world.submit(by_hand("kim", "eve"))).state == "attributed"
    assert (await world.submit(by_hand("bob", "eve"))).rejected == "circular_referral"
    assert [row[1:5] for row in await world.referrals()] == [
        ("bob", "eve", "completed", 1),
        ("eve", "kim", "attributed", 0),
    ]
    (told,) = await world.told(events.AttributionOverridden)
    assert "reason" not in told.told()
    await world.register("kim")
    assert (await world.submit(by_hand("joe", "kim"))).state == "completed"


async def test_a_conversion_is_undone_once_and_refunds_add_up(world: World) -> None:
    await world.program("bids", stages=STAGES)
    code = await world.code("ada", "bids")
    await world.register("bob", code=code.code)
    await world.happened(bid("bob", amount_minor=1000, currency="EUR"))
    (done,) = await world.told(events.ConversionCompleted)

    async def reverse(refunded: int | None) -> Any:
        return await world.submit(
            wishes.ReverseConversion(
                at=world.clock(),
                conversion_id=done.conversion_id,
                reason="refund",
                refunded_minor=refunded,
            )
        )

    paid_back = (await reverse(300)).refunded
    assert (str(paid_back.amount), paid_back.currency) == ("3.00", "EUR")
    assert (await reverse(700)).state == "reversed"
    assert (await reverse(None)).state == "reversed"
    told = await world.told(events.ConversionReversed)
    assert [one.refunded_minor for one in told] == [300, None]
    assert [row[3:5] for row in await world.referrals()] == [("reversed", 0)]


async def test_members_are_those_with_a_code_and_those_referred(world: World) -> None:
    code = await world.code("ada")
    await world.register("bob", code=code.code)
    found = [await world.queries.is_member(PROGRAM, user) for user in ("ada", "bob", "eve")]
    assert found == [True, True, False]
    assert not await world.queries.is_member("none", "ada")


async def test_what_is_known_of_a_user_can_be_taken_along(world: World) -> None:
    code = await world.code("ada")
    await world.register("bob", code=code.code)
    ada, bob = await world.queries.export("ada"), await world.queries.export("bob")
    assert [one["code"] for one in ada["codes"]] == [code.code]
    assert [one["refereeId"] for one in ada["referrals"]] == ["bob"]
    assert [one["referrerId"] for one in bob["referredBy"]] == ["ada"]


async def test_my_referrals_come_newest_first_page_by_page(world: World) -> None:
    code = await world.code("ada")
    for number in range(5):
        await world.register(f"u{number}", code=code.code)
        world.clock.advance(SECOND)
    seen: list[str | None] = []
    cursor: str | None = None
    while True:
        page = await world.queries.mine("ada", 2, cursor)
        seen += [one.referee_id for one in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == ["u4", "u3", "u2", "u1", "u0"]
    assert page.totals.completed == 5
