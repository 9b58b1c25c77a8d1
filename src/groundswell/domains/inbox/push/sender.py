"""The job that pushes critical messages to users who have no live connection."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from groundswell.contract.errors import GroundswellError
from groundswell.contract.inbox import inbox_topic
from groundswell.contract.times import MINUTE, SECOND, Clock, to_rfc3339
from groundswell.domains.inbox.commands import ClaimPushes, SettlePushes
from groundswell.domains.inbox.periods import Periods
from groundswell.domains.inbox.push.client import (
    LARGEST_PAYLOAD,
    Endpoint,
    Outcome,
    PushClient,
    origin_of,
)
from groundswell.domains.inbox.push.schedule import look_again, next_attempt
from groundswell.domains.inbox.push.statements import DETAILS, NEXT_DUE
from groundswell.domains.inbox.views import DuePush
from groundswell.store import Row, Store
from groundswell.store.commands import Command

_log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode

PORTION = 64
LEASE = 2 * MINUTE
_LONGEST_WAIT = 5.0

IsConnected = Callable[[str], Awaitable[bool]]


class PushSender:
    """Takes what is due from the queue and pushes it.

    A message that was acknowledged or read meanwhile is dropped; a user with a live connection is
    left alone until the message has waited for an acknowledgement in vain.

    Args:
        submit: the writer's.
        store: where the queue is.
        client: who sends.
        is_connected: whether a user has a live connection.
        clock: the time.
        periods: how long critical messages are kept.
    """

    def __init__(
        self,
        submit: Callable[[Command], Awaitable[Any]],
        store: Store,
        client: PushClient,
        is_connected: IsConnected,
        clock: Clock,
        periods: Periods | None = None,
    ) -> None:
        self._submit = submit
        self._store = store
        self._client = client
        self._is_connected = is_connected
        self._clock = clock
        self._periods = periods or Periods()
        self._woken = asyncio.Event()
        self._figures = {"taken": 0, "gone": 0, "refused": 0, "failed": 0, "given_up": 0}

    def wake(self) -> None:
        """Something was committed: look at the queue soon."""
        self._woken.set()

    async def run(self) -> None:
        """Push until cancelled."""
        try:
            while True:
                self._woken.clear()
                try:
                    busy = await self.step()
                except GroundswellError as error:
                    _log.warning("pushes postponed", reason=error.code)
                    busy = False
                if not busy:
                    await self._wait()
        finally:
            await self._client.close()

    async def step(self) -> bool:
        """Push one portion of what is due; tells whether there was anything."""
        due = (await self._store.fetch(NEXT_DUE))[0][0]
        if due is None or due > self._clock():
            return False
        claimed: list[DuePush] = await self._submit(
            ClaimPushes(at=self._clock(), limit=PORTION, lease=LEASE)
        )
        await self._push(claimed)
        return bool(claimed)

    async def _push(self, claimed: Sequence[DuePush]) -> None:
        now = self._clock()
        keys = [(one.endpoint_id, one.user_id, one.seq) for one in claimed]
        details = {
            (row[0], row[1], row[2]): row
            for row in await self._store.fetch(DETAILS, rows=keys, now=now)
        }
        present = {user: await self._is_connected(user) for user in {one[1] for one in details}}
        wanted = [one for one, key in zip(claimed, keys, strict=True) if key in details]
        waiting = [
            (one, look_again(details[one.endpoint_id, one.user_id, one.seq][10], now))
            for one in wanted
            if present[one.user_id]
        ]
        sending = [one for one in wanted if not present[one.user_id]]
        outcomes = await asyncio.gather(
            *(self._send(details[one.endpoint_id, one.user_id, one.seq]) for one in sending)
        )
        pointless = [one for one, key in zip(claimed, keys, strict=True) if key not in details]
        await self._settle(pointless, waiting, list(zip(sending, outcomes, strict=True)))

    async def _send(self, row: Row) -> Outcome:
        endpoint = Endpoint(row[3], row[4], row[5])
        outcome = await self._client.send(endpoint, payload_of(row), self._ttl(row))
        self._figures[outcome.verdict] += 1
        if outcome.verdict in ("failed", "refused"):
            _log.info("push not taken", service=origin_of(endpoint.url), verdict=outcome.verdict)
        return outcome

    def _ttl(self, row: Row) -> int:
        """Seconds for which the message is of use."""
        filed_at, expires_at = row[10], row[11]
        end = min(filed_at + self._periods.critical, expires_at or 2**62)
        return int(max(0, end - self._clock()) // SECOND)

    async def _settle(
        self,
        pointless: Sequence[DuePush],
        waiting: Sequence[tuple[DuePush, int]],
        sent: Sequence[tuple[DuePush, Outcome]],
    ) -> None:
        now = self._clock()
        done, again, gone = list(pointless), [], []
        for one, outcome in sent:
            if outcome.verdict == "gone":
                gone.append(one.endpoint_id)
            elif outcome.verdict != "failed":
                done.append(one)
            elif (at := next_attempt(one.attempts + 1, now, outcome.retry_after)) is not None:
                again.append((one, at))
            else:
                self._figures["given_up"] += 1
                done.append(one)
        await self._submit(
            SettlePushes(
                at=now,
                done=tuple(done),
                again=tuple(again),
                waiting=tuple(waiting),
                gone=tuple(sorted(set(gone))),
            )
        )

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(_LONGEST_WAIT):
                await self._woken.wait()
        except TimeoutError:
            return
        await asyncio.sleep(0.25)  # commits come in bursts; one look at the queue is enough

    def statistics(self) -> Mapping[str, float]:
        """Pushes by outcome since the start."""
        return {f"pushes_{name}_total": float(count) for name, count in self._figures.items()}


def payload_of(row: Row) -> bytes:
    """What the browser's service worker gets; without the data if it would be too large."""
    _, user, seq, _, _, _, message, event_type, data, at, _, _ = row
    payload: dict[str, Any] = {
        "id": message,
        "seq": seq,
        "topic": inbox_topic(user),
        "eventType": event_type,
        "timestamp": to_rfc3339(at),
    }
    full = _encode({**payload, "data": msgspec.Raw(data.encode())})
    return full if len(full) <= LARGEST_PAYLOAD else _encode(payload)
