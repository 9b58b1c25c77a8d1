"""What follows from reports of the host: ``ReferralAttribution``, and stages of conversions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events import intake as host
from groundswell.contract.events.privacy import PrivacyErasureCompleted
from groundswell.domains.referrals.commands import (
    EndReferrer,
    RecordActivity,
    RegisterReferee,
    UpdateIdentity,
)
from groundswell.domains.referrals.rules import Part
from groundswell.store.commands import Command


def referral_attribution(logged: LoggedEvent) -> Sequence[Command]:
    """The commands for an event: a registration is attributed, what people do is counted."""
    event = logged.event
    match event:
        case host.UserRegistered():
            return [
                RegisterReferee(
                    at=logged.recorded_at,
                    user_id=event.user_id,
                    registered_at=logged.at,
                    identity=event.identity,
                    hints=event.referral,
                    external_id=event.external_id,
                    facts=event.data,
                )
            ]
        case host.UserProfileUpdated():
            return [
                UpdateIdentity(
                    at=logged.recorded_at, user_id=event.user_id, identity=event.identity
                )
            ]
        case host.ProjectCreated():
            return _activities(logged, event, {event.user_id: ("user", "owner")})
        case host.ProjectCompleted():
            return _activities(logged, event, _of_completion(event))
        case host.BidAwarded():
            return _activities(logged, event, _of_award(event))
        case PrivacyErasureCompleted(tombstone=tombstone):
            return [EndReferrer(at=logged.recorded_at, user_id=tombstone, reason="erased")]
        case _:
            return []


def _of_completion(event: host.ProjectCompleted) -> dict[str, tuple[Part, ...]]:
    if event.contractor_id is None or event.contractor_id == event.user_id:
        return {event.user_id: ("user", "owner", "contractor")}
    return {event.user_id: ("user", "owner"), event.contractor_id: ("contractor",)}


def _of_award(event: host.BidAwarded) -> dict[str, tuple[Part, ...]]:
    if event.owner_id == event.user_id:
        return {event.user_id: ("user", "contractor", "owner")}
    return {event.user_id: ("user", "contractor"), event.owner_id: ("owner",)}


def _activities(
    logged: LoggedEvent,
    event: host.ProjectCreated | host.ProjectCompleted | host.BidAwarded,
    parts: Mapping[str, tuple[Part, ...]],
) -> list[Command]:
    return [
        RecordActivity(
            at=logged.recorded_at,
            user_id=user_id,
            parts=played,
            event_type=event.event_type,
            external_id=event.external_id,
            occurred_at=logged.at,
            amount_minor=event.amount_minor,
            currency=event.currency,
            facts=event.data,
        )
        for user_id, played in parts.items()
    ]
