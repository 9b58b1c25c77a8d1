"""The states of shares, who may see one, and what follows from events of the host."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.contract.events import Event, LoggedEvent
from groundswell.contract.events.intake import MessageSentSocial, ProjectCreated, UserRegistered
from groundswell.contract.events.sharing import (
    Engager,
    ShareCreated,
    ShareDeleted,
    ShareEngaged,
    ShareFailed,
    ShareFollowed,
    SharePublished,
)
from groundswell.contract.privacy import VERBS, Audience, Discretion
from groundswell.delivery.routing import publications
from groundswell.domains.sharing.commands import Engagement, RecordEngagements, Suggest
from groundswell.domains.sharing.reactions import react
from groundswell.domains.sharing.states import is_live, may_become, may_see, narrowed

STATES = ("pending", "published", "failed", "deleted")
STEPS = {("pending", "published"), ("pending", "failed"), ("published", "deleted")}


def test_a_share_moves_forward_only() -> None:
    found = {(one, other) for one in STATES for other in STATES if may_become(one, other)}  # type: ignore[arg-type]
    assert found == STEPS


def test_what_ended_counts_nothing_any_more() -> None:
    assert [state for state in STATES if is_live(state)] == ["pending", "published"]


@pytest.mark.parametrize(
    ("visibility", "state", "seen"),
    [
        ("public", "published", True),
        ("public", "pending", False),
        ("public", "deleted", False),
        ("friends", "published", False),
        ("private", "published", False),
    ],
)
def test_strangers_see_what_is_public_and_out(visibility: str, state: str, seen: bool) -> None:
    assert may_see(visibility, state, "mia", "eve", host=False) is seen
    assert may_see(visibility, state, "mia", None, host=False) is seen
    assert may_see(visibility, state, "mia", "mia", host=False)
    assert may_see(visibility, state, "mia", None, host=True)


@pytest.mark.parametrize(
    ("visibility", "state", "seen"),
    [
        ("public", "published", True),
        ("friends", "published", True),
        ("friends", "pending", False),
        ("friends", "failed", False),
        ("friends", "deleted", False),
        ("private", "published", False),
    ],
)
def test_friends_see_what_is_for_friends_and_out(visibility: str, state: str, seen: bool) -> None:
    assert may_see(visibility, state, "mia", "eve", host=False, friends=True) is seen


@pytest.mark.parametrize(
    ("visibility", "wish", "left"),
    [
        ("public", "everyone", "public"),
        ("public", "friends", "friends"),
        ("public", "nobody", "private"),
        ("friends", "everyone", "friends"),
        ("friends", "friends", "friends"),
        ("friends", "nobody", "private"),
        ("private", "everyone", "private"),
        ("private", "nobody", "private"),
    ],
)
def test_a_share_is_for_those_whom_it_and_its_sharer_both_allow(
    visibility: str, wish: Audience, left: str
) -> None:
    assert narrowed(visibility, wish) == left


def test_what_is_kept_is_for_whom_the_verb_says_and_for_nobody_after_an_opt_out() -> None:
    some = Discretion(audiences={"share": "friends"})
    assert some.kept_for("share") == "friends"
    assert some.kept_for("play") == "everyone"
    quiet = Discretion(broadcast=False)
    assert {quiet.kept_for(verb) for verb in VERBS} == {"nobody"}
    assert Discretion(incognito=True).kept_for("share") == "everyone"


@pytest.mark.parametrize("visibility", ["public", "friends", "private"])
def test_shares_are_told_live_to_their_sharer_alone(visibility: str) -> None:
    about: dict[str, Any] = {"user_id": "mia", "share_id": "share-1", "platform": "acme"}
    content: dict[str, Any] = {"content_type": "project", "content_id": "7"}
    made = ShareCreated(
        **about, **content, share_format="link", visibility=visibility, state="published"
    )
    told = [
        made,
        SharePublished(**about, **content),
        ShareFailed(user_id="mia", share_id="share-1", reason="no"),
        ShareDeleted(user_id="mia", share_id="share-1", reason="no"),
        ShareEngaged(**about, engagement_type="like", platform_event_id="e", count=1),
        ShareFollowed(user_id="mia", share_id="share-1", counted=True, clicks=1, views=1),
    ]
    topics = {one.topic for event in told for one in publications(logged(event))}
    assert topics == {"user.mia.social"}
    assert {notice.user_id for event in told for notice in event.notices()} == {"mia"}


def logged(event: Event) -> LoggedEvent:
    return LoggedEvent(seq=1, event_id="msg-0195", at=10, recorded_at=20, event=event)


def test_share_suggestion_generator() -> None:
    event = ProjectCreated(
        source="/p", source_id="1", user_id="mia", project_id="roof", title="Roof"
    )
    assert react(logged(event)) == [
        Suggest(
            at=20,
            suggestion_id="sug-0195",
            user_id="mia",
            kind="share_project",
            subject_id="roof",
            reason="project_created",
            title="Roof",
        )
    ]


def test_social_interaction_processor() -> None:
    about = {"source": "/m", "source_id": "1", "user_id": "bob", "message_id": "m"}
    event = MessageSentSocial(**about, context_type="share", context_id="share-1")
    engagement = Engagement(
        reference="share-1",
        platform_event_id="message#m",
        engagement_type="message",
        engager=Engager(id="bob"),
        at=10,
    )
    assert react(logged(event)) == [
        RecordEngagements(at=20, platform=None, engagements=(engagement,))
    ]
    assert react(logged(MessageSentSocial(**about, context_type="project", context_id="p"))) == []
    assert react(logged(MessageSentSocial(**about))) == []


def test_other_events_are_for_others() -> None:
    assert react(logged(UserRegistered(source="/u", source_id="1", user_id="mia"))) == []
