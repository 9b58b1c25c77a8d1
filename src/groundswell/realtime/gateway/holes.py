"""Digests of holes: what happened on a topic while a client was away too long for a replay.

The history no longer has those events, the durable log still may. Offsets of a topic have no
holes, so the events before the oldest kept one are, counted backwards, the offsets before its own.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from groundswell.contract.ids import event_id
from groundswell.contract.times import DAY, Clock
from groundswell.realtime.audience import is_for
from groundswell.realtime.digests import Digest, DigestBuilder
from groundswell.realtime.gateway.resume import Lost
from groundswell.realtime.gateway.subscription import Subscription
from groundswell.realtime.gateway.tailoring import TagReader
from groundswell.realtime.messages import Envelope, Publication

logger = logging.getLogger(__name__)

Past = Callable[[str, int, int], Awaitable[Sequence[Publication]]]
"""The newest publications on a topic before a ``seq``, at most so many of them, oldest first.

Takes the topic, the ``seq`` and the number. There are fewer where the log does not reach back.
"""

KEPT: Final = 7 * DAY
MOST: Final = 10_000
AT_ONCE: Final = 4


class HoleDigests:
    """Sums up the events of holes, as far as they are at most ``kept`` microseconds old.

    A digest is a courtesy after the GAP, which names all that is lost: of a hole with more than
    ``most`` events the newest are summed up, and while ``at_once`` are being read there is none.
    """

    def __init__(
        self,
        past: Past | None,
        tags: TagReader,
        clock: Clock,
        *,
        kept: int = KEPT,
        most: int = MOST,
        at_once: int = AT_ONCE,
    ) -> None:
        self._past = past
        self._tags = tags
        self._clock = clock
        self._kept = kept
        self._most = most
        self._at_once = at_once
        self._reading = 0

    async def of(self, subscription: Subscription, lost: Lost, before: int | None) -> Digest | None:
        """What was lost of a topic; None if that cannot be said.

        ``before`` is the ``seq`` that the whole hole precedes, with nothing of the topic between.
        """
        kind = subscription.kind
        if before is None or kind.state or kind.states_among or lost.reason != "trimmed":
            return None
        last, missed = lost.last, lost.missed
        if last is None or missed is None or self._reading >= self._at_once:
            return None
        told = await self._read(subscription.topic, before, min(missed, self._most))
        events = [
            Envelope(one, last - len(told) + place, subscription.epoch)
            for place, one in enumerate(told, 1)
        ]
        return self._summed(subscription, events)

    async def _read(self, topic: str, before: int, count: int) -> Sequence[Publication]:
        if self._past is None:
            return ()
        self._reading += 1
        try:
            told = await self._past(topic, before, count)
        except Exception:
            logger.warning("A hole could not be summed up.", exc_info=True)
            return ()
        finally:
            self._reading -= 1
        horizon = self._clock() - self._kept
        recent = next((i for i, one in enumerate(told) if one.at >= horizon), len(told))
        return told[recent:]

    def _summed(self, subscription: Subscription, events: Sequence[Envelope]) -> Digest | None:
        builder = DigestBuilder(subscription.topic)
        chosen = subscription.tailoring.filter
        for event in events:
            if not is_for(event, subscription.receiver):
                continue
            if chosen is None or chosen(self._tags.tags(event)):
                builder.add(event)
        return builder.take(event_id(), self._clock())
