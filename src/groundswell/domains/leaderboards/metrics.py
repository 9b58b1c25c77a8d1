"""What counts on boards, by the events that tell of it.

A metric is a row of ``METRICS``: the events that add to it and those that take away. Each says
whose it is and what it is worth, and has a key by which it counts once and can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from groundswell.contract.events import Event, LoggedEvent
from groundswell.contract.events.engagement import PlayRecorded
from groundswell.contract.events.leaderboards import BoardDefined
from groundswell.contract.events.referrals import ConversionCompleted, ConversionReversed
from groundswell.contract.events.rewards import (
    RewardCancelled,
    RewardEarned,
    RewardExpired,
    RewardReversed,
)
from groundswell.contract.events.sharing import (
    ShareCreated,
    ShareDeleted,
    ShareFailed,
    SharePublished,
)
from groundswell.domains.leaderboards.commands import CountPoints, RevisePoints
from groundswell.store.commands import Command

REFERRALS: Final = "referrals"
REWARDS: Final = "rewards"
SHARES: Final = "shares"
PLAYS: Final = "plays"

Rule = Callable[[LoggedEvent, Any], Command | None]


def _conversion(logged: LoggedEvent, event: ConversionCompleted) -> Command:
    return CountPoints(
        at=logged.recorded_at,
        seq=logged.seq,
        metric=REFERRALS,
        event_key=f"conversion:{event.conversion_id}",
        user_id=event.referrer_id,
        points=1,
        occurred_at=event.converted_at,
        program_id=event.program_id,
    )


def _reversed_conversion(logged: LoggedEvent, event: ConversionReversed) -> Command | None:
    """A conversion of which only a part was paid back is still one."""
    if event.refunded_minor is not None:
        return None
    return RevisePoints(at=logged.recorded_at, event_key=f"conversion:{event.conversion_id}")


def _reward(logged: LoggedEvent, event: RewardEarned) -> Command:
    return CountPoints(
        at=logged.recorded_at,
        seq=logged.seq,
        metric=REWARDS,
        event_key=f"reward:{event.reward_id}",
        user_id=event.user_id,
        points=event.amount_minor,
        occurred_at=logged.at,
        program_id=event.program_id,
        currency=event.currency,
    )


def _reward_gone(logged: LoggedEvent, event: RewardCancelled | RewardExpired) -> Command:
    return RevisePoints(at=logged.recorded_at, event_key=f"reward:{event.reward_id}")


def _reward_reversed(logged: LoggedEvent, event: RewardReversed) -> Command:
    left = max(event.facts.granted_minor - event.reversed_minor, 0)
    return RevisePoints(at=logged.recorded_at, event_key=f"reward:{event.reward_id}", points=left)


def _share(logged: LoggedEvent, event: ShareCreated | SharePublished) -> Command | None:
    """A share counts once it is out, whichever of the two tells it."""
    if isinstance(event, ShareCreated) and event.state != "published":
        return None
    return CountPoints(
        at=logged.recorded_at,
        seq=logged.seq,
        metric=SHARES,
        event_key=f"share:{event.share_id}",
        user_id=event.user_id,
        points=1,
        occurred_at=logged.at,
    )


def _share_gone(logged: LoggedEvent, event: ShareDeleted | ShareFailed) -> Command:
    return RevisePoints(at=logged.recorded_at, event_key=f"share:{event.share_id}")


def _play(logged: LoggedEvent, event: PlayRecorded) -> Command | None:
    """A play that qualifies counts for whose file it is."""
    if not event.qualified or event.owner_id is None:
        return None
    return CountPoints(
        at=logged.recorded_at,
        seq=logged.seq,
        metric=PLAYS,
        event_key=f"play:{logged.event_id}",
        user_id=event.owner_id,
        points=1,
        occurred_at=logged.at,
    )


METRICS: Final[Mapping[str, Mapping[type[Event], Rule]]] = MappingProxyType(
    {
        REFERRALS: {
            ConversionCompleted: _conversion,
            ConversionReversed: _reversed_conversion,
        },
        REWARDS: {
            RewardEarned: _reward,
            RewardReversed: _reward_reversed,
            RewardCancelled: _reward_gone,
            RewardExpired: _reward_gone,
        },
        SHARES: {
            ShareCreated: _share,
            SharePublished: _share,
            ShareDeleted: _share_gone,
            ShareFailed: _share_gone,
        },
        PLAYS: {PlayRecorded: _play},
    }
)

_RULES: Final = {
    kind: (metric, rule) for metric, of in METRICS.items() for kind, rule in of.items()
}


def points_of(logged: LoggedEvent) -> Command | None:
    """What is to be counted, or counted no more, because of an event; whichever board counts it."""
    found = _RULES.get(type(logged.event))
    return None if found is None else found[1](logged, logged.event)


class Counting:
    """Reacts to what counts on some board; what no board counts costs nothing.

    A board is made by an event of the same log, so that nothing that follows it is missed. Until
    ``know`` was told of boards made before, everything is taken to count.
    """

    def __init__(self) -> None:
        self._metrics: set[str] = set()
        self._all = True
        self.seen = 0

    def know(self, metrics: set[str]) -> None:
        """These are the metrics of the boards there are."""
        self._metrics |= metrics
        self._all = False

    def __call__(self, logged: LoggedEvent) -> Sequence[Command]:
        """What is to be counted, or counted no more, because of an event."""
        self.seen = max(self.seen, logged.seq)
        if isinstance(logged.event, BoardDefined):
            self._metrics.add(logged.event.metric)
            return ()
        found = _RULES.get(type(logged.event))
        if found is None or not (self._all or found[0] in self._metrics):
            return ()
        command = found[1](logged, logged.event)
        return () if command is None else (command,)
