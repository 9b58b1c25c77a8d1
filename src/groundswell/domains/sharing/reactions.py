"""What follows for sharing from what the host reports."""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events.intake import MessageSentSocial, ProjectCreated
from groundswell.contract.events.sharing import Engager
from groundswell.domains.sharing.commands import Engagement, RecordEngagements, Suggest
from groundswell.store.commands import Command

SHARE_PROJECT = "share_project"
PROJECT_IS_NEW = "project_created"
ABOUT_A_SHARE = "share"
MESSAGED = "message"


def share_suggestion_generator(logged: LoggedEvent, event: ProjectCreated) -> Sequence[Command]:
    """Suggest to the owner of a new project to share it."""
    return [
        Suggest(
            at=logged.recorded_at,
            suggestion_id=f"sug-{logged.event_id.removeprefix('msg-')}",
            user_id=event.user_id,
            kind=SHARE_PROJECT,
            subject_id=event.project_id,
            reason=PROJECT_IS_NEW,
            title=event.title,
        )
    ]


def social_interaction_processor(
    logged: LoggedEvent, event: MessageSentSocial
) -> Sequence[Command]:
    """A message about a share engages with it, as a comment on a platform does.

    It is known by its own id, so that one reported twice, as two events, counts once.
    """
    if event.context_type != ABOUT_A_SHARE or event.context_id is None:
        return []
    engagement = Engagement(
        reference=event.context_id,
        platform_event_id=f"{MESSAGED}#{event.message_id}",
        engagement_type=MESSAGED,
        engager=Engager(id=event.user_id),
        at=logged.at,
    )
    return [RecordEngagements(at=logged.recorded_at, platform=None, engagements=(engagement,))]


def react(logged: LoggedEvent) -> Sequence[Command]:
    """The commands that follow from an event."""
    match logged.event:
        case ProjectCreated():
            return share_suggestion_generator(logged, logged.event)
        case MessageSentSocial():
            return social_interaction_processor(logged, logged.event)
        case _:
            return []
