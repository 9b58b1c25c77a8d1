"""From what the host reports to what is done about it."""

from __future__ import annotations

from typing import Any

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events import intake as host
from groundswell.contract.events import referrals as events
from groundswell.contract.events.base import Event
from groundswell.contract.terms import RewardRule
from groundswell.contract.times import DAY, to_rfc3339
from groundswell.delivery.routing import publications
from groundswell.domains.referrals.commands import RecordActivity, RegisterReferee
from groundswell.domains.referrals.reactions import referral_attribution

AT = 1_760_000_400_000_123
FROM = {"source": "/s", "source_id": "1"}


def logged(event: Event, late: int = 7) -> LoggedEvent:
    return LoggedEvent(1, "msg-1", AT, AT + late, event)


def parts(event: Event) -> dict[str, Any]:
    found = referral_attribution(logged(event))
    return {one.user_id: one.parts for one in found if isinstance(one, RecordActivity)}


def test_a_registration_is_attributed_as_of_when_it_happened() -> None:
    event = host.UserRegistered(**FROM, user_id="bob", data={"plan": "pro"})
    (command,) = referral_attribution(logged(event))
    assert isinstance(command, RegisterReferee)
    assert (command.registered_at, command.at, command.external_id) == (AT, AT + 7, "/s#1")
    assert command.facts == {"plan": "pro"}


def test_everybody_in_an_event_plays_a_part() -> None:
    created = host.ProjectCreated(**FROM, user_id="own", project_id="p")
    assert parts(created) == {"own": ("user", "owner")}
    done = host.ProjectCompleted(**FROM, user_id="own", project_id="p", contractor_id="con")
    assert parts(done) == {"own": ("user", "owner"), "con": ("contractor",)}
    alone = host.ProjectCompleted(**FROM, user_id="own", project_id="p")
    assert parts(alone) == {"own": ("user", "owner", "contractor")}
    bid = {"bid_id": "b", "project_id": "p"}
    won = host.BidAwarded(**FROM, user_id="con", owner_id="own", **bid)
    assert parts(won) == {"con": ("user", "contractor"), "own": ("owner",)}
    own = host.BidAwarded(**FROM, user_id="own", owner_id="own", **bid)
    assert parts(own) == {"own": ("user", "contractor", "owner")}


def test_other_events_are_no_business_of_referrals() -> None:
    message = host.MessageSentSocial(**FROM, user_id="a", message_id="m")
    assert referral_attribution(logged(message)) == []


def completed(**more: Any) -> events.ConversionCompleted:
    terms = (
        RewardRule(rule_id="r", role="referrer", kind="flat", currency="EUR", amount_minor=5000),
    )
    given: dict[str, Any] = {
        "program_id": "spring",
        "referrer_id": "ada",
        "referral_id": "ref-1",
        "new_user_id": "bob",
        "conversion_id": "conv-1",
        "conversion_type": "registration",
        "occurrence": 1,
        "rule_version": 1,
        "reward_terms": terms,
        "converted_at": AT,
    }
    return events.ConversionCompleted(**{**given, **more})


def test_a_conversion_is_told_with_what_to_look_forward_to_and_nothing_more() -> None:
    told = completed().told()
    assert told == {
        "referralId": "ref-1",
        "referrerId": "ada",
        "newUserId": "bob",
        "programId": "spring",
        "conversionType": "registration",
        "rewardPending": True,
        "reward": {
            "type": "credit",
            "amount": "50.00",
            "currency": "EUR",
            "status": "pending",
            "eligibleDate": to_rfc3339(AT + 15 * DAY),
        },
    }
    assert completed(held=True).told()["reward"]["status"] == "held"
    assert completed(reward_terms=()).told()["rewardPending"] is False
    assert completed(anonymous=True).told()["newUserId"] is None
    (told_live,) = publications(logged(completed()))
    assert (told_live.topic, told_live.critical) == ("user.ada.referrals", True)


def test_suspicions_are_told_to_nobody() -> None:
    flagged = events.FraudFlagged(
        case_id="c",
        subject_id="ada",
        program_id="spring",
        rule="velocity",
        severity="medium",
        scope="referrer",
        resolution=None,
        referral_ids=(),
        holds=True,
        signal_id="s",
    )
    assert publications(logged(flagged)) == []
    assert list(flagged.notices()) == []


def test_a_refusal_without_a_referral_is_the_operators_alone() -> None:
    refused = events.ConversionRejected(
        referral_id=None, reason="code_expired", program_id="p", referrer_id="ada", user_id="bob"
    )
    assert publications(logged(refused)) == []
    over = events.ConversionRejected(
        referral_id="ref-1",
        reason="fraud_confirmed",
        program_id="p",
        referrer_id="ada",
        user_id="bob",
    )
    (told,) = publications(logged(over))
    assert (told.topic, b"bob" in told.data) == ("user.ada.referrals", False)
