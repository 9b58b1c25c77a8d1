"""Taking webhooks: verified, understood, counted; refusals leave a trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec
import structlog

from groundswell.contract.errors import GroundswellError
from groundswell.contract.times import Clock
from groundswell.domains.sharing.commands import RecordEngagements
from groundswell.domains.sharing.views import Taken
from groundswell.domains.sharing.webhooks.adapter import Adapter, Delivery, UnknownPlatform
from groundswell.log.reactions import Submit

_log = structlog.get_logger(__name__)

_OUTCOMES = Taken.__struct_fields__


class Webhooks:
    """Takes what platforms tell.

    Args:
        adapters: by the name of the platform.
        submit: the writer's.
        clock: the time.
    """

    def __init__(self, adapters: Mapping[str, Adapter], submit: Submit, clock: Clock) -> None:
        self._adapters = adapters
        self._submit = submit
        self._clock = clock
        self._refused: Counter[tuple[str, str]] = Counter()
        self._taken: Counter[tuple[str, str]] = Counter()

    async def receive(self, platform: str, delivery: Delivery) -> Taken:
        """Durable when this returns.

        Raises:
            UnknownPlatform: no secret is set for it.
            WebhookForged, WebhookStale: nobody knows who sent it, or it is old.
            Invalid: the platform sent what it does not send.
        """
        adapter = self._adapters.get(platform)
        if adapter is None:
            # Not by its name, which strangers choose: figures would grow without end.
            self._refuse("", UnknownPlatform.code, delivery)
            raise UnknownPlatform
        try:
            await adapter.verify(delivery)
            now = self._clock()
            told = tuple(adapter.read(delivery, now))
        except GroundswellError as error:
            self._refuse(platform, error.code, delivery)
            raise
        if not told:
            taken = Taken(ignored=1)
        else:
            taken = await self._submit(
                RecordEngagements(at=now, platform=platform, engagements=told)
            )
        self._count(platform, taken)
        return taken

    def answer_to(self, platform: str, query: Mapping[str, str]) -> str:
        """What a platform wants to hear before it sends.

        Raises:
            UnknownPlatform: it is not known, asks nothing, or asks without the right.
        """
        adapter = self._adapters.get(platform)
        answer = None if adapter is None else adapter.answer_to(query)
        if answer is None:
            raise UnknownPlatform
        return answer

    def statistics(self) -> Mapping[str, float]:
        """Webhooks refused by reason, engagements told by outcome."""
        refused = {
            f'webhooks_refused_total{{platform="{platform}",reason="{reason}"}}': float(count)
            for (platform, reason), count in self._refused.items()
        }
        taken = {
            f'engagements_told_total{{platform="{platform}",outcome="{outcome}"}}': float(count)
            for (platform, outcome), count in self._taken.items()
        }
        return {**refused, **taken}

    def _refuse(self, platform: str, reason: str, delivery: Delivery) -> None:
        self._refused[platform, reason] += 1
        _log.warning(
            "webhook refused",
            platform=platform,
            reason=reason,
            webhook_id=delivery.header("webhook-id")[:64],
            bytes=len(delivery.body),
        )

    def _count(self, platform: str, taken: Taken) -> None:
        for outcome in _OUTCOMES:
            if count := getattr(taken, outcome):
                self._taken[platform, outcome] += count
        if taken.discarded:
            _log.info("engagements discarded", platform=platform, **msgspec.structs.asdict(taken))
