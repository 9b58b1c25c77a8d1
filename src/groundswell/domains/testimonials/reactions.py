"""What follows for testimonials from what happens elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events.intake import ProjectCompleted
from groundswell.contract.events.sharing import ShareDeleted
from groundswell.domains.testimonials.commands import RequestTestimonial, RetractQuotes
from groundswell.store.commands import Command


def testimonial_requestor(logged: LoggedEvent, event: ProjectCompleted) -> Sequence[Command]:
    """Ask the owner of a project that is done; who did it for themselves is not asked."""
    if event.contractor_id == event.user_id:
        return []
    return [
        RequestTestimonial(
            at=logged.recorded_at,
            testimonial_id=f"testimonial-{logged.event_id.removeprefix('msg-')}",
            project_id=event.project_id,
            author_id=event.user_id,
            subject_id=event.contractor_id,
            title=event.title,
        )
    ]


def react(logged: LoggedEvent) -> Sequence[Command]:
    """The commands that follow from an event."""
    match logged.event:
        case ProjectCompleted() as event:
            return testimonial_requestor(logged, event)
        case ShareDeleted() as event:
            return [RetractQuotes(at=logged.recorded_at, share_id=event.share_id)]
        case _:
            return []
