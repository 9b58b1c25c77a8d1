"""Two users as it is stored what they are to each other."""

from __future__ import annotations

import msgspec

from groundswell.contract.events.network import Via
from groundswell.contract.times import to_rfc3339
from groundswell.domains.network.friendship import ConnectionState, pair
from groundswell.domains.network.statements import ARE_FRIENDS, BLOCKED, FIND, PUT, REMOVE
from groundswell.domains.network.views import FriendView, Standing
from groundswell.store import Transaction


class Connection(msgspec.Struct, frozen=True, gc=False):
    """The columns of ``FIND``, in order."""

    state: ConnectionState
    requested_by: str
    via: Via
    joined: int
    changed_at: int

    def seen_by(self, user_id: str, friend_id: str) -> FriendView:
        """The other one, as ``user_id`` sees them."""
        return FriendView(
            user_id=friend_id,
            state=standing(self.state, self.requested_by, user_id),
            via=self.via,
            since=to_rfc3339(self.changed_at),
        )


def standing(state: ConnectionState, requested_by: str, user_id: str) -> Standing:
    """What a connection is from one side."""
    if state == "established":
        return "established"
    return "outgoing" if requested_by == user_id else "incoming"


async def find(transaction: Transaction, one: str, other: str) -> Connection | None:
    """What two users are to each other."""
    low, high = pair(one, other)
    rows = await transaction.fetch(FIND, low=low, high=high)
    return Connection(*rows[0]) if rows else None


async def put(transaction: Transaction, one: str, other: str, connection: Connection) -> None:
    """Store what they are."""
    low, high = pair(one, other)
    await transaction.write(
        PUT,
        low=low,
        high=high,
        state=connection.state,
        requested_by=connection.requested_by,
        via=connection.via,
        joined=connection.joined,
        at=connection.changed_at,
    )


async def remove(transaction: Transaction, one: str, other: str) -> None:
    """They are nothing to each other."""
    low, high = pair(one, other)
    await transaction.write(REMOVE, low=low, high=high)


async def blockers(transaction: Transaction, one: str, other: str) -> set[str]:
    """Which of the two blocks the other."""
    return {row[0] for row in await transaction.fetch(BLOCKED, one=one, other=other)}


async def are_friends(transaction: Transaction, one: str, other: str) -> bool:
    """Whether two may know of each other what friends may."""
    low, high = pair(one, other)
    return bool(await transaction.fetch(ARE_FRIENDS, low=low, high=high))
