"""Events about what people wish to be known, and about being forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from groundswell.contract.events.base import Event, Privacy


class OfPerson(Event, frozen=True, kw_only=True):
    """Something one person did about their data."""

    privacy: ClassVar[Privacy] = "personal"
    user_id: str

    @property
    def partition_key(self) -> str:
        """Everything about one person stays in order."""
        return f"user.{self.user_id}"


class PrivacySettingsUpdated(OfPerson, frozen=True, kw_only=True):
    """Somebody changed what may be known of them; ``changed`` names the settings."""

    event_type: ClassVar[str] = "privacy.settings.updated"
    changes_rights: ClassVar[bool] = True
    changed: tuple[str, ...]


class PrivacyExportReady(OfPerson, frozen=True, kw_only=True):
    """Somebody took away everything that is known of them."""

    event_type: ClassVar[str] = "privacy.export.ready"


class PrivacyErasureCompleted(Event, frozen=True, kw_only=True):
    """Somebody was forgotten; nothing leads from the tombstone back to them."""

    event_type: ClassVar[str] = "privacy.erasure.completed"
    privacy: ClassVar[Privacy] = "internal"
    changes_rights: ClassVar[bool] = True
    rewrites_log: ClassVar[bool] = True
    tombstone: str

    @property
    def partition_key(self) -> str:
        """The tombstone's own."""
        return f"tombstone.{self.tombstone}"


EVENTS: Sequence[type[Event]] = (
    PrivacySettingsUpdated,
    PrivacyExportReady,
    PrivacyErasureCompleted,
)
