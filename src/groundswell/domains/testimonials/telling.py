"""From a reaching of a state to the event that tells of it."""

from __future__ import annotations

from groundswell.contract.events import testimonials as events
from groundswell.contract.events.testimonials import TestimonialEvent
from groundswell.domains.testimonials.rows import TestimonialRow
from groundswell.domains.testimonials.states import Wish


def event_of(
    before: TestimonialRow, after: TestimonialRow, wish: Wish, consent_version: str = ""
) -> TestimonialEvent:
    """What happened when a testimonial went one step from ``before`` to ``after``."""
    about = after.about()
    was_public = before.state == "published"
    match after.state:
        case "submitted":
            return events.TestimonialSubmitted(**about, consent_version=consent_version)
        case "in_review" if wish == "edit":
            return events.TestimonialEdited(**about, was_public=was_public)
        case "in_review":
            return events.TestimonialReviewed(**about)
        case "published":
            return events.TestimonialPublished(**about)
        case "rejected":
            return events.TestimonialRejected(**about, reason=after.reason)
        case "hidden":
            return events.TestimonialHidden(**about, was_public=was_public, reason=after.reason)
        case "withdrawn":
            return events.TestimonialWithdrawn(**about, was_public=was_public)
        case "requested":
            return events.TestimonialRequested(**about, title=after.title)
