"""What is kept of a user's sign-ins: taken away, and forgotten."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.contract.times import to_rfc3339
from groundswell.store import Statement, Store, Transaction
from groundswell.store.commands import EventTail
from groundswell.store.persons import Eraser, Erasure, Trail

SESSIONS = Statement(
    """
    SELECT session_id, scopes, client_id, created_at, expires_at, revoked_at FROM token_sessions
    WHERE user_id = :user_id ORDER BY created_at
    """
)
FORGET_TOKENS = Statement(
    """
    DELETE FROM refresh_tokens WHERE session_id IN
      (SELECT session_id FROM token_sessions WHERE user_id = :user_id)
    """
)
# Ended and not deleted: other processes learn of it, and access tokens die before they expire.
END = Statement(
    """
    UPDATE token_sessions SET user_id = :tombstone, client_id = NULL, grants = NULL,
      revoked_at = COALESCE(revoked_at, :now)
    WHERE user_id = :user_id RETURNING session_id
    """
)


async def export_sessions(store: Store, user_id: str) -> dict[str, Any]:
    """The sign-ins that are still kept."""
    rows = await store.fetch(SESSIONS, user_id=user_id)
    sessions = [
        {
            "sessionId": session,
            "scopes": msgspec.json.decode(scopes),
            "clientId": client,
            "createdAt": to_rfc3339(created),
            "expiresAt": to_rfc3339(expires),
            "revokedAt": None if revoked is None else to_rfc3339(revoked),
        }
        for session, scopes, client, created, expires, revoked in rows
    ]
    return {"sessions": sessions} if sessions else {}


async def end_sessions(tx: Transaction, erasure: Erasure, _: Trail, __: EventTail) -> int:
    """End every session of a user and forget whose it was."""
    if erasure.user_id is None:
        return 0
    await tx.fetch(FORGET_TOKENS, user_id=erasure.user_id)
    ended = await tx.fetch(
        END, user_id=erasure.user_id, tombstone=erasure.tombstone, now=erasure.at
    )
    return len(ended)


ACCESS_ERASER = Eraser("access", end_sessions)
