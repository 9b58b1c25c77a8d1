"""Reading and writing what people wish."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from groundswell.contract.privacy import Discretion
from groundswell.store import TEXT, Statement, Transaction

# Primary key.
FIND = Statement(
    "SELECT p.user_id, p.settings FROM {rows} r JOIN privacy_settings p ON p.user_id = r.user_id",
    rows={"user_id": TEXT},
)
FIND_ONE = Statement("SELECT settings, updated_at FROM privacy_settings WHERE user_id = :user_id")
PUT = Statement(
    """
    INSERT INTO privacy_settings (user_id, settings, updated_at)
    VALUES (:user_id, :settings, :at)
    ON CONFLICT (user_id) DO UPDATE SET
      settings = excluded.settings, updated_at = excluded.updated_at
    """
)
DELETE = Statement("DELETE FROM privacy_settings WHERE user_id = :user_id RETURNING user_id")

_decode = msgspec.json.Decoder(Discretion).decode


async def wishes_of(
    transaction: Transaction, user_ids: Collection[str]
) -> Mapping[str, Discretion]:
    """What these users wish; those who never said anything are missing."""
    rows = await transaction.fetch(FIND, rows=[(one,) for one in sorted(user_ids)])
    return {user_id: _decode(settings) for user_id, settings in rows}


async def put_wishes(transaction: Transaction, user_id: str, wishes: Discretion, at: int) -> None:
    """Keep what a user wishes from now on."""
    settings = msgspec.json.encode(wishes).decode()
    await transaction.fetch(PUT, user_id=user_id, settings=settings, at=at)
