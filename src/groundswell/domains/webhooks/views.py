"""What is told about webhooks."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from groundswell.contract.events.base import Privacy
from groundswell.contract.events.webhooks import DisabledReason
from groundswell.domains.webhooks.health import Circuit

T = TypeVar("T")


class EndpointView(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An endpoint.

    ``circuit`` is ``open`` while sendings pause because they failed; ``waiting`` events are still
    to be sent, ``failed`` ones are so no more. ``secret`` is told when it is new, and never again;
    ``old_secret_until``: until then webhooks are signed with the one before, too.
    """

    endpoint_id: str
    url: str
    description: str | None
    events: list[str]
    privacy: Privacy
    enabled: bool
    disabled_reason: DisabledReason | None
    circuit: Circuit
    failing_since: str | None
    waiting: int
    failed: int
    last_delivered_at: str | None
    last_failed_at: str | None
    secret: str | None = None
    old_secret_until: str | None = None
    created_at: str
    updated_at: str


class FailureView(msgspec.Struct, frozen=True, rename="camel"):
    """An event that an endpoint did not take, however often it was tried."""

    event_id: str
    seq: int
    event_type: str
    occurred_at: str
    attempts: int
    queued_at: str
    last_tried_at: str | None
    failed_at: str
    status: int | None
    error: str | None


class Changed(msgspec.Struct, frozen=True, rename="camel"):
    """The endpoint ``endpoint_id`` is as it was wanted. Its event stands at ``seq``."""

    endpoint_id: str
    seq: int


class Replayed(msgspec.Struct, frozen=True, rename="camel"):
    """So many events are sent again. ``next_seq``: there are more, from this place on."""

    queued: int
    next_seq: int | None = None
