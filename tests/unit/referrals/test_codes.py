"""Codes, what visitors carry, conditions and rules that contradict themselves."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.contract.terms import RewardCap, RewardRule, RewardTier
from groundswell.domains.referrals.codes import ALPHABET, Code, new_code, normalised
from groundswell.domains.referrals.rules import Condition, ProgramRules, Stage, holds, rule_faults
from groundswell.domains.referrals.tokens import Carried, ReferralTokens

NOW = 1_000


def code(**more: Any) -> Code:
    given = {
        "code_id": "c",
        "code": "ABCD2345",
        "program_id": "p",
        "user_id": "ada",
        "created_at": 0,
        "starts_at": None,
        "expires_at": None,
        "max_uses": None,
        "uses": 0,
        "recipient_id": None,
        "ended": None,
    }
    return Code(**{**given, **more})


@pytest.mark.parametrize(
    ("more", "state", "refusal"),
    [
        ({}, "active", None),
        ({"starts_at": NOW}, "active", None),
        ({"starts_at": NOW + 1}, "scheduled", "code_not_started"),
        ({"expires_at": NOW + 1}, "active", None),
        ({"expires_at": NOW}, "expired", "code_expired"),
        ({"max_uses": 2, "uses": 1}, "active", None),
        ({"max_uses": 2, "uses": 2}, "exhausted", "code_exhausted"),
        ({"ended": "revoked"}, "revoked", "code_expired"),
        ({"ended": "expired"}, "expired", "code_expired"),
        ({"ended": "revoked", "expires_at": NOW}, "revoked", "code_expired"),
    ],
)
def test_the_state_of_a_code(more: dict[str, Any], state: str, refusal: str | None) -> None:
    assert (code(**more).state(NOW), code(**more).refusal(NOW)) == (state, refusal)


def test_codes_are_of_letters_that_cannot_be_mistaken() -> None:
    made = {new_code() for _ in range(200)}
    assert len(made) == 200
    assert set("".join(made)) <= set(ALPHABET)
    assert not set("O0I1") & set(ALPHABET)


def test_codes_are_read_as_people_type_them() -> None:
    assert normalised(" abcd-23 45 ") == "ABCD2345"


def test_what_visitors_carry_is_read_back_and_cannot_be_invented() -> None:
    tokens, others = ReferralTokens(b"a" * 32), ReferralTokens(b"b" * 32)
    carried = Carried("visitor-1", "click-1")
    cookie, token = tokens.cookie(carried), tokens.token("click-1")
    assert tokens.carried(cookie) == carried
    assert tokens.click_of(token) == "click-1"
    for wrong in (None, "", ".", "a.b", cookie + "x", cookie.replace("1", "2", 1), token, "é.x.y"):
        assert tokens.carried(wrong) is None
    for wrong in (None, "", token[:-1], cookie, "click-2." + token.rpartition(".")[2]):
        assert tokens.click_of(wrong) is None
    assert others.carried(cookie) is None


FACTS = {"data": {"plan": "pro", "seats": 3, "trial": False}, "amountMinor": 900, "currency": "EUR"}


@pytest.mark.parametrize(
    ("field", "op", "value", "expected"),
    [
        ("data.plan", "eq", "pro", True),
        ("data.plan", "ne", "pro", False),
        ("data.plan", "in", ("pro", "team"), True),
        ("data.plan", "in", "pro", False),
        ("data.plan", "gt", 3, False),
        ("data.seats", "gte", 3, True),
        ("data.seats", "gt", 3, False),
        ("data.seats", "lt", 3.5, True),
        ("data.seats", "lte", 2, False),
        ("data.trial", "gte", 0, False),
        ("data.trial", "eq", False, True),
        ("data.none", "exists", None, False),
        ("data.none", "exists", False, True),
        ("data.plan", "exists", True, True),
        ("data.plan.deeper", "eq", "x", False),
        ("amountMinor", "gte", 900, True),
        ("currency", "eq", "EUR", True),
    ],
)
def test_conditions(field: str, op: Any, value: Any, expected: bool) -> None:
    assert holds(Condition(field=field, op=op, value=value), FACTS) is expected


def rule(**more: Any) -> RewardRule:
    given = {"rule_id": "a", "role": "referrer", "kind": "flat", "currency": "EUR"}
    return RewardRule(**{**given, **more})


@pytest.mark.parametrize(
    ("rules", "path"),
    [
        ({"rewards": (rule(),)}, "rewards.0.amountMinor"),
        ({"rewards": (rule(kind="percent"),)}, "rewards.0.basisPoints"),
        ({"rewards": (rule(kind="tiered"),)}, "rewards.0.tiers"),
        ({"rewards": (rule(kind="milestone", amount_minor=1),)}, "rewards.0.atCount"),
        ({"rewards": (rule(amount_minor=1),) * 2}, "rewards.1.ruleId"),
        ({"rewards": (rule(amount_minor=1, upfront=True),)}, "rewards.0.upfront"),
        ({"rewards": (rule(amount_minor=1, caps=(RewardCap(),)),)}, "rewards.0.caps.0"),
        (
            {
                "rewards": (
                    rule(
                        kind="tiered",
                        tiers=(
                            RewardTier(from_count=5, amount_minor=1),
                            RewardTier(from_count=5, amount_minor=2),
                        ),
                    ),
                )
            },
            "rewards.0.tiers",
        ),
        ({"stages": (Stage(name="a", on="user.registered"),)}, "stages"),
        (
            {
                "stages": (
                    Stage(name="a", on="user.registered", completes=True),
                    Stage(name="a", on="bid.awarded"),
                )
            },
            "stages.1.name",
        ),
    ],
)
def test_rules_that_contradict_themselves_are_found(rules: dict[str, Any], path: str) -> None:
    found = rule_faults(ProgramRules(landing_url="https://a.example", **rules))
    assert [place for place, _ in found] == [path]
