"""What happens to testimonials: what people say in public about projects that were done for them.

No event holds what was said: whoever may read it asks for it, and gets what may be read then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from groundswell.contract.events.base import Event, Notice, Privacy, Tag
from groundswell.contract.events.sharing import social_topic

TestimonialState = Literal[
    "requested", "submitted", "in_review", "published", "rejected", "hidden", "withdrawn"
]
ReactionKind = Literal["like", "love", "helpful", "celebrate"]

RECENT = "testimonials.recent"
"""Where everybody hears of published testimonials."""


class TestimonialEvent(Event, frozen=True, kw_only=True):
    """Something about one testimonial.

    ``subject_id`` is whom it is about, ``revision`` counts the author's texts. ``was_public`` says
    whether everybody could read it until then.
    """

    privacy: ClassVar[Privacy] = "personal"
    state: ClassVar[TestimonialState]
    """In which state the testimonial is after it."""
    testimonial_id: str
    project_id: str
    author_id: str
    subject_id: str | None = None
    revision: int = 0

    @property
    def partition_key(self) -> str:
        """The life of one testimonial stays in order."""
        return f"testimonial.{self.testimonial_id}"

    def told(self) -> dict[str, Any]:
        """Which testimonial, whose, and what became of it."""
        return {
            "testimonialId": self.testimonial_id,
            "projectId": self.project_id,
            "authorId": self.author_id,
            "state": self.state,
        }

    def topics(self) -> Sequence[str]:
        """The author."""
        return (social_topic(self.author_id),)


class TestimonialRequested(TestimonialEvent, frozen=True, kw_only=True):
    """Somebody is asked to say how a project went; ``title`` is the project's."""

    event_type: ClassVar[str] = "testimonial.requested"
    state: ClassVar[TestimonialState] = "requested"
    title: str | None = None

    def told(self) -> dict[str, Any]:
        """What to write about."""
        return {**super().told(), "subjectId": self.subject_id, "title": self.title}

    def notices(self) -> Sequence[Notice]:
        """The author is to find it whenever they come."""
        return (Notice(user_id=self.author_id, data=self.told()),)


class TestimonialSubmitted(TestimonialEvent, frozen=True, kw_only=True):
    """The author said something, and agreed that it be shown under ``consent_version``."""

    event_type: ClassVar[str] = "testimonial.submitted"
    state: ClassVar[TestimonialState] = "submitted"
    consent_version: str


class _MayRetract(TestimonialEvent, frozen=True, kw_only=True):
    """Something after which a testimonial is not public; if it was, everybody hears of it."""

    privacy: ClassVar[Privacy] = "public"
    was_public: bool = False

    def topics(self) -> Sequence[str]:
        """The author; everybody and whom it is about, if they could read it."""
        own = social_topic(self.author_id)
        if not self.was_public:
            return (own,)
        about = () if self.subject_id is None else (social_topic(self.subject_id),)
        return (RECENT, own, *about)


class TestimonialEdited(_MayRetract, frozen=True, kw_only=True):
    """The author says something else, which is not public before it was looked at."""

    event_type: ClassVar[str] = "testimonial.edited"
    state: ClassVar[TestimonialState] = "in_review"


class TestimonialReviewed(TestimonialEvent, frozen=True, kw_only=True):
    """Somebody looks at it on behalf of the host."""

    event_type: ClassVar[str] = "testimonial.reviewed"
    state: ClassVar[TestimonialState] = "in_review"


class TestimonialPublished(TestimonialEvent, frozen=True, kw_only=True):
    """Everybody may read it now."""

    event_type: ClassVar[str] = "testimonial.published"
    privacy: ClassVar[Privacy] = "public"
    state: ClassVar[TestimonialState] = "published"

    def topics(self) -> Sequence[str]:
        """Everybody, the author, and whom it is about."""
        about = () if self.subject_id is None else (social_topic(self.subject_id),)
        return (RECENT, social_topic(self.author_id), *about)

    def notices(self) -> Sequence[Notice]:
        """The author, and whom it is about."""
        people = {self.author_id: None, self.subject_id: None}
        return [
            Notice(user_id=person, data=self.told(), delivery="normal")
            for person in people
            if person is not None
        ]


class TestimonialRejected(TestimonialEvent, frozen=True, kw_only=True):
    """It will not be published as it is."""

    event_type: ClassVar[str] = "testimonial.rejected"
    state: ClassVar[TestimonialState] = "rejected"
    reason: str | None = None

    def told(self) -> dict[str, Any]:
        """With the reason, for the author."""
        return {**super().told(), "reason": self.reason}

    def notices(self) -> Sequence[Notice]:
        """The author."""
        return (Notice(user_id=self.author_id, data=self.told(), delivery="normal"),)


class TestimonialHidden(_MayRetract, frozen=True, kw_only=True):
    """The host took it from the public; ``reason`` is not told live."""

    event_type: ClassVar[str] = "testimonial.hidden"
    state: ClassVar[TestimonialState] = "hidden"
    reason: str | None = None


class TestimonialWithdrawn(_MayRetract, frozen=True, kw_only=True):
    """The author takes it back, and with it the consent; what was said is gone."""

    event_type: ClassVar[str] = "testimonial.withdrawn"
    state: ClassVar[TestimonialState] = "withdrawn"


class TestimonialEngaged(TestimonialEvent, frozen=True, kw_only=True):
    """A user reacted to it, or (not ``active``) took a reaction back.

    ``count`` is how many reactions of the kind there are after it. Who reacted is told to nobody.
    """

    event_type: ClassVar[str] = "testimonial.engaged"
    privacy: ClassVar[Privacy] = "public"
    state: ClassVar[TestimonialState] = "published"
    user_id: str
    kind: ReactionKind
    active: bool
    count: int

    def told(self) -> dict[str, Any]:
        """How many there are now."""
        details = {"kind": self.kind, "active": self.active, "count": self.count}
        return {**super().told(), **details}

    def topics(self) -> Sequence[str]:
        """Everybody, and the author."""
        return (RECENT, social_topic(self.author_id))

    def tags(self) -> dict[str, Tag]:
        """By kind."""
        return {"kind": self.kind}


EVENTS: tuple[type[Event], ...] = (
    TestimonialRequested,
    TestimonialSubmitted,
    TestimonialEdited,
    TestimonialReviewed,
    TestimonialPublished,
    TestimonialRejected,
    TestimonialHidden,
    TestimonialWithdrawn,
    TestimonialEngaged,
)
