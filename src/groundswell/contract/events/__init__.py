"""What happens, as facts in the past tense: one struct per event.

``EVENT_TYPES`` finds the struct by the name under which an event is logged.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from groundswell.contract.events import (
    announcements,
    engagement,
    inbox,
    intake,
    leaderboards,
    moderation,
    network,
    privacy,
    referrals,
    rewards,
    sharing,
    testimonials,
    webhooks,
)
from groundswell.contract.events.base import Event, LoggedEvent, Notice

EVENT_TYPES: Mapping[str, type[Event]] = MappingProxyType(
    {
        event.event_type: event
        for event in (
            *engagement.EVENTS,
            *inbox.EVENTS,
            *announcements.EVENTS,
            *intake.EVENTS,
            *referrals.EVENTS,
            *rewards.EVENTS,
            *sharing.EVENTS,
            *testimonials.EVENTS,
            *network.EVENTS,
            *leaderboards.EVENTS,
            *privacy.EVENTS,
            *moderation.EVENTS,
            *webhooks.EVENTS,
        )
    }
)

__all__ = ["EVENT_TYPES", "Event", "LoggedEvent", "Notice"]
