"""What a token's grants allow, and how hard they are to stretch."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.contract.errors import Unauthenticated
from groundswell.realtime.grants import EVERYTHING, Grants


def grants(*topics: str, actions: tuple[str, ...] = ("subscribe",)) -> Grants:
    return Grants.parse([{"topics": list(topics), "actions": list(actions)}])


def test_a_token_without_grants_is_not_limited() -> None:
    assert Grants.parse(None).allow("user.1.social", "history")
    assert EVERYTHING.unlimited


def test_a_token_with_empty_grants_may_hear_only_what_everybody_hears() -> None:
    empty = Grants.parse([])
    assert not empty.allow("activity")
    assert empty.allow("system.broadcast")


@pytest.mark.parametrize(
    ("pattern", "topic"),
    [
        ("user.123.*", "user.123.social"),
        ("user.123.*", "user.123.inbox"),
        ("leaderboard.*", "leaderboard.weekly"),
        ("user.123.social", "user.123.social"),
        ("activity", "activity"),
        ("system.*", "system.broadcast"),
    ],
)
def test_a_pattern_covers_its_topics(pattern: str, topic: str) -> None:
    assert grants(pattern).allow(topic)


@pytest.mark.parametrize(
    ("pattern", "topic"),
    [
        ("user.123.*", "user.1234.social"),
        ("user.123.*", "user.12.social"),
        ("user.123.*", "user.123"),
        ("user.123.*", "user.123."),
        ("user.123.*", "user.123.a.b"),
        ("user.123.*", "USER.123.social"),
        ("user.123.*", "xuser.123.social"),
        ("user.1.*", "user.1.2.social"),
        ("user.*", "user.1.social"),
        ("leaderboard.*", "leaderboard"),
        ("leaderboard.*", "leaderboards.weekly"),
        ("user.123.social", "user.123.socialx"),
        ("user.123.social", "user.123.Social"),
        ("activity", "activity.x"),
    ],
)
def test_a_pattern_covers_nothing_else(pattern: str, topic: str) -> None:
    assert not grants(pattern).allow(topic)


def test_each_action_is_granted_for_itself() -> None:
    held = Grants.parse(
        [
            {"topics": ["user.1.*"], "actions": ["subscribe"]},
            {"topics": ["user.1.social"], "actions": ["history"]},
        ]
    )
    assert held.allow("user.1.social", "history")
    assert not held.allow("user.1.network", "history")
    assert not held.allow("user.1.social", "presence")


def grant(**changes: Any) -> list[dict[str, Any]]:
    return [{"topics": ["activity"], "actions": ["subscribe"]} | changes]


@pytest.mark.parametrize(
    "claim",
    [
        {},
        "user.1.*",
        True,
        [1],
        [{}],
        [{"topics": ["activity"]}],
        grant(more=1),
        grant(topics="activity"),
        grant(topics=[1]),
        grant(topics=["*"]),
        grant(topics=["user.*.social"]),
        grant(topics=["user.1*"]),
        grant(topics=["user.1.so*"]),
        grant(topics=["user.**"]),
        grant(topics=["user.1.**"]),
        grant(topics=[".*"]),
        grant(topics=["user..*"]),
        grant(topics=["user.1.*\n"]),
        grant(topics=["user.1\n.*"]),
        grant(topics=["user.%31.*"]),
        grant(topics=["user.\uff11.*"]),
        grant(topics=["user.1/../2.*"]),
        grant(topics=[".".join("abcdef") + ".*"]),
        grant(topics=["x" * 65 + ".*"]),
        grant(topics=[""]),
        grant(actions=["publish"]),
        grant(actions=["*"]),
        grant(actions=[["subscribe"]]),
        grant(actions="subscribe"),
        grant() * 33,
        grant(topics=[f"media.{n}" for n in range(1, 258)]),
    ],
)
def test_a_malformed_claim_makes_the_token_worthless(claim: object) -> None:
    with pytest.raises(Unauthenticated, match="'grants' claim is malformed"):
        Grants.parse(claim)
