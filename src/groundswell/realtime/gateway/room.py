"""How much a connection may hold, and how fast that may change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from groundswell.realtime.codes import Code
from groundswell.realtime.gateway.errors import Refused
from groundswell.realtime.gateway.subscription import Subscription

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection


def require_room(
    connection: Connection, begun: Mapping[str, Subscription], *, tracked: bool
) -> None:
    """Refuse one topic more than may be held at once. A pattern counts like a topic.

    Raises:
        Refused: there are as many.
    """
    limits = connection.shared.limits
    most = limits.keys if tracked else limits.topics
    kinds = {**connection.subscriptions, **begun}.values()
    patterns = 0 if tracked or connection.patterns is None else len(connection.patterns)
    if patterns + sum(one.tracked is tracked and not one.implicit for one in kinds) >= most:
        raise Refused(
            Code.TOPIC_LIMIT, f"At most {most} {'keys' if tracked else 'topics'} at once."
        )


def require_change(connection: Connection) -> None:
    """Count one new subscription.

    Raises:
        Refused: they change too fast.
    """
    wait = connection.session.change(connection.shared.clock())
    if wait:
        raise Refused(Code.SUBSCRIBE_COOLDOWN, "Subscriptions change too fast.", retry_after=wait)
