"""The queue of pushes and the endpoints they go to, as commands change them."""

from __future__ import annotations

from hashlib import sha256

from groundswell.domains.inbox.commands import (
    ClaimPushes,
    RemovePushEndpoints,
    SavePushEndpoint,
    SettlePushes,
)
from groundswell.domains.inbox.periods import MOST_ENDPOINTS
from groundswell.domains.inbox.push import statements as sql
from groundswell.domains.inbox.views import DuePush
from groundswell.store import Transaction
from groundswell.store.commands import EventTail


def endpoint_id(endpoint: str) -> str:
    """The name of an endpoint: one browser is one endpoint, whoever is signed in."""
    return sha256(endpoint.encode()).hexdigest()


async def save_endpoint(transaction: Transaction, command: SavePushEndpoint, _: EventTail) -> None:
    """Push to this endpoint from now on; whoever had it before has it no more."""
    name = endpoint_id(command.endpoint)
    row = (
        name,
        command.user_id,
        command.endpoint,
        command.p256dh,
        command.auth,
        command.expires_at,
        command.at,
    )
    await transaction.fetch(sql.SAVE_ENDPOINT, rows=[row])
    await transaction.fetch(
        sql.EVICT_ENDPOINTS, user_id=command.user_id, newest=name, others=MOST_ENDPOINTS - 1
    )
    await transaction.fetch(sql.FORGET_LOST_PUSHES)


async def remove_endpoints(
    transaction: Transaction, command: RemovePushEndpoints, _: EventTail
) -> None:
    """Push no more; an endpoint that is not the user's is left alone."""
    if command.endpoint is None:
        await transaction.fetch(sql.REMOVE_ENDPOINTS, user_id=command.user_id)
    else:
        name = endpoint_id(command.endpoint)
        await transaction.fetch(sql.REMOVE_ENDPOINT, user_id=command.user_id, endpoint_id=name)
    await transaction.fetch(sql.FORGET_LOST_PUSHES)


async def claim(transaction: Transaction, command: ClaimPushes, _: EventTail) -> list[DuePush]:
    """Pushes that are due. One that is never settled comes again when the lease is over."""
    rows = await transaction.fetch(
        sql.CLAIM, now=command.at, until=command.at + command.lease, limit=command.limit
    )
    return [DuePush(*row) for row in rows]


async def settle(transaction: Transaction, command: SettlePushes, _: EventTail) -> None:
    """Keep the outcome of pushes."""
    if command.done:
        rows = [(one.endpoint_id, one.user_id, one.seq) for one in command.done]
        await transaction.fetch(sql.DROP, rows=rows)
    later = [(one, due, one.attempts + 1) for one, due in command.again]
    later += [(one, due, one.attempts) for one, due in command.waiting]
    if later:
        moved = [
            (one.endpoint_id, one.user_id, one.seq, due, attempts) for one, due, attempts in later
        ]
        await transaction.fetch(sql.POSTPONE, rows=moved)
    if command.gone:
        await transaction.fetch(sql.FORGET_ENDPOINTS, rows=[(one,) for one in command.gone])
        await transaction.fetch(sql.FORGET_LOST_PUSHES)
