"""What sharing answers when asked."""

from __future__ import annotations

from typing import Any, Literal

import msgspec


class View(msgspec.Struct, rename="camel", frozen=True, kw_only=True, gc=False):
    """Base of all answers: camelCase names on the wire, times as RFC 3339."""


class ShareView(View, frozen=True, kw_only=True):
    """A share. ``url`` is its tracked link; ``engagementTypes`` how often what happened."""

    share_id: str
    user_id: str
    content_type: str
    content_id: str
    platform: str
    share_format: str
    visibility: str
    state: str
    reason: str | None
    metadata: dict[str, Any]
    created_at: str
    clicks: int
    views: int
    engagements: int
    url: str = ""
    engagement_types: dict[str, int] = {}


class HeldShare(View, frozen=True, kw_only=True):
    """The share waits for a review; nothing is shared, told or counted before."""

    status: Literal["held"] = "held"
    moderation_id: str


class Followed(View, frozen=True, kw_only=True):
    """Whether a following was a person's, and the sums after it."""

    counted: bool
    clicks: int
    views: int


class Taken(View, frozen=True, kw_only=True):
    """What became of what a platform told.

    ``accepted``: counted now; ``repeated``: known already; ``parked``: the share is not known yet;
    ``discarded``: the share is gone, or too much waits; ``ignored``: nothing that is counted.
    """

    accepted: int = 0
    repeated: int = 0
    parked: int = 0
    discarded: int = 0
    ignored: int = 0


class Dropped(View, frozen=True, kw_only=True):
    """How many engagements waited in vain, and how many are left."""

    dropped: int
    waiting: int


class SuggestionView(View, frozen=True, kw_only=True):
    """Something to do, and why it is suggested."""

    suggestion_id: str
    kind: str
    subject_id: str
    reason: str
    title: str | None
    created_at: str
    expires_at: str
