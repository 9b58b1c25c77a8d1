"""The external filter: one question over HTTP, behind a circuit breaker."""

from __future__ import annotations

from typing import Literal

import aiohttp
import msgspec

from groundswell.contract.times import Clock
from groundswell.domains.moderation.breaker import Breaker
from groundswell.domains.moderation.rules import Finding, Verdict

FailMode = Literal["open", "closed"]

_SECONDS = 3.0
_LARGEST_ANSWER = 64 * 1024


class Answer(msgspec.Struct, frozen=True):
    """What the filter answers; further fields do not matter."""

    verdict: Verdict
    reason: str = "external"


class OutsideFilter:
    """Asks another service about texts.

    Args:
        url: where to POST ``{"kind": …, "text": …}``.
        fail: what becomes of a text when nobody answers: ``open`` lets it pass, ``closed`` holds.
        clock: the time, for the breaker.
        breaker: leaves a filter that keeps failing alone.
    """

    def __init__(
        self, url: str, fail: FailMode, clock: Clock, breaker: Breaker | None = None
    ) -> None:
        self._url = url
        self._fail = fail
        self._clock = clock
        self._breaker = breaker or Breaker()
        self._session: aiohttp.ClientSession | None = None
        self._asked = 0
        self._failures = 0

    async def ask(self, kind: str, text: str) -> list[Finding]:
        """What the filter has against a text."""
        if not self._breaker.admits(self._clock()):
            return self._unanswered()
        self._asked += 1
        try:
            answer = await self._post({"kind": kind, "text": text})
        except (aiohttp.ClientError, TimeoutError, OSError, msgspec.MsgspecError):
            self._failures += 1
            self._breaker.failed(self._clock())
            return self._unanswered()
        self._breaker.succeeded()
        return [] if answer.verdict == "allow" else [Finding(answer.reason[:64], answer.verdict)]

    async def close(self) -> None:
        """End the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def statistics(self) -> dict[str, float]:
        """Calls, failures, and whether the breaker is open."""
        return {
            "filter_asked_total": float(self._asked),
            "filter_failures_total": float(self._failures),
            "filter_breaker_open": float(self._breaker.state(self._clock()) != "closed"),
        }

    def _unanswered(self) -> list[Finding]:
        return [] if self._fail == "open" else [Finding("filter_unavailable", "hold")]

    async def _post(self, question: dict[str, str]) -> Answer:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=_SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout)
        async with self._session.post(
            self._url,
            data=msgspec.json.encode(question),
            headers={"content-type": "application/json"},
            allow_redirects=False,
        ) as response:
            if response.status != 200:
                raise aiohttp.ClientError(f"the filter answered {response.status}")
            body = await response.content.read(_LARGEST_ANSWER)
        return msgspec.json.decode(body, type=Answer)
