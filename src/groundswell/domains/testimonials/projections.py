"""Testimonials as the log alone tells them: their states, and who reacted. What was said is not in
the log, so that it can be withdrawn; it is kept in the table alone."""

from __future__ import annotations

from typing import Final

import msgspec

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events import testimonials as events
from groundswell.contract.people import is_tombstone
from groundswell.log.projections import Fold, Projection, Rows, Table
from groundswell.store import BIGINT, TEXT

TESTIMONIALS: Final = Table(
    "testimonials",
    {"testimonial_id": TEXT},
    {
        **dict.fromkeys(("project_id", "author_id", "subject_id", "title", "state"), TEXT),
        **dict.fromkeys(("revision", "requested_at", "changed_at", "published_at"), BIGINT),
    },
    whole=False,
)
REACTIONS: Final = Table(
    "testimonial_reactions",
    {"testimonial_id": TEXT, "user_id": TEXT, "kind": TEXT},
    {"at": BIGINT},
)


class Testimonial(msgspec.Struct):
    """A testimonial; the fields stand in the order of the columns."""

    project_id: str
    author_id: str
    subject_id: str | None
    title: str | None
    state: str
    revision: int
    requested_at: int
    changed_at: int
    published_at: int | None = None


class TestimonialFold(Fold):
    """All testimonials and reactions."""

    takes = (events.TestimonialEngaged, events.TestimonialEvent)

    testimonials: dict[str, Testimonial] = msgspec.field(default_factory=dict)
    reactions: dict[tuple[str, str, str], int] = msgspec.field(default_factory=dict)

    def add(self, logged: LoggedEvent) -> None:
        """Take in the event that follows."""
        match logged.event:
            case events.TestimonialEngaged(active=True) as event:
                self.reactions[event.testimonial_id, event.user_id, event.kind] = logged.at
            case events.TestimonialEngaged() as event:
                self.reactions.pop((event.testimonial_id, event.user_id, event.kind), None)
            case events.TestimonialRequested() as event:
                about = (event.project_id, event.author_id, event.subject_id, event.title)
                asked = Testimonial(*about, event.state, event.revision, logged.at, logged.at)
                self.testimonials[event.testimonial_id] = asked
            case events.TestimonialEvent() as event:
                one = self.testimonials[event.testimonial_id]
                one.state, one.revision, one.changed_at = event.state, event.revision, logged.at
                one.published_at = logged.at if event.state == "published" else None

    def rows(self) -> Rows:
        """The rows as they have to be now; who was forgotten reacts to nothing."""
        return {
            TESTIMONIALS.name: {
                (name,): msgspec.structs.astuple(one) for name, one in self.testimonials.items()
            },
            REACTIONS.name: {
                key: (at,) for key, at in self.reactions.items() if not is_tombstone(key[1])
            },
        }


TESTIMONIAL_PROJECTION: Final = Projection(
    "testimonials", 1, TestimonialFold, (TESTIMONIALS, REACTIONS)
)
