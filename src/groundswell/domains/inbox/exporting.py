"""Everything that is kept in and around one user's inbox."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.contract.times import to_rfc3339
from groundswell.store import Row, Statement, Store

MESSAGES = Statement(
    """
    SELECT message_id, seq, event_type, data, delivery, at, read_state, acked_at
    FROM inbox_messages WHERE user_id = :user_id ORDER BY seq
    """
)
DEVICES = Statement(
    """
    SELECT client_id, last_seen_at FROM inbox_devices WHERE user_id = :user_id ORDER BY client_id
    """
)
SUBSCRIPTIONS = Statement("SELECT subscriptions FROM inbox_preferences WHERE user_id = :user_id")
ENDPOINTS = Statement(
    """
    SELECT endpoint, created_at FROM push_endpoints WHERE user_id = :user_id ORDER BY created_at
    """
)


async def export_inbox(store: Store, user_id: str) -> dict[str, Any]:
    """Messages, devices, saved subscriptions and push endpoints of a user."""
    async with store.reading() as tx:
        saved = await tx.fetch(SUBSCRIPTIONS, user_id=user_id)
        found: dict[str, Any] = {
            "messages": [_message(row) for row in await tx.fetch(MESSAGES, user_id=user_id)],
            "devices": [
                {"clientId": client, "lastSeenAt": to_rfc3339(seen)}
                for client, seen in await tx.fetch(DEVICES, user_id=user_id)
            ],
            "subscriptions": msgspec.json.decode(saved[0][0]) if saved else [],
            "pushEndpoints": [
                {"endpoint": endpoint, "createdAt": to_rfc3339(at)}
                for endpoint, at in await tx.fetch(ENDPOINTS, user_id=user_id)
            ],
        }
    return {name: rows for name, rows in found.items() if rows}


def _message(row: Row) -> dict[str, Any]:
    id_, seq, event_type, data, delivery, at, state, acked_at = row
    return {
        "id": id_,
        "seq": seq,
        "eventType": event_type,
        "data": None if data is None else msgspec.json.decode(data),
        "delivery": delivery,
        "timestamp": to_rfc3339(at),
        "state": state,
        "acknowledgedAt": None if acked_at is None else to_rfc3339(acked_at),
    }
