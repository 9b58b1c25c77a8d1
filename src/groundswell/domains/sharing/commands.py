"""What can be done with shares."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import msgspec

from groundswell.contract.events.sharing import Engager
from groundswell.domains.sharing.views import Dropped, Followed, ShareView, Taken
from groundswell.store.commands import Command

Visibility = Literal["public", "friends", "private"]


class Engagement(msgspec.Struct, frozen=True, kw_only=True):
    """What a platform says somebody did.

    Attributes:
        reference: the share's id, or ``post:`` and how the platform calls the post.
        platform_event_id: how the platform calls what happened; the same again is a repeat.
        at: when it happened, microseconds.
    """

    reference: str
    platform_event_id: str
    engagement_type: str
    engager: Engager = Engager()
    at: int


class CreateShare(Command, frozen=True, kw_only=True):
    """Somebody shared something. ``pending``: the platform has still to take it."""

    answer: ClassVar[type] = ShareView
    share_id: str
    user_id: str
    content_type: str
    content_id: str
    platform: str
    share_format: str
    visibility: Visibility
    metadata: dict[str, Any]
    pending: bool = False


class PublishShare(Command, frozen=True, kw_only=True):
    """The platform took a share; ``external_id`` is how it calls the post."""

    answer: ClassVar[type] = ShareView
    share_id: str
    external_id: str | None = None


class FailShare(Command, frozen=True, kw_only=True):
    """The platform did not take a share."""

    answer: ClassVar[type] = ShareView
    share_id: str
    reason: str


class DeleteShare(Command, frozen=True, kw_only=True):
    """A user takes a share back."""

    answer: ClassVar[type] = ShareView
    share_id: str
    user_id: str


class FollowLink(Command, frozen=True, kw_only=True):
    """A link was asked for. ``discard_reason`` says why it was nobody; ``visitor`` is a hash."""

    answer: ClassVar[type] = Followed
    share_id: str
    visitor: str
    discard_reason: str | None = None


class RecordEngagements(Command, frozen=True, kw_only=True):
    """A platform says what happened to shares; ``platform`` is None for the host's own messages."""

    answer: ClassVar[type] = Taken
    platform: str | None
    engagements: tuple[Engagement, ...]


class DropExpired(Command, frozen=True, kw_only=True):
    """Forget what waited for a share in vain, and who was counted long ago."""

    answer: ClassVar[type] = Dropped


class Suggest(Command, frozen=True, kw_only=True):
    """Suggest something to a user, once per kind and subject."""

    answer: ClassVar[type] = bool
    suggestion_id: str
    user_id: str
    kind: str
    subject_id: str
    reason: str
    title: str | None = None


class DismissSuggestion(Command, frozen=True, kw_only=True):
    """A user does not want to see it any more."""

    answer: ClassVar[type] = type(None)
    suggestion_id: str
    user_id: str
