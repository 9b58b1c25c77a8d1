"""Events of users' inboxes."""

from __future__ import annotations

from typing import Any, ClassVar

from groundswell.contract.events.base import Event
from groundswell.contract.inbox import AckPolicy, Delivery, ReadEntry
from groundswell.contract.units import Instant


class InboxEvent(Event, frozen=True, kw_only=True):
    """Something in the inbox of one user."""

    user_id: str

    @property
    def partition_key(self) -> str:
        """Everything in one inbox stays in order."""
        return f"user.{self.user_id}"


class MessageFiled(InboxEvent, frozen=True, kw_only=True):
    """A message is in the inbox.

    ``data`` is taken out of the log when the inbox no longer keeps the message in full.
    """

    event_type: ClassVar[str] = "inbox.message.filed"
    message_id: str
    inbox_seq: int
    message_type: str
    data: dict[str, Any] | None = None
    delivery: Delivery
    policy: AckPolicy = "each"
    expires_at: Instant | None = None


class ReadStateChanged(InboxEvent, frozen=True, kw_only=True):
    """Messages were read, dismissed, or marked unread, on one of the user's devices."""

    event_type: ClassVar[str] = "inbox.read_state.changed"
    entries: list[ReadEntry]
    unread: int
    vv: dict[str, int]

    @property
    def actor(self) -> str | None:
        """The user, who alone hears of it."""
        return self.user_id


EVENTS: tuple[type[Event], ...] = (MessageFiled, ReadStateChanged)
