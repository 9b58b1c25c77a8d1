"""Endpoints as they are kept, and how they are read and written."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from groundswell.contract.events.base import Privacy
from groundswell.contract.events.webhooks import DisabledReason
from groundswell.domains.webhooks.health import Health
from groundswell.store import Row, Statement, Transaction

_COLUMNS = """
    endpoint_id, url, description, patterns, privacy, enabled, disabled_reason, secret_version,
    old_secret_until, queued_to, failures, open_until, failing_since, delivered_at, failed_at,
    created_at, updated_at
"""
FIND = Statement(
    f"SELECT {_COLUMNS} FROM webhook_endpoints WHERE endpoint_id = :endpoint_id"  # noqa: S608 - ours
)
LIST = Statement(
    f"SELECT {_COLUMNS} FROM webhook_endpoints ORDER BY created_at, endpoint_id"  # noqa: S608 - ours
)
COUNT = Statement("SELECT COUNT(*) FROM webhook_endpoints")
ADD = Statement(
    """
    INSERT INTO webhook_endpoints
      (endpoint_id, url, description, patterns, privacy, enabled, secret_version, old_secret_until,
       queued_to, failures, open_until, created_at, updated_at)
    VALUES
      (:endpoint_id, :url, :description, :patterns, :privacy, 1, 1, 0, :queued_to, 0, 0, :now, :now)
    """
)
CHANGE = Statement(
    """
    UPDATE webhook_endpoints SET url = :url, description = :description, patterns = :patterns,
      privacy = :privacy, enabled = :enabled, disabled_reason = :disabled_reason,
      secret_version = :secret_version, old_secret_until = :old_secret_until,
      queued_to = :queued_to, failures = :failures, open_until = :open_until,
      failing_since = :failing_since, delivered_at = :delivered_at, failed_at = :failed_at,
      updated_at = :updated_at
    WHERE endpoint_id = :endpoint_id
    """
)
LOOKED_AT = Statement(
    """
    UPDATE webhook_endpoints SET queued_to = :seq
    WHERE endpoint_id = :endpoint_id AND queued_to < :seq
    """
)
REMOVE = Statement("DELETE FROM webhook_endpoints WHERE endpoint_id = :endpoint_id")

_decode = msgspec.json.Decoder(tuple[str, ...]).decode


class Endpoint(msgspec.Struct, frozen=True):
    """An endpoint as it is now; fields in the order of the columns."""

    endpoint_id: str
    url: str
    description: str | None
    patterns: tuple[str, ...]
    privacy: Privacy
    enabled: bool
    disabled_reason: DisabledReason | None
    secret_version: int
    old_secret_until: int
    queued_to: int
    failures: int
    open_until: int
    failing_since: int | None
    delivered_at: int | None
    failed_at: int | None
    created_at: int
    updated_at: int

    @property
    def health(self) -> Health:
        """How sendings went lately."""
        return Health(self.failures, self.open_until, self.failing_since)

    @property
    def origin(self) -> str:
        """Where it is, without the path: that may be a secret."""
        return origin_of(self.url)

    def having(self, health: Health) -> Endpoint:
        """The endpoint with another health."""
        return msgspec.structs.replace(
            self,
            failures=health.failures,
            open_until=health.open_until,
            failing_since=health.failing_since,
        )


def origin_of(url: str) -> str:
    """The address without what comes after the host."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def endpoint_of(row: Row) -> Endpoint:
    """The endpoint of a row."""
    values = list(row)
    values[3], values[5] = _decode(row[3]), bool(row[5])
    return Endpoint(*values)


async def find_endpoint(transaction: Transaction, endpoint_id: str) -> Endpoint | None:
    """The endpoint, if there is one of this id."""
    rows = await transaction.fetch(FIND, endpoint_id=endpoint_id)
    return endpoint_of(rows[0]) if rows else None


async def save_endpoint(transaction: Transaction, endpoint: Endpoint) -> None:
    """Write all that can change."""
    values = msgspec.structs.asdict(endpoint)
    del values["created_at"]
    values["patterns"] = msgspec.json.encode(endpoint.patterns).decode()
    values["enabled"] = int(endpoint.enabled)
    await transaction.fetch(CHANGE, **values)
