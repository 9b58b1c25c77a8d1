"""What looks wrong: each rule fires on its own facts and on no others."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.contract.events.intake import Identity
from groundswell.contract.times import SECOND
from groundswell.domains.referrals.fraud import RULES, Facts, signals
from groundswell.domains.referrals.mail_domains import DISPOSABLE, GENERIC
from groundswell.domains.referrals.rules import FraudRules

QUIET = Facts(
    referee=Identity(
        email="e1", email_domain="one.example", address="a1", payment="p1", device="d1", cookie="c1"
    ),
    referrer=Identity(
        email="e2", email_domain="two.example", address="a2", payment="p2", device="d2", cookie="c2"
    ),
    earlier=(Identity(email="e3", email_domain="three.example", address="a3"),),
    since_touch=60 * SECOND,
    touch_address="a1",
    source="https://blog.example/post",
    query="utm_source=x",
)
RULESET = FraudRules(banned_sources=("coupons.example",))


def facts(**more: Any) -> Facts:
    given = {name: getattr(QUIET, name) for name in Facts.__struct_fields__}
    return Facts(**{**given, **more})


def identity(of: Identity, **more: Any) -> Identity:
    given = {name: getattr(of, name) for name in Identity.__struct_fields__}
    return Identity(**{**given, **more})


def fired(found: Facts, rules: FraudRules = RULESET) -> list[str]:
    return [one.rule for one in signals(found, rules)]


CASES: dict[str, Facts] = {
    "same_email": facts(referee=identity(QUIET.referee, email="e2")),
    "same_payment": facts(referee=identity(QUIET.referee, payment="p2")),
    "same_device": facts(referee=identity(QUIET.referee, device="d2")),
    "same_cookie": facts(referee=identity(QUIET.referee, cookie="c2")),
    "same_address": facts(touch_address="a2"),
    "same_domain": facts(referee=identity(QUIET.referee, email_domain="two.example")),
    "repeated_domain": facts(referee=identity(QUIET.referee, email_domain="three.example")),
    "repeated_address": facts(referee=identity(QUIET.referee, address="a3")),
    "disposable_domain": facts(referee=identity(QUIET.referee, email_domain="mailinator.com")),
    "duplicate_identity": facts(doubles=("somebody",)),
    "banned_source": facts(source="https://deals.coupons.example/x"),
    "paid_traffic": facts(query="utm_campaign=x&gclid=1"),
    "too_fast": facts(since_touch=SECOND),
    "velocity": facts(last_hour=11),
}


def test_an_ordinary_referral_looks_right() -> None:
    assert fired(QUIET) == []


def test_every_rule_has_a_case_here() -> None:
    assert CASES.keys() == RULES.keys()


@pytest.mark.parametrize("rule", sorted(RULES))
def test_each_rule_fires_alone_with_evidence_and_can_be_switched_off(rule: str) -> None:
    (signal,) = signals(CASES[rule], RULESET)
    assert signal.rule == rule
    assert signal.evidence
    assert fired(CASES[rule], FraudRules(off=(rule,), banned_sources=("coupons.example",))) == []


def test_a_shared_address_alone_is_low_and_holds_nothing() -> None:
    (signal,) = signals(CASES["same_address"], RULESET)
    assert (signal.weight.severity, signal.weight.holds) == ("low", False)


def test_what_is_unknown_is_equal_to_nothing() -> None:
    assert fired(Facts(referee=Identity(), referrer=Identity(), earlier=(Identity(),))) == []


def test_generic_domains_say_nothing() -> None:
    both = {"email_domain": "gmail.com"}
    assert (
        fired(
            facts(
                referee=identity(QUIET.referee, **both), referrer=identity(QUIET.referrer, **both)
            )
        )
        == []
    )
    assert not GENERIC & DISPOSABLE


def test_campaigns_that_may_be_paid_for_are_left_alone() -> None:
    rules = FraudRules(allowed_campaigns=("x",))
    assert fired(CASES["paid_traffic"], rules) == []


def test_a_burst_is_measured_against_the_program_itself() -> None:
    rules = FraudRules(per_hour=100, per_day=5, burst=3)
    assert fired(facts(last_day=5), rules) == []
    assert fired(facts(last_day=6), rules) == ["velocity"]
    assert fired(facts(last_day=6, median_per_day=2.0), rules) == []
    assert fired(facts(last_day=7, median_per_day=2.0), rules) == ["velocity"]


def test_codes_that_were_typed_cannot_be_too_fast() -> None:
    assert fired(facts(since_touch=None)) == []
