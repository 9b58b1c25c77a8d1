"""Who in a referral may know who the other one is: what each of the two wishes, ``attribution``.

What is told live and filed in inboxes is decided when it happens, what is read when it is read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from groundswell.contract.events import Event
from groundswell.contract.events.referrals import (
    AttributionAssigned,
    AttributionExpired,
    AttributionOverridden,
    ConversionCompleted,
    ConversionStarted,
    Side,
)
from groundswell.contract.privacy import OPEN, Discretion
from groundswell.domains.referrals.referral_rows import MAKE_ANONYMOUS
from groundswell.store import Transaction
from groundswell.store.commands import EventTail
from groundswell.store.persons import AreFriends, Discretions, no_friends, nobody_wishes

Naming = (
    AttributionAssigned
    | AttributionExpired
    | AttributionOverridden
    | ConversionCompleted
    | ConversionStarted
)

NOT_YET: Final = 0


@dataclass(frozen=True, slots=True)
class Names:
    """Asks whether people may be named to each other.

    Attributes:
        discretions: what people wish.
        are_friends: whether two are friends; a wish may say that friends may know.
    """

    discretions: Discretions = nobody_wishes
    are_friends: AreFriends = no_friends

    async def hidden(self, tx: Transaction, people: Collection[str], viewer: str) -> frozenset[str]:
        """Those of ``people`` whom ``viewer``, the other side of their referrals, may not know."""
        wishes = await self.discretions(tx, set(people)) if people else {}
        return frozenset(
            [one for one, wish in wishes.items() if not await self._named(tx, wish, one, viewer)]
        )

    async def unnamed(
        self, tx: Transaction, event: Naming, wishes: Mapping[str, Discretion]
    ) -> tuple[Side, ...]:
        """Which of the two sides is not to be named to the other."""
        people: tuple[tuple[Side, str, str], ...] = (
            ("referee", event.referee, event.referrer_id),
            ("referrer", event.referrer_id, event.referee),
        )
        sides: list[Side] = []
        for side, subject, viewer in people:
            wish = wishes.get(subject, OPEN)
            if wish.incognito or not await self._named(tx, wish, subject, viewer):
                sides.append(side)
        return tuple(sides)

    async def _named(self, tx: Transaction, wish: Discretion, subject: str, viewer: str) -> bool:
        asked = wish.attribution == "friends"
        friends = asked and await self.are_friends(tx, subject, viewer)
        return wish.names_to(friends=friends)


class DiscreetTail:
    """The end of the log for one command: its events wait until it is known whom they may name."""

    def __init__(self, tail: EventTail, names: Names) -> None:
        self._tail = tail
        self._names = names
        self._waiting: list[tuple[Event, int]] = []

    def append(self, event: Event, at: int) -> int:
        """Add an event. Its place in the log is not known before ``settle``."""
        self._waiting.append((event, at))
        return NOT_YET

    async def flush(self, transaction: Transaction) -> None:
        """Write what was added."""
        await self.settle(transaction)
        await self._tail.flush(transaction)

    async def settle(self, transaction: Transaction) -> None:
        """Add all that waits to the log, with names as far as people wish it."""
        waiting, self._waiting = self._waiting, []
        naming = [one for one, _ in waiting if isinstance(one, Naming)]
        people = {name for one in naming for name in (one.referee, one.referrer_id)}
        wishes = await self._names.discretions(transaction, people) if people else {}
        for event, at in waiting:
            self._tail.append(await self._discreet(transaction, event, wishes), at)

    async def _discreet(
        self, tx: Transaction, event: Event, wishes: Mapping[str, Discretion]
    ) -> Event:
        """Who comes while incognito stays anonymous for good, whatever they wish later."""
        if not (wishes and isinstance(event, Naming)):
            return event
        if isinstance(event, AttributionAssigned) and wishes.get(event.referee, OPEN).incognito:
            await tx.write(MAKE_ANONYMOUS, referral_id=event.referral_id)
            event = msgspec.structs.replace(event, anonymous=True)
        if isinstance(event, ConversionCompleted):
            private = wishes.get(event.referrer_id, OPEN).private_rewards
            event = msgspec.structs.replace(event, private=private)
        unnamed = await self._names.unnamed(tx, event, wishes)
        return msgspec.structs.replace(event, unnamed=unnamed) if unnamed else event
