"""What happens to shares: what people post elsewhere, who followed it, who answered it there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Final

import msgspec

from groundswell.contract.events.base import Event, Notice, Privacy, Tag
from groundswell.contract.events.network import network_topic
from groundswell.contract.units import Instant

ABOUT_PEOPLE: Final = frozenset({"friend", "collaboration"})
"""The kinds of suggestions that name somebody to know, or to work with."""


def social_topic(user_id: str) -> str:
    """Where a user hears of what they shared."""
    return f"user.{user_id}.social"


class Engager(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Who engaged with a share, as far as the platform says."""

    id: str | None = None
    name: str | None = None
    url: str | None = None


class OfSharer(Event, frozen=True, kw_only=True):
    """Something about one user's sharing, told to them alone."""

    privacy: ClassVar[Privacy] = "personal"
    user_id: str

    @property
    def partition_key(self) -> str:
        """What concerns one user stays in order."""
        return f"user.{self.user_id}"

    def topics(self) -> Sequence[str]:
        """The user."""
        return (social_topic(self.user_id),)


class _Confirmation(OfSharer, frozen=True, kw_only=True):
    """Tells that a share is out, which its user must not miss."""

    critical: ClassVar[bool] = True
    share_id: str
    platform: str

    def tags(self) -> dict[str, Tag]:
        """By platform."""
        return {"platform": self.platform}


class ShareCreated(_Confirmation, frozen=True, kw_only=True):
    """Somebody shared something.

    If it is ``published`` this is the confirmation; if it is ``pending``, the platform has still to
    take it, and the confirmation is ``social.share.published``.
    """

    event_type: ClassVar[str] = "social.share.created"
    content_type: str
    content_id: str
    share_format: str
    visibility: str
    state: str
    metadata: dict[str, Any] = msgspec.field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """What was shared, and whether it is out; for whom it is, its metadata says if at all."""
        return {
            "shareId": self.share_id,
            "userId": self.user_id,
            "contentType": self.content_type,
            "contentId": self.content_id,
            "platform": self.platform,
            "shareFormat": self.share_format,
            "state": self.state,
            "metadata": self.metadata,
        }

    def notices(self) -> Sequence[Notice]:
        """The confirmation, if it is one."""
        if self.state != "published":
            return ()
        return (Notice(user_id=self.user_id, data=self.told()),)


class SharePublished(_Confirmation, frozen=True, kw_only=True):
    """The platform took a share; ``external_id`` is how it calls the post.

    It ``confirms`` a share that was pending. One that was out already only gets its post's name,
    which is no news to anybody.
    """

    event_type: ClassVar[str] = "social.share.published"
    content_type: str
    content_id: str
    external_id: str | None = None
    confirms: bool = True

    def topics(self) -> Sequence[str]:
        """The sharer, if it is the confirmation."""
        return (social_topic(self.user_id),) if self.confirms else ()

    def told(self) -> dict[str, Any]:
        """The same as for a share that is out at once."""
        return {
            "shareId": self.share_id,
            "userId": self.user_id,
            "contentType": self.content_type,
            "contentId": self.content_id,
            "platform": self.platform,
            "state": "published",
        }

    def notices(self) -> Sequence[Notice]:
        """The confirmation, if it is one."""
        if not self.confirms:
            return ()
        return (Notice(user_id=self.user_id, data=self.told()),)


class _Ended(OfSharer, frozen=True, kw_only=True):
    share_id: str
    reason: str

    def told(self) -> dict[str, Any]:
        """Which share, and why."""
        return {"shareId": self.share_id, "reason": self.reason}


class ShareFailed(_Ended, frozen=True, kw_only=True):
    """The platform did not take a share."""

    event_type: ClassVar[str] = "social.share.failed"


class ShareDeleted(_Ended, frozen=True, kw_only=True):
    """A share was taken back; what came of it before still counts."""

    event_type: ClassVar[str] = "social.share.deleted"


class ShareEngaged(OfSharer, frozen=True, kw_only=True):
    """Somebody on the platform reacted to a share.

    ``platform_event_id`` is how the platform calls it; ``count`` is how many the share has now.
    """

    event_type: ClassVar[str] = "social.share.engaged"
    share_id: str
    engagement_type: str
    engager_info: Engager = Engager()
    platform: str
    platform_event_id: str
    count: int

    def tags(self) -> dict[str, Tag]:
        """By kind and platform."""
        return {"engagementType": self.engagement_type, "platform": self.platform}

    def told(self) -> dict[str, Any]:
        """What happened, and how much of it there was."""
        return {
            "shareId": self.share_id,
            "engagementType": self.engagement_type,
            "engagerInfo": msgspec.to_builtins(self.engager_info),
            "engagements": self.count,
        }


class ShareFollowed(OfSharer, frozen=True, kw_only=True):
    """Somebody, or something, followed the link of a share.

    Only a person is ``counted``, once an hour; ``discard_reason`` says why one is not. ``clicks``
    and ``views`` are the sums after it: people's, and all.
    """

    event_type: ClassVar[str] = "social.share.followed"
    share_id: str
    counted: bool
    discard_reason: str | None = None
    clicks: int
    views: int

    def topics(self) -> Sequence[str]:
        """The sharer, if it was a person."""
        return (social_topic(self.user_id),) if self.counted else ()

    def told(self) -> dict[str, Any]:
        """The new sums."""
        return {"shareId": self.share_id, "clicks": self.clicks, "views": self.views}


class SuggestionCreated(OfSharer, frozen=True, kw_only=True):
    """Something a user may want to do. ``reason`` says why it is suggested."""

    event_type: ClassVar[str] = "social.suggestion.created"
    suggestion_id: str
    kind: str
    subject_id: str
    reason: str
    title: str | None = None
    expires_at: Instant | None = None

    def topics(self) -> Sequence[str]:
        """The user: about people where they hear of people."""
        if self.kind in ABOUT_PEOPLE:
            return (network_topic(self.user_id),)
        return super().topics()

    def told(self) -> dict[str, Any]:
        """What to show."""
        return {
            "suggestionId": self.suggestion_id,
            "userId": self.user_id,
            "kind": self.kind,
            "subjectId": self.subject_id,
            "reason": self.reason,
            "title": self.title,
        }


class SuggestionDismissed(OfSharer, frozen=True, kw_only=True):
    """A user does not want to see a suggestion any more, on any device."""

    event_type: ClassVar[str] = "social.suggestion.dismissed"
    suggestion_id: str


EVENTS: tuple[type[Event], ...] = (
    ShareCreated,
    SharePublished,
    ShareFailed,
    ShareDeleted,
    ShareEngaged,
    ShareFollowed,
    SuggestionCreated,
    SuggestionDismissed,
)
