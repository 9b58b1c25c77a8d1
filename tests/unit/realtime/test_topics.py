"""Which topics exist, how they are written, and who may subscribe."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from groundswell.contract.errors import Invalid
from groundswell.realtime.topics import (
    TopicForbidden,
    UnknownTopic,
    admit,
    is_state,
    kind_of,
    parse,
    refetch_url,
)


@dataclass(frozen=True)
class Viewer:
    user_id: str | None = None


VISITOR = Viewer()
PUBLIC = [
    "activity",
    "hot",
    "media.1",
    "media.9223372036854775807",
    "trending.24h",
    "trending.7d",
    "trending.30d",
    "trending.all",
    "system.broadcast",
    "leaderboard.weekly",
    "testimonials.recent",
]


@pytest.mark.parametrize("topic", PUBLIC)
def test_anybody_may_subscribe_to_a_public_topic(topic: str) -> None:
    assert admit(topic, VISITOR) == topic


@pytest.mark.parametrize("part", ["social", "referrals", "network", "inbox"])
def test_a_users_topics_are_for_that_user_only(part: str) -> None:
    topic = f"user.42.{part}"
    assert admit(topic, Viewer("42")) == topic
    for other in (VISITOR, Viewer("4"), Viewer("421"), Viewer("")):
        with pytest.raises(TopicForbidden):
            admit(topic, other)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "activity.",
        ".activity",
        "a..b",
        "media.*",
        "*",
        "media.1\n",
        "médias.1",
        "a b",
        "x" * 65,
        ".".join(["a"] * 7),
        ".".join(["x" * 64] * 4),
    ],
)
def test_what_does_not_follow_the_grammar_is_invalid(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse(text)
    assert refusal.value.errors[0].field == "topics"


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        "activity.1",
        "hot.24h",
        "media",
        "media.0",
        "media.007",
        "media.-1",
        "media.abc",
        "media.1.votes",
        "media.99999999999999999999",
        "trending.1h",
        "trending",
        "user.42",
        "user.42.secrets",
        "user.1.2.social",
        "system.other",
        "ACTIVITY",
        ".".join(["a"] * 6),
    ],
)
def test_a_topic_that_does_not_exist_is_refused_by_name(text: str) -> None:
    with pytest.raises(UnknownTopic, match="There is no topic"):
        parse(text)


def test_only_lists_and_boards_are_state_topics() -> None:
    assert [topic for topic in PUBLIC if is_state(topic)] == [
        "hot",
        "trending.24h",
        "trending.7d",
        "trending.30d",
        "trending.all",
        "leaderboard.weekly",
    ]


def test_a_feed_says_where_to_read_what_was_missed() -> None:
    assert refetch_url("activity") == "/v1/activity?limit=20"
    assert refetch_url("media.12") == "/v1/media/12"
    assert refetch_url("system.broadcast") is None
    assert refetch_url("no.such.topic") is None


@pytest.mark.parametrize(
    ("topic", "topic_class"),
    [
        ("activity", "feed"),
        ("media.7", "feed"),
        ("hot", "state"),
        ("trending.24h", "state"),
        ("leaderboard.weekly", "state"),
        ("testimonials.recent", "feed"),
        ("program.gold.updates", "feed"),
        ("presence.lobby", "feed"),
        ("user.1.inbox", "critical"),
        ("user.1.referrals", "critical"),
        ("system.broadcast", "feed"),
    ],
)
def test_a_topic_has_a_class(topic: str, topic_class: str) -> None:
    assert kind_of(topic).topic_class == topic_class


@pytest.mark.parametrize("topic", ["program.gold.updates", "presence.lobby"])
def test_a_name_alone_admits_nobody_where_somebody_must_be_asked(topic: str) -> None:
    for viewer in (VISITOR, Viewer("1"), Viewer("gold")):
        with pytest.raises(TopicForbidden):
            admit(topic, viewer)


@pytest.mark.parametrize(
    "text",
    [
        "user.1.2.social",
        "user.1.social.x",
        "user.1.SOCIAL",
        "User.1.social",
        "program.gold",
        "program.gold.updates.x",
        "leaderboard.a.b",
        "testimonials.old",
        "presence",
        "presence.user.1",
    ],
)
def test_what_looks_like_a_topic_of_the_table_is_none(text: str) -> None:
    with pytest.raises(UnknownTopic):
        parse(text)
