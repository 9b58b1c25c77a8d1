"""What can be done with testimonials."""

from __future__ import annotations

from typing import ClassVar, Literal

from groundswell.contract.events.testimonials import ReactionKind
from groundswell.domains.testimonials.views import OwnTestimonial, ReactionsView
from groundswell.store.commands import Command

Decision = Literal["review", "publish", "reject", "hide"]


class RequestTestimonial(Command, frozen=True, kw_only=True):
    """Ask a user how a project went, once per project; whether they had not been asked."""

    answer: ClassVar[type] = bool
    testimonial_id: str
    project_id: str
    author_id: str
    subject_id: str | None
    title: str | None


class SubmitTestimonial(Command, frozen=True, kw_only=True):
    """An author says something for the first time, and agrees that it be shown."""

    answer: ClassVar[type] = OwnTestimonial
    project_id: str
    author_id: str
    body: str
    rating: int | None
    display_name: str | None
    share_id: str | None
    consent_version: str


class EditTestimonial(Command, frozen=True, kw_only=True):
    """An author says something else. What is None stays as it was."""

    answer: ClassVar[type] = OwnTestimonial
    testimonial_id: str
    author_id: str
    body: str | None
    rating: int | None
    display_name: str | None
    consent_version: str | None


class DecideTestimonial(Command, frozen=True, kw_only=True):
    """The host decides what becomes of one."""

    answer: ClassVar[type] = OwnTestimonial
    testimonial_id: str
    decision: Decision
    reason: str | None = None


class WithdrawTestimonial(Command, frozen=True, kw_only=True):
    """An author takes one back."""

    answer: ClassVar[type] = OwnTestimonial
    testimonial_id: str
    author_id: str


class RetractQuotes(Command, frozen=True, kw_only=True):
    """A share is gone: nothing that quotes it stays public. How many were retracted."""

    answer: ClassVar[type] = int
    share_id: str


class React(Command, frozen=True, kw_only=True):
    """A user reacts, or takes it back (``active`` is false); said again it changes nothing."""

    answer: ClassVar[type] = ReactionsView
    testimonial_id: str
    user_id: str
    kind: ReactionKind
    active: bool
