"""The subscriptions a user saved, for clients that start without knowing any."""

from __future__ import annotations

import msgspec

from groundswell.contract.times import to_rfc3339
from groundswell.domains.inbox.commands import SaveSubscriptions
from groundswell.domains.inbox.views import SavedSubscriptions, Subscription
from groundswell.store import Statement, Transaction
from groundswell.store.commands import EventTail

SAVE = Statement(
    """
    INSERT INTO inbox_preferences (user_id, subscriptions, updated_at)
    VALUES (:user_id, :subscriptions, :now)
    ON CONFLICT (user_id) DO UPDATE SET
      subscriptions = excluded.subscriptions, updated_at = excluded.updated_at
    """
)
FIND = Statement("SELECT subscriptions, updated_at FROM inbox_preferences WHERE user_id = :user_id")

_decode = msgspec.json.Decoder(list[Subscription]).decode


async def save_subscriptions(
    transaction: Transaction, command: SaveSubscriptions, _: EventTail
) -> SavedSubscriptions:
    """Replace what was saved."""
    await transaction.fetch(
        SAVE, user_id=command.user_id, subscriptions=command.subscriptions, now=command.at
    )
    return saved(command.subscriptions, command.at)


def saved(subscriptions: str, updated_at: int) -> SavedSubscriptions:
    """What is stored, as it is answered."""
    return SavedSubscriptions(
        subscriptions=_decode(subscriptions), updated_at=to_rfc3339(updated_at)
    )
