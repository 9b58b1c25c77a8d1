"""Events that everybody is told."""

from __future__ import annotations

from typing import Any, ClassVar

from groundswell.contract.events.base import Event


class AnnouncementMade(Event, frozen=True, kw_only=True):
    """The host application has something to say to everybody who is connected.

    With ``recipient_ids`` only to those of them who are these users.
    """

    event_type: ClassVar[str] = "system.announcement.made"
    message_type: str
    data: dict[str, Any]
    recipient_ids: list[str] | None = None

    @property
    def partition_key(self) -> str:
        """All announcements stay in order."""
        return "system.broadcast"


EVENTS: tuple[type[Event], ...] = (AnnouncementMade,)
