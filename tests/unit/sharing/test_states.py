"""The states of shares, who may see one, and what follows from events of the host."""

from __future__ import annotations

import pytest

from groundswell.contract.events import Event, LoggedEvent
from groundswell.contract.events.intake import MessageSentSocial, ProjectCreated, UserRegistered
from groundswell.contract.events.sharing import Engager
from groundswell.domains.sharing.commands import Engagement, RecordEngagements, Suggest
from groundswell.domains.sharing.reactions import react
from groundswell.domains.sharing.states import is_live, may_become, may_see

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
        platform_event_id="/m#1",
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
