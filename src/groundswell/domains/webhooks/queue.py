"""What waits to be sent, as commands change it."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.contract.errors import Conflict, NotFound
from groundswell.contract.events.webhooks import DisabledReason, EndpointDisabled
from groundswell.domains.webhooks import endpoint_rows as rows
from groundswell.domains.webhooks import statements as sql
from groundswell.domains.webhooks.commands import (
    ClaimDeliveries,
    Due,
    ForgetFailures,
    QueueEvents,
    ReplayEvents,
    ReplayRange,
    SettleDeliveries,
    Tried,
)
from groundswell.domains.webhooks.endpoint_rows import Endpoint
from groundswell.domains.webhooks.endpoints import EndpointNotFound
from groundswell.domains.webhooks.views import Replayed
from groundswell.store import Transaction
from groundswell.store.commands import EventTail


async def queue_events(transaction: Transaction, command: QueueEvents, _: EventTail) -> None:
    """Each event once, although every process looks for them."""
    endpoint = await rows.find_endpoint(transaction, command.endpoint_id)
    if endpoint is None or not endpoint.enabled:
        return
    fresh = [(command.endpoint_id, seq) for seq in command.seqs if seq > endpoint.queued_to]
    if fresh:
        await transaction.fetch(sql.QUEUE, rows=fresh, now=command.at)
    await transaction.fetch(rows.LOOKED_AT, endpoint_id=command.endpoint_id, seq=command.to)


async def claim(transaction: Transaction, command: ClaimDeliveries, _: EventTail) -> list[Due]:
    """As many as the endpoint's health allows."""
    endpoint = await rows.find_endpoint(transaction, command.endpoint_id)
    if endpoint is None or not endpoint.enabled:
        return []
    limit = endpoint.health.allowance(command.at, command.limit)
    if not limit:
        return []
    found = await transaction.fetch(
        sql.CLAIM,
        endpoint_id=command.endpoint_id,
        now=command.at,
        until=command.at + command.lease,
        limit=limit,
    )
    if found and endpoint.health.circuit(command.at) == "half_open":
        await rows.save_endpoint(transaction, endpoint.having(endpoint.health.probing(command.at)))
    return sorted((Due(*row) for row in found), key=lambda one: one.seq)


async def settle(transaction: Transaction, command: SettleDeliveries, tail: EventTail) -> None:
    """Keep the outcomes, and what they say about the endpoint."""
    endpoint = await rows.find_endpoint(transaction, command.endpoint_id)
    if endpoint is None:
        return
    ended = [one for one in command.tried if one.verdict in ("taken", "pointless")]
    failed = [one for one in command.tried if one.verdict in ("failed", "gone")]
    if ended:
        await transaction.fetch(
            sql.DONE, endpoint_id=command.endpoint_id, rows=[(one.seq,) for one in ended]
        )
    if failed:
        await transaction.fetch(
            sql.FAILED,
            endpoint_id=command.endpoint_id,
            rows=[_outcome(one, command.at) for one in failed],
            now=command.at,
        )
    changed = _after(endpoint, command)
    if (reason := _why_disabled(changed, command)) is not None:
        changed = msgspec.structs.replace(changed, enabled=False, disabled_reason=reason)
        told = EndpointDisabled(
            endpoint_id=endpoint.endpoint_id, origin=endpoint.origin, reason=reason
        )
        tail.append(told, command.at)
    if changed != endpoint:
        await rows.save_endpoint(transaction, changed)


def _outcome(one: Tried, now: int) -> tuple[int, int | None, int | None, int | None, str | None]:
    """What is kept of a failure. One that ended the endpoint waits for it to be enabled again."""
    again_at = now if one.verdict == "gone" else one.again_at
    return one.seq, again_at, now if again_at is None else None, one.status, one.error


def _after(endpoint: Endpoint, command: SettleDeliveries) -> Endpoint:
    health, delivered, failed = endpoint.health, endpoint.delivered_at, endpoint.failed_at
    for one in command.tried:
        if one.verdict == "pointless":
            continue
        taken = one.verdict == "taken"
        health = health.after(command.at, taken=taken)
        delivered, failed = (command.at, failed) if taken else (delivered, command.at)
    return msgspec.structs.replace(
        endpoint.having(health), delivered_at=delivered, failed_at=failed
    )


def _why_disabled(endpoint: Endpoint, command: SettleDeliveries) -> DisabledReason | None:
    if not endpoint.enabled:
        return None
    if any(one.verdict == "gone" for one in command.tried):
        return "gone"
    return "failing" if endpoint.health.is_hopeless(command.at) else None


class LoggedEventNotFound(NotFound):
    """No event has this id."""

    code = "event_not_found"

    def __init__(self, event_id: str) -> None:
        super().__init__(f"No event has the id {event_id!r}.")


async def replay_events(
    transaction: Transaction, command: ReplayEvents, _: EventTail
) -> Replayed | NotFound | Conflict:
    """All of them or none."""
    refused = await _refuse(transaction, command.endpoint_id)
    if refused is not None:
        return refused
    wanted = sorted(set(command.event_ids))
    found = await transaction.fetch(sql.BY_ID, rows=[(one,) for one in wanted])
    known: dict[str, int] = {row[0]: row[1] for row in found}
    missing = [one for one in wanted if one not in known]
    if missing:
        return LoggedEventNotFound(missing[0])
    return await _queue_again(transaction, command.endpoint_id, sorted(known.values()), command.at)


async def replay_range(
    transaction: Transaction, command: ReplayRange, _: EventTail
) -> Replayed | NotFound | Conflict:
    """A portion; its answer says where the next one begins."""
    refused = await _refuse(transaction, command.endpoint_id)
    if refused is not None:
        return refused
    span: dict[str, Any] = {
        "from_seq": command.from_seq,
        "start": command.start,
        "end": command.end,
        "limit": command.limit,
    }
    if command.event_types is None:
        found = await transaction.fetch(sql.DEAD_BETWEEN, endpoint_id=command.endpoint_id, **span)
        seqs = [row[0] for row in found]
    else:
        found = await transaction.fetch(sql.IN_LOG, **span)
        types = frozenset(command.event_types)
        seqs = [row[0] for row in found if row[1] in types]
    more = found[-1][0] + 1 if len(found) == command.limit else None
    return await _queue_again(transaction, command.endpoint_id, seqs, command.at, more)


async def _refuse(transaction: Transaction, endpoint_id: str) -> NotFound | Conflict | None:
    endpoint = await rows.find_endpoint(transaction, endpoint_id)
    if endpoint is None:
        return EndpointNotFound()
    if not endpoint.enabled:
        return Conflict("endpoint_disabled", "The endpoint is disabled; enable it first.")
    return None


async def _queue_again(
    transaction: Transaction, endpoint_id: str, seqs: list[int], now: int, more: int | None = None
) -> Replayed:
    if seqs:
        again = [(endpoint_id, seq) for seq in seqs]
        await transaction.fetch(sql.QUEUE_AGAIN, rows=again, now=now)
    return Replayed(len(seqs), more)


async def forget_failures(transaction: Transaction, command: ForgetFailures, _: EventTail) -> None:
    """Those that were given up long ago."""
    await transaction.fetch(sql.FORGET, before=command.before)
