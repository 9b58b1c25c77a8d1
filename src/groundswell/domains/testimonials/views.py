"""What testimonials answer when asked."""

from __future__ import annotations

import msgspec

from groundswell.contract.events.testimonials import ReactionKind, TestimonialState


class View(msgspec.Struct, rename="camel", frozen=True, kw_only=True, gc=False):
    """Base of all answers: camelCase names on the wire, times as RFC 3339."""


class ConsentView(View, frozen=True, kw_only=True):
    """To which text the author agreed, for which revision, and when."""

    text_version: str
    revision: int
    given_at: str
    withdrawn_at: str | None


class TestimonialView(View, frozen=True, kw_only=True):
    """A testimonial as everybody may see it. ``reactions`` counts them by kind."""

    testimonial_id: str
    project_id: str
    project_title: str | None
    author_id: str
    subject_id: str | None
    state: TestimonialState
    display_name: str | None
    body: str | None
    rating: int | None
    share_id: str | None
    published_at: str | None
    reactions: dict[ReactionKind, int]


class OwnTestimonial(TestimonialView, frozen=True, kw_only=True):
    """A testimonial as its author and the host see it."""

    reason: str | None
    revision: int
    requested_at: str
    changed_at: str
    consents: list[ConsentView]


class ReactionsView(View, frozen=True, kw_only=True):
    """How many reactions of each kind there are, and which are the caller's."""

    testimonial_id: str
    reactions: dict[ReactionKind, int]
    mine: list[ReactionKind]
