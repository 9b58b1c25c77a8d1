"""The ends of grants: a topic may be granted for less long than its token lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundswell.realtime.codes import UnsubscribeCode
from groundswell.realtime.gateway.subscription import Subscription
from groundswell.realtime.grants import NEVER

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection


class GrantEnds:
    """Ends the subscriptions of one connection with their grants. Most connections have none."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def due(self) -> int | None:
        """When the next grant ends."""
        held = self._connection.subscriptions.values()
        return min((one.ends for one in held if one.ends is not None), default=None)

    def tick(self, _: int) -> None:
        """End what is over."""
        for subscription in list(self._connection.subscriptions.values()):
            if subscription.ends is not None:
                self.over(subscription)

    def over(self, subscription: Subscription) -> bool:
        """Whether the grant has ended; then its client is told so, and nothing after that."""
        connection, ends = self._connection, subscription.ends
        if ends is None or connection.shared.clock() < ends:
            return False
        if connection.subscriptions.get(subscription.topic) is subscription:
            reason = "the grant has ended"
            connection.drop(subscription.topic, UnsubscribeCode.GRANT_EXPIRED, reason, again=True)
        return True


def hold_by_grant(connection: Connection, subscription: Subscription) -> None:
    """The subscription is held for as long as the present token grants its topic."""
    ends = connection.session.credentials.grants.until(subscription.topic)
    subscription.ends = None if ends == NEVER else ends
    if subscription.ends is not None and connection.grant_ends is None:
        connection.grant_ends = GrantEnds(connection)
