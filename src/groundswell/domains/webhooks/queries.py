"""Reading endpoints, and what they did not take."""

from __future__ import annotations

from groundswell.contract.paging import BIGGEST, Page, Whole, decode_cursor, page_of
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.domains.webhooks import statements as sql
from groundswell.domains.webhooks.endpoint_rows import (
    FIND,
    LIST,
    Endpoint,
    endpoint_of,
    find_endpoint,
)
from groundswell.domains.webhooks.endpoints import EndpointNotFound
from groundswell.domains.webhooks.views import EndpointView, FailureView
from groundswell.store import Row, Store


class WebhookQueries:
    """What is known about webhooks."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def endpoint(self, endpoint_id: str) -> Endpoint:
        """One endpoint as it is kept.

        Raises:
            NotFound: there is none of this id.
        """
        rows = await self._store.fetch(FIND, endpoint_id=endpoint_id)
        if not rows:
            raise EndpointNotFound
        return endpoint_of(rows[0])

    async def view(self, endpoint_id: str, secret: str | None = None) -> EndpointView:
        """One endpoint; with its secret if that is new.

        Raises:
            NotFound: there is none of this id.
        """
        async with self._store.reading() as transaction:
            endpoint = await find_endpoint(transaction, endpoint_id)
            counts = {row[0]: row[1:] for row in await transaction.fetch(sql.COUNTS)}
        if endpoint is None:
            raise EndpointNotFound
        return self._view(endpoint, counts, secret)

    async def endpoints(self) -> Page[EndpointView]:
        """All endpoints, the oldest first."""
        async with self._store.reading() as transaction:
            found = [endpoint_of(row) for row in await transaction.fetch(LIST)]
            counts = {row[0]: row[1:] for row in await transaction.fetch(sql.COUNTS)}
        return Page([self._view(one, counts) for one in found], None, to_rfc3339(self._clock()))

    async def failures(self, endpoint_id: str, limit: int, cursor: str | None) -> Page[FailureView]:
        """Events that were given up, the newest first.

        Raises:
            NotFound: there is no such endpoint.
            Invalid: the cursor is none of ours.
        """
        at, seq = (
            (BIGGEST, BIGGEST) if cursor is None else decode_cursor(cursor, tuple[Whole, Whole])
        )
        await self.endpoint(endpoint_id)
        rows = await self._store.fetch(
            sql.DEAD, endpoint_id=endpoint_id, at=at, seq=seq, limit=limit + 1
        )
        return page_of(
            rows,
            limit,
            to_rfc3339(self._clock()),
            show=_failure,
            place=lambda row: (row[7], row[1]),
        )

    def _view(
        self, endpoint: Endpoint, counts: dict[str, Row], secret: str | None = None
    ) -> EndpointView:
        now = self._clock()
        waiting, failed = counts.get(endpoint.endpoint_id, (0, 0))
        return EndpointView(
            endpoint_id=endpoint.endpoint_id,
            url=endpoint.url,
            description=endpoint.description,
            events=list(endpoint.patterns),
            privacy=endpoint.privacy,
            enabled=endpoint.enabled,
            disabled_reason=endpoint.disabled_reason,
            circuit=endpoint.health.circuit(now),
            failing_since=_time(endpoint.failing_since),
            waiting=waiting,
            failed=failed,
            last_delivered_at=_time(endpoint.delivered_at),
            last_failed_at=_time(endpoint.failed_at),
            secret=secret,
            old_secret_until=_time(endpoint.old_secret_until)
            if endpoint.old_secret_until > now
            else None,
            created_at=to_rfc3339(endpoint.created_at),
            updated_at=to_rfc3339(endpoint.updated_at),
        )


def _time(instant: int | None) -> str | None:
    return None if instant is None else to_rfc3339(instant)


def _failure(row: Row) -> FailureView:
    event, seq, event_type, at, attempts, queued_at, tried_at, dead_at, status, error = row
    return FailureView(
        event,
        seq,
        event_type,
        to_rfc3339(at),
        attempts,
        to_rfc3339(queued_at),
        _time(tried_at),
        to_rfc3339(dead_at),
        status,
        error,
    )
