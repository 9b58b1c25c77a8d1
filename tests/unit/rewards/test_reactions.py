"""Which commands follow from which events."""

from __future__ import annotations

from typing import Any

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events import referrals as happens
from groundswell.contract.terms import RewardRule
from groundswell.domains.rewards.commands import (
    CancelUnpaid,
    GrantRewards,
    GrantUpfront,
    HoldReferrals,
    RejectReferral,
    ReleaseReferrals,
)
from groundswell.domains.rewards.reactions import react
from groundswell.store.commands import Command

AT = 7
WHO: dict[str, Any] = {"program_id": "p", "referrer_id": "ann"}


def rule(**more: Any) -> RewardRule:
    said = {"role": "referrer", "amount_minor": 1, **more}
    return RewardRule(rule_id="r", kind="flat", currency="EUR", **said)


def reaction(event: Any) -> list[Command]:
    return list(react(LoggedEvent(1, "msg-1", AT, AT, event)))


def assigned(**more: Any) -> happens.AttributionAssigned:
    return happens.AttributionAssigned(
        referral_id="ref-1",
        referee_id="bob",
        model="last_touch",
        touch_id="t",
        touch_kind="code",
        rule_version=1,
        **WHO,
        **more,
    )


def test_a_conversion_is_rewarded() -> None:
    event = happens.ConversionCompleted(
        referral_id="ref-1",
        new_user_id="bob",
        conversion_id="c",
        conversion_type="registration",
        occurrence=1,
        rule_version=1,
        reward_terms=(),
        converted_at=3,
        **WHO,
    )
    assert reaction(event) == [GrantRewards(at=AT, conversion=event)]


def test_an_attribution_is_rewarded_only_where_that_is_promised() -> None:
    assert reaction(assigned(reward_terms=(rule(),))) == []
    gift = assigned(reward_terms=(rule(role="referee", upfront=True),))
    assert reaction(gift) == [GrantUpfront(at=AT, attribution=gift, attributed_at=AT)]


def fraud(**more: Any) -> dict[str, Any]:
    return {
        "case_id": "case-1",
        "subject_id": "ann",
        "program_id": "p",
        "rule": "velocity",
        "severity": "high",
        "scope": "referral",
        "resolution": None,
        "referral_ids": ("ref-1",),
        **more,
    }


def test_only_a_suspicion_that_holds_holds() -> None:
    def flagged(**more: Any) -> happens.FraudFlagged:
        return happens.FraudFlagged(signal_id="s", **fraud(**more))

    assert reaction(flagged(holds=False)) == []
    (of_one,) = reaction(flagged(holds=True))
    (of_all,) = reaction(flagged(holds=True, scope="referrer"))
    assert isinstance(of_one, HoldReferrals)
    assert isinstance(of_all, HoldReferrals)
    assert (of_one.referral_ids, of_one.referrer_id) == (("ref-1",), None)
    assert of_all.referrer_id == "ann"


def test_what_a_case_lets_go_is_released() -> None:
    resolved = happens.FraudResolved(released=("ref-1",), **fraud(resolution="dismissed"))
    assert reaction(resolved) == [
        ReleaseReferrals(at=AT, referral_ids=("ref-1",), reason="velocity")
    ]


def test_confirmed_referrals_lose_everything() -> None:
    confirmed = happens.FraudResolved(released=("ref-2",), **fraud(resolution="confirmed"))
    assert reaction(confirmed) == [
        RejectReferral(at=AT, referral_id="ref-1", reason="fraud_confirmed"),
        ReleaseReferrals(at=AT, referral_ids=("ref-2",), reason="velocity"),
    ]


def test_a_suspended_referrer_gets_nothing_more_for_referring() -> None:
    event = happens.ReferrerSuspended(reason="fraud_confirmed", **WHO)
    assert reaction(event) == [
        CancelUnpaid(
            at=AT, user_id="ann", program_id="p", reason="fraud_confirmed", role="referrer"
        )
    ]


def test_what_is_about_something_else_is_left_alone() -> None:
    event = happens.ConversionStarted(
        referral_id="ref-1", prospect_id="bob", stage="signed_up", **WHO
    )
    assert reaction(event) == []
