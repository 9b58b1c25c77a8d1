"""The bodies of requests about testimonials."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from groundswell.contract.errors import Invalid
from groundswell.contract.events.testimonials import ReactionKind
from groundswell.http.decoding import VISIBLE

Text = Annotated[str, Meta(min_length=1, max_length=4_000, pattern=VISIBLE)]
Name = Annotated[str, Meta(min_length=1, max_length=80, pattern=VISIBLE)]
Id = Annotated[str, Meta(min_length=1, max_length=128, pattern=VISIBLE)]
Reason = Annotated[str, Meta(min_length=1, max_length=500, pattern=VISIBLE)]
Rating = Annotated[int, Meta(ge=1, le=5)]


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of request bodies: camelCase, unknown fields refused."""


class Consent(Body, frozen=True, kw_only=True):
    """The author agrees that it be published, under the text of this version."""

    text_version: Annotated[str, Meta(min_length=1, max_length=64, pattern=VISIBLE)]
    accepted: bool


class NewTestimonial(Body, frozen=True, kw_only=True):
    """What the author says about a project.

    `displayName` is shown as the author's name; `shareId` is a share the text quotes: when that is
    taken back, the testimonial is retracted.
    """

    project_id: Id
    body: Text
    consent: Consent
    rating: Rating | None = None
    display_name: Name | None = None
    share_id: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class Edit(Body, frozen=True, kw_only=True):
    """What is to be different; `consent` if its text has changed since."""

    body: Text | None = None
    rating: Rating | None = None
    display_name: Name | None = None
    consent: Consent | None = None


class Decided(Body, frozen=True, kw_only=True):
    """Why the host decided so; the author is told why something was rejected."""

    reason: Reason | None = None


class NewReaction(Body, frozen=True, kw_only=True):
    """What kind of reaction."""

    kind: ReactionKind


def agreed_version(consent: Consent) -> str:
    """The version of the text that was agreed to.

    Raises:
        Invalid: it was not.
    """
    if not consent.accepted:
        raise Invalid.at("consent.accepted", "The author must agree to the publication")
    return consent.text_version


def check_edit(edit: Edit) -> None:
    """An edit must change something.

    Raises:
        Invalid: it does not.
    """
    if edit.body is None and edit.rating is None and edit.display_name is None:
        raise Invalid.at("body", "Give body, rating or displayName")
