"""What follows between people from what happens elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events.intake import BidAwarded, UserProfileUpdated
from groundswell.contract.events.referrals import ConversionCompleted
from groundswell.domains.network.commands import (
    FollowProfile,
    TrackCollaboration,
    WelcomeReferred,
)
from groundswell.store.commands import Command


def friend_maker(logged: LoggedEvent, event: ConversionCompleted) -> Sequence[Command]:
    """Who came through somebody is their friend, unless one is not to know who the other one is."""
    if not event.makes_known:
        return []
    return [
        WelcomeReferred(
            at=logged.recorded_at, referrer_id=event.referrer_id, user_id=event.new_user_id
        )
    ]


def social_connection_updater(logged: LoggedEvent, event: UserProfileUpdated) -> Sequence[Command]:
    """Follow the connections that the host tells of."""
    if not (event.connected or event.disconnected):
        return []
    return [
        FollowProfile(
            at=logged.recorded_at,
            user_id=event.user_id,
            connected=event.connected,
            disconnected=event.disconnected,
        )
    ]


def collaboration_tracker(logged: LoggedEvent, event: BidAwarded) -> Sequence[Command]:
    """Keep who works for whom, and suggest what follows."""
    return [
        TrackCollaboration(
            at=logged.recorded_at,
            owner_id=event.owner_id,
            partner_id=event.user_id,
            project_id=event.project_id,
        )
    ]


def react(logged: LoggedEvent) -> Sequence[Command]:
    """The commands that follow from an event."""
    match logged.event:
        case ConversionCompleted() as event:
            return friend_maker(logged, event)
        case UserProfileUpdated() as event:
            return social_connection_updater(logged, event)
        case BidAwarded() as event:
            return collaboration_tracker(logged, event)
        case _:
            return []
