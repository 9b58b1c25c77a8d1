"""The job that sends webhooks: a lane for every endpoint that is enabled."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import structlog

from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import DAY, HOUR, SECOND, Clock
from groundswell.domains.webhooks.client import WebhookClient
from groundswell.domains.webhooks.commands import ForgetFailures
from groundswell.domains.webhooks.endpoint_rows import LIST, Endpoint, endpoint_of
from groundswell.domains.webhooks.lane import Lane, Tally
from groundswell.domains.webhooks.schedule import Schedule
from groundswell.domains.webhooks.signing import Secrets
from groundswell.log.reactions import Submit
from groundswell.log.reader import EventLog
from groundswell.store import Store

_log = structlog.get_logger(__name__)

KEEP_FAILURES: Final = 30 * DAY
_LONGEST_WAIT: Final = 2.0
_BURST: Final = 0.05
"""Commits come in bursts; one look at the log after each is enough."""
_PAUSE: Final = 1.0


class Dispatcher:
    """Starts a lane for each endpoint, and ends it with the endpoint.

    Args:
        source: what the events say they come from.
        schedule: when to try again.
        chance: for the jitter.
    """

    def __init__(
        self,
        *,
        log: EventLog,
        store: Store,
        submit: Submit,
        client: WebhookClient,
        secrets: Secrets,
        source: str,
        clock: Clock,
        schedule: Schedule | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self._log = log
        self._store = store
        self._submit = submit
        self._client = client
        self._secrets = secrets
        self._source = source
        self._clock = clock
        self._schedule = schedule or Schedule()
        self._chance = chance or random.SystemRandom()
        self._tally = Tally()
        self._running: dict[str, tuple[asyncio.Task[None], asyncio.Event]] = {}
        self._woken = asyncio.Event()
        self._forgotten_at = 0
        self._open = self._disabled = 0

    def wake(self) -> None:
        """Something was committed: look at the log soon."""
        self._woken.set()
        for _, woken in self._running.values():
            woken.set()

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            while True:
                self._woken.clear()
                try:
                    await self._look_around()
                except GroundswellError as error:
                    _log.warning("webhooks postponed", reason=error.code)
                await _wait(self._woken, _LONGEST_WAIT)
        finally:
            tasks = [task for task, _ in self._running.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._client.close()

    async def _look_around(self) -> None:
        """Every endpoint that is enabled has a lane."""
        for name in [name for name, (task, _) in self._running.items() if task.done()]:
            del self._running[name]
        now = self._clock()
        endpoints = [endpoint_of(row) for row in await self._store.fetch(LIST)]
        self._open = sum(one.health.circuit(now) != "closed" for one in endpoints if one.enabled)
        self._disabled = sum(one.disabled_reason in ("failing", "gone") for one in endpoints)
        for one in endpoints:
            if one.enabled and one.endpoint_id not in self._running:
                woken = asyncio.Event()
                task = asyncio.create_task(self._work(self.lane(one), woken))
                self._running[one.endpoint_id] = (task, woken)
        if endpoints and now - self._forgotten_at >= HOUR:
            await self._submit(ForgetFailures(at=now, before=now - KEEP_FAILURES))
            self._forgotten_at = now

    def lane(self, endpoint: Endpoint) -> Lane:
        """The lane of an endpoint; nothing runs yet."""
        return Lane(
            endpoint,
            log=self._log,
            store=self._store,
            submit=self._submit,
            client=self._client,
            secrets=self._secrets,
            source=self._source,
            clock=self._clock,
            schedule=self._schedule,
            tally=self._tally,
            chance=self._chance,
        )

    async def _work(self, lane: Lane, woken: asyncio.Event) -> None:
        while not lane.is_over:
            woken.clear()
            try:
                busy = await lane.step()
            except GroundswellError as error:
                _log.warning("webhooks postponed", reason=error.code)
                await asyncio.sleep(_PAUSE)
                continue
            except Exception:
                _log.exception("webhooks failed")
                await asyncio.sleep(_PAUSE)
                continue
            if not busy:
                seconds = max(0.0, (lane.next_due - self._clock()) / SECOND)
                await _wait(woken, min(seconds, _LONGEST_WAIT))

    def statistics(self) -> Mapping[str, float]:
        """Sendings since the start; endpoints whose breaker is not closed, or that were disabled
        because they failed.
        """
        return {
            "taken_total": float(self._tally.taken),
            "failed_total": float(self._tally.failed),
            "given_up_total": float(self._tally.given_up),
            "lanes": float(len(self._running)),
            "breakers_open": float(self._open),
            "endpoints_failed": float(self._disabled),
        }


async def _wait(woken: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()
            await asyncio.sleep(_BURST)
