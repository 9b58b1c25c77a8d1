"""Events of moderation. What was written is never in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from groundswell.contract.events.base import Event, Notice, Privacy


class ModerationEvent(Event, frozen=True, kw_only=True):
    """Something about one held item."""

    privacy: ClassVar[Privacy] = "internal"
    item_id: str
    kind: str
    author_id: str | None = None

    @property
    def partition_key(self) -> str:
        """What becomes of one item stays in order."""
        return f"moderation.{self.item_id}"


class ContentHeld(ModerationEvent, frozen=True, kw_only=True):
    """Somebody has to look at it first; ``rules`` says why."""

    event_type: ClassVar[str] = "moderation.content.held"
    rules: tuple[str, ...] = ()


class _Decided(ModerationEvent, frozen=True, kw_only=True):
    """Somebody looked at it; the author is told."""

    reason: str | None = None

    def notices(self) -> Sequence[Notice]:
        """The author, if it has one."""
        if self.author_id is None:
            return ()
        data = {"itemId": self.item_id, "kind": self.kind, "reason": self.reason}
        return (Notice(user_id=self.author_id, data=data, delivery="normal"),)


class ContentApproved(_Decided, frozen=True, kw_only=True):
    """It is published now."""

    event_type: ClassVar[str] = "moderation.content.approved"


class ContentRefused(_Decided, frozen=True, kw_only=True):
    """It is not published."""

    event_type: ClassVar[str] = "moderation.content.rejected"


EVENTS: Sequence[type[Event]] = (ContentHeld, ContentApproved, ContentRefused)
