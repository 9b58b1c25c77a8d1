"""Follows the event log and publishes what people may see live."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import msgspec
import structlog

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events.engagement import Interaction, MediaDeleted, MediaUpdated
from groundswell.contract.ids import event_id
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.delivery.counters import Counters
from groundswell.delivery.routing import publications
from groundswell.domains.engagement.list_changes import ListChanged
from groundswell.domains.engagement.lists import RankedLists
from groundswell.realtime.broker.base import Broker
from groundswell.realtime.messages import Publication

LIST_UPDATED = "engagement.trending.updated"
SHOWN = 20

_log = structlog.get_logger(__name__)
_encode = msgspec.json.Encoder().encode


class Delivery:
    """Turns logged events into publications.

    Args:
        broker: where to publish.
        lists: told when something happened that may change a ranking.
        clock: the time.
        tick_seconds: how often coalesced messages are looked after.
    """

    def __init__(
        self, broker: Broker, lists: RankedLists, clock: Clock, *, tick_seconds: float = 0.1
    ) -> None:
        self._broker = broker
        self._lists = lists
        self._clock = clock
        self._tick_seconds = tick_seconds
        self._counters = Counters()
        self._changed_lists: dict[str, ListChanged] = {}
        self._states: dict[str, bytes] = {}
        self._published = 0
        self.position = 0
        lists.on_change(self._list_changed)

    async def consume(self, events: Sequence[LoggedEvent]) -> None:
        """Publish a portion of the log; called in order, once per process."""
        told: list[Publication] = []
        for logged in events:
            told += publications(logged)
            self._note(logged)
        if told:
            await self._publish(told)
        self.position = events[-1].seq
        self._lists.changed()
        await self._publish_counters()

    def _note(self, logged: LoggedEvent) -> None:
        match logged.event:
            case Interaction() as event if logged.is_news:
                self._counters.add(event, logged.seq)
            case MediaUpdated(media_file_id=media, state=state, trendable=trendable):
                if state != "published" or not trendable:
                    self._lists.forget(media)
            case MediaDeleted(media_file_id=media):
                self._lists.forget(media)

    async def run(self) -> None:
        """Publish what was held back, until cancelled."""
        while True:
            await asyncio.sleep(self._tick_seconds)
            try:
                await self._publish_counters()
                await self._publish_lists()
            except Exception as error:
                _log.error("delivery failed", exc_info=error)

    def snapshot(self, topic: str) -> bytes | None:
        """The newest state of a topic that has one."""
        return self._states.get(topic)

    async def _publish(self, told: list[Publication]) -> None:
        await self._broker.publish(told)
        self._published += len(told)

    async def _publish_counters(self) -> None:
        due = self._counters.due(self._clock())
        if due:
            await self._publish(due)

    def _list_changed(self, change: ListChanged) -> None:
        self._changed_lists[change.list_id] = change

    async def _publish_lists(self) -> None:
        changes, self._changed_lists = self._changed_lists, {}
        told = [self._state_of(change) for change in changes.values()]
        if told:
            await self._publish(told)

    def _state_of(self, change: ListChanged) -> Publication:
        data = _encode(_list_data(change))
        self._states[change.list_id] = data
        return Publication(
            change.list_id,
            LIST_UPDATED,
            event_id(),
            change.as_of,
            data,
            self.position,
            state=True,
        )

    def statistics(self) -> Mapping[str, float]:
        """Messages published, and counters that wait to be told."""
        return {
            "published_total": float(self._published),
            "counters_waiting": float(len(self._counters)),
        }


def _list_data(change: ListChanged) -> dict[str, object]:
    return {
        "eventType": LIST_UPDATED,
        "listId": change.list_id,
        "asOf": to_rfc3339(change.as_of),
        "version": change.version,
        "items": [
            {
                "mediaFileId": item.media_file_id,
                "title": item.title,
                "artist": item.artist,
                "position": item.position,
                "score": item.score,
                "playCount": item.play_count,
                "periodPlayCount": item.period_play_count,
                "upvotes": item.upvotes,
                "downvotes": item.downvotes,
            }
            for item in change.items[:SHOWN]
        ],
        "changes": change.changes,
        "timestamp": to_rfc3339(change.as_of),
    }
