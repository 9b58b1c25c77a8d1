"""The past of the activity feed as it may be told now: without what was taken back since.

Histories keep events as they were published. What followed an item in its history may take it
back; whoever reads the item later must not see it any more, whatever position they ask from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from groundswell.delivery.routing import ACTIVITY_CREATED, ACTIVITY_RETRACTED
from groundswell.realtime.broker.base import Broker, History, Position, Receiver
from groundswell.realtime.messages import Envelope, Publication
from groundswell.realtime.topics import ACTIVITY

_ALL: Final = 10_000
"""More than any history keeps."""
_NOBODY: Final = frozenset[str]()


class _Told(msgspec.Struct, rename="camel"):
    """What items and retractions say of themselves."""

    media_file_id: int | None = None
    activity_ids: tuple[int, ...] = ()


class PresentPast:
    """A broker whose history has nothing in it that was taken back.

    Such events keep their places, and are for nobody: positions and gaps stay what they are.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    @property
    def keeps_history(self) -> bool:
        """As the broker does."""
        return self._broker.keeps_history

    async def publish(self, publications: Sequence[Publication]) -> None:
        """As the broker does."""
        await self._broker.publish(publications)

    async def position(self, topic: str) -> Position:
        """As the broker does."""
        return await self._broker.position(topic)

    async def renew(self, topic: str, epoch: str, beyond: int) -> Position:
        """As the broker does."""
        return await self._broker.renew(topic, epoch, beyond)

    def attach(self, receiver: Receiver) -> None:
        """As the broker does."""
        self._broker.attach(receiver)

    async def history(
        self,
        topic: str,
        *,
        after_offset: int | None = None,
        after_seq: int | None = None,
        limit: int = 300,
    ) -> History:
        """What followed a position, as far as it still stands."""
        found = await self._broker.history(
            topic, after_offset=after_offset, after_seq=after_seq, limit=limit
        )
        if topic != ACTIVITY or not found.envelopes:
            return found
        last = found.envelopes[-1].offset
        later = await self._broker.history(topic, after_offset=last, limit=_ALL)
        return History(standing(found.envelopes, later.envelopes), found.complete)


def standing(past: Sequence[Envelope], later: Sequence[Envelope]) -> list[Envelope]:
    """The ``past`` of the feed, where what it or ``later`` took back is for nobody."""
    items, files = set[int](), set[int | None]()
    kept: list[Envelope] = []
    for envelope in reversed([*past, *later]):
        told = envelope.publication
        if told.event_type == ACTIVITY_RETRACTED:
            said = msgspec.json.decode(told.data, type=_Told)
            items.update(said.activity_ids)
            files.add(said.media_file_id)
        kept.append(_for_nobody(envelope) if _is_gone(told, items, files) else envelope)
    return kept[::-1][: len(past)]


def _is_gone(told: Publication, items: set[int], files: set[int | None]) -> bool:
    """An item is known by the place of its event in the log."""
    if told.event_type != ACTIVITY_CREATED:
        return False
    if told.seq in items:
        return True
    file = msgspec.json.decode(told.data, type=_Told).media_file_id
    return file is not None and file in files


def _for_nobody(envelope: Envelope) -> Envelope:
    hidden = msgspec.structs.replace(envelope.publication, audience=_NOBODY)
    return Envelope(hidden, envelope.offset, envelope.epoch)
