"""What is done for one endpoint: look through the log for what it wants, and send that.

Every endpoint has a lane of its own, so that none waits for another. A lane has at most
``AT_ONCE`` sendings under way.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Final

import structlog

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events.webhooks import EndpointTested
from groundswell.contract.times import SECOND, Clock
from groundswell.domains.webhooks import statements as sql
from groundswell.domains.webhooks.client import WebhookClient
from groundswell.domains.webhooks.commands import (
    ClaimDeliveries,
    Due,
    QueueEvents,
    SettleDeliveries,
    Tried,
)
from groundswell.domains.webhooks.endpoint_rows import FIND, Endpoint, endpoint_of
from groundswell.domains.webhooks.envelope import cloud_event
from groundswell.domains.webhooks.patterns import matches, may_have
from groundswell.domains.webhooks.schedule import Schedule
from groundswell.domains.webhooks.signing import Secrets, signed_headers
from groundswell.log.reactions import Submit
from groundswell.log.reader import EventLog, event_of
from groundswell.store import Store

_log = structlog.get_logger(__name__)

AT_ONCE: Final = 16
LEASE: Final = 20 * SECOND
"""Longer than one sending may take; all that were claimed together are sent together."""
MOST_WAITING: Final = 5_000
"""How many events wait in the table; the others wait in the log."""
_PORTION: Final = 500
_SAVE_AFTER: Final = 5 * SECOND
_NEVER: Final = 2**62


class Tally:
    """What all lanes of a process count together."""

    def __init__(self) -> None:
        self.taken = 0
        self.failed = 0
        self.given_up = 0


class Lane:
    """One endpoint's.

    Args:
        endpoint: as it is now.
        source: what the events say they come from.
        chance: numbers from 0 to 1, for the jitter.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        log: EventLog,
        store: Store,
        submit: Submit,
        client: WebhookClient,
        secrets: Secrets,
        source: str,
        clock: Clock,
        schedule: Schedule,
        tally: Tally,
        chance: random.Random,
    ) -> None:
        self._id = endpoint.endpoint_id
        self._position = self._saved = endpoint.queued_to
        self._saved_at = 0
        self._log = log
        self._store = store
        self._submit = submit
        self._client = client
        self._secrets = secrets
        self._source = source
        self._clock = clock
        self._schedule = schedule
        self._tally = tally
        self._chance = chance
        self._full = False
        self.is_over = False
        self.next_due = 0

    async def step(self) -> bool:
        """Look for more, and send what is due; tells whether there may be more at once."""
        # The log before the endpoint: then nothing that follows a change is judged by what was.
        was_full = self._full
        events = [] if was_full else await self._log.after(self._position, _PORTION)
        rows = await self._store.fetch(FIND, endpoint_id=self._id)
        endpoint = endpoint_of(rows[0]) if rows else None
        if endpoint is None or not endpoint.enabled:
            self.is_over = True
            if endpoint is not None and endpoint.disabled_reason != "host":
                _log.warning("webhooks end", endpoint=self._id, reason=endpoint.disabled_reason)
            return False
        await self._look(events, endpoint)
        waiting, due = (await self._store.fetch(sql.WAITING, endpoint_id=self._id))[0]
        self._full = waiting >= MOST_WAITING
        self.next_due = _NEVER if due is None else max(due, endpoint.open_until)
        sent = self.next_due <= self._clock() and await self._send_due(endpoint)
        return sent or len(events) == _PORTION or (was_full and not self._full)

    async def _look(self, events: Sequence[LoggedEvent], endpoint: Endpoint) -> None:
        """Page[HeldItem] what the endpoint wants; durable when this returns."""
        if not events:
            return
        seqs = tuple(one.seq for one in events if wants(endpoint, one))
        last, now = events[-1].seq, self._clock()
        if seqs or now - self._saved_at >= _SAVE_AFTER:
            command = QueueEvents(at=now, endpoint_id=self._id, seqs=seqs, to=last)
            await self._submit(command)
            self._saved_at = now
        self._position = last

    async def _send_due(self, endpoint: Endpoint) -> bool:
        claimed: list[Due] = await self._submit(
            ClaimDeliveries(at=self._clock(), endpoint_id=self._id, limit=AT_ONCE, lease=LEASE)
        )
        if not claimed:
            return False
        rows = await self._store.fetch(sql.EVENTS, rows=[(one.seq,) for one in claimed])
        events = {row[0]: event_of(row) for row in rows}
        tried: list[Tried] = []
        await asyncio.gather(
            *(self._send(endpoint, one, events.get(one.seq), tried) for one in claimed)
        )
        await self._submit(
            SettleDeliveries(at=self._clock(), endpoint_id=self._id, tried=tuple(tried))
        )
        return True

    async def _send(
        self, endpoint: Endpoint, due: Due, logged: LoggedEvent | None, tried: list[Tried]
    ) -> None:
        """Send one event; its outcome is added when it is known."""
        if logged is None or not may_have(endpoint.privacy, logged.event.privacy):
            tried.append(Tried(due.seq, "pointless"))
            return
        body, now = cloud_event(logged, self._source), self._clock()
        secrets = self._secrets.active(
            self._id, endpoint.secret_version, endpoint.old_secret_until, now
        )
        headers = signed_headers(secrets, logged.event_id, now, body)
        outcome = await self._client.send(endpoint.url, headers, body)
        again_at = None
        if outcome.verdict == "taken":
            self._tally.taken += 1
        else:
            self._tally.failed += 1
            again_at = self._schedule.next_attempt(
                due.attempts + 1, self._clock(), self._chance.random(), outcome.retry_after
            )
            if again_at is None and outcome.verdict == "failed":
                self._tally.given_up += 1
                _log.warning("webhook given up", endpoint=self._id, event_id=logged.event_id)
        tried.append(Tried(due.seq, outcome.verdict, outcome.status, outcome.error, again_at))


def wants(endpoint: Endpoint, logged: LoggedEvent) -> bool:
    """Whether an event is for an endpoint."""
    event = logged.event
    if isinstance(event, EndpointTested):
        return event.endpoint_id == endpoint.endpoint_id
    return matches(endpoint.patterns, event.event_type) and may_have(
        endpoint.privacy, event.privacy
    )
