"""Endpoints, as commands change them. Every change is an event, after which it holds."""

from __future__ import annotations

import msgspec
from msgspec import UNSET

from groundswell.contract.errors import Conflict, NotFound
from groundswell.contract.events import webhooks as events
from groundswell.domains.webhooks import endpoint_rows as rows
from groundswell.domains.webhooks import statements as sql
from groundswell.domains.webhooks.commands import (
    ChangeEndpoint,
    CreateEndpoint,
    DeleteEndpoint,
    RotateSecret,
    TestEndpoint,
)
from groundswell.domains.webhooks.endpoint_rows import Endpoint
from groundswell.domains.webhooks.health import Health
from groundswell.domains.webhooks.views import Changed
from groundswell.store import Transaction
from groundswell.store.commands import EventTail

MOST_ENDPOINTS = 32
"""Each has a lane, in which so and so many sendings are under way at once: that bounds all."""

_NAMES = {"patterns": "events"}


class EndpointNotFound(NotFound):
    """No webhook endpoint has this id."""

    code = "endpoint_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such endpoint.")


async def create(
    transaction: Transaction, command: CreateEndpoint, tail: EventTail
) -> Changed | Conflict:
    """The endpoint gets what is stored after its own event."""
    if (await transaction.fetch(rows.COUNT))[0][0] >= MOST_ENDPOINTS:
        return Conflict("too_many_endpoints", f"There are {MOST_ENDPOINTS} endpoints already.")
    origin = rows.origin_of(command.url)
    seq = tail.append(
        events.EndpointCreated(
            endpoint_id=command.endpoint_id, origin=origin, events=command.patterns
        ),
        command.at,
    )
    await transaction.fetch(
        rows.ADD,
        endpoint_id=command.endpoint_id,
        url=command.url,
        description=command.description,
        patterns=msgspec.json.encode(command.patterns).decode(),
        privacy=command.privacy,
        queued_to=seq,
        now=command.at,
    )
    return Changed(command.endpoint_id, seq)


async def change(
    transaction: Transaction, command: ChangeEndpoint, tail: EventTail
) -> Changed | NotFound:
    """Only what differs. An endpoint that is enabled again goes on where it stopped."""
    endpoint = await rows.find_endpoint(transaction, command.endpoint_id)
    if endpoint is None:
        return EndpointNotFound()
    wanted = {
        name: value
        for name in ("url", "description", "patterns", "privacy", "enabled")
        if (value := getattr(command, name)) is not UNSET and value != getattr(endpoint, name)
    }
    if not wanted:
        return Changed(command.endpoint_id, endpoint.queued_to)
    changed = msgspec.structs.replace(endpoint, **wanted, updated_at=command.at)
    seq = tail.append(_told(changed, wanted), command.at)
    await rows.save_endpoint(transaction, _begun_anew(changed, wanted))
    return Changed(command.endpoint_id, seq)


def _told(endpoint: Endpoint, wanted: dict[str, object]) -> events.EndpointEvent:
    if wanted.get("enabled") is False:
        return events.EndpointDisabled(
            endpoint_id=endpoint.endpoint_id, origin=endpoint.origin, reason="host"
        )
    return events.EndpointUpdated(
        endpoint_id=endpoint.endpoint_id,
        origin=endpoint.origin,
        changed=tuple(sorted(_NAMES.get(name, name) for name in wanted)),
    )


def _begun_anew(endpoint: Endpoint, wanted: dict[str, object]) -> Endpoint:
    """Another address, or one that somebody has looked after, is tried without delay."""
    if wanted.get("enabled") is False:
        return msgspec.structs.replace(endpoint, disabled_reason="host")
    if "enabled" in wanted:
        endpoint = msgspec.structs.replace(endpoint, disabled_reason=None)
    return endpoint.having(Health()) if wanted.keys() & {"enabled", "url"} else endpoint


async def rotate(
    transaction: Transaction, command: RotateSecret, tail: EventTail
) -> Changed | NotFound:
    """At most two secrets are valid: the one before the last ends at once."""
    endpoint = await rows.find_endpoint(transaction, command.endpoint_id)
    if endpoint is None:
        return EndpointNotFound()
    changed = msgspec.structs.replace(
        endpoint,
        secret_version=endpoint.secret_version + 1,
        old_secret_until=command.old_until,
        updated_at=command.at,
    )
    await rows.save_endpoint(transaction, changed)
    told = events.EndpointUpdated(
        endpoint_id=endpoint.endpoint_id, origin=endpoint.origin, changed=("secret",)
    )
    return Changed(command.endpoint_id, tail.append(told, command.at))


async def delete(
    transaction: Transaction, command: DeleteEndpoint, tail: EventTail
) -> Changed | NotFound:
    """With all that waits, and all that failed."""
    endpoint = await rows.find_endpoint(transaction, command.endpoint_id)
    if endpoint is None:
        return EndpointNotFound()
    await transaction.fetch(sql.REMOVE_ALL, endpoint_id=command.endpoint_id)
    await transaction.fetch(rows.REMOVE, endpoint_id=command.endpoint_id)
    told = events.EndpointDeleted(endpoint_id=endpoint.endpoint_id, origin=endpoint.origin)
    return Changed(command.endpoint_id, tail.append(told, command.at))


async def test(
    transaction: Transaction, command: TestEndpoint, tail: EventTail
) -> Changed | NotFound | Conflict:
    """The event goes the way of all others."""
    endpoint = await rows.find_endpoint(transaction, command.endpoint_id)
    if endpoint is None:
        return EndpointNotFound()
    if not endpoint.enabled:
        return Conflict("endpoint_disabled", "The endpoint is disabled; enable it first.")
    told = events.EndpointTested(endpoint_id=endpoint.endpoint_id, origin=endpoint.origin)
    return Changed(command.endpoint_id, tail.append(told, command.at))
