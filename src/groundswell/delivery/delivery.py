"""Follows the event log and publishes what people may see live."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events.engagement import Interaction, MediaDeleted, MediaUpdated
from groundswell.contract.ids import event_id
from groundswell.contract.times import Clock
from groundswell.delivery.counters import Counters
from groundswell.delivery.list_states import LIST_UPDATED, ListStates
from groundswell.delivery.routing import publications
from groundswell.domains.engagement.list_changes import ListChanged
from groundswell.domains.engagement.lists import RankedLists
from groundswell.realtime.broker.base import Broker
from groundswell.realtime.messages import Publication

_log = structlog.get_logger(__name__)


class Delivery:
    """Turns logged events into publications.

    Args:
        broker: where to publish.
        lists: told when something happened that may change a ranking.
        clock: the time.
        speaks: whether states are to be published by this process. Of several that follow one
            log all publish its events, which the broker lets in once; counters and rankings, which
            each of them gathers at moments of its own, come from one of them.
        tick_seconds: how often coalesced messages are looked after.
    """

    def __init__(
        self,
        broker: Broker,
        lists: RankedLists,
        clock: Clock,
        *,
        speaks: Callable[[], bool] = lambda: True,
        tick_seconds: float = 0.1,
    ) -> None:
        self._broker = broker
        self._lists = lists
        self._clock = clock
        self._speaks = speaks
        self._tick_seconds = tick_seconds
        self._counters = Counters()
        self._changed_lists: dict[str, ListChanged] = {}
        self._list_states = ListStates()
        self._published = 0
        self._rights_changed: Callable[[], None] = _nothing
        self.position = 0
        lists.on_change(self._list_changed)
        broker.attach(self._list_states.heard)

    async def consume(self, events: Sequence[LoggedEvent]) -> None:
        """Publish a portion of the log; called in order, once per process."""
        told: list[Publication] = []
        for logged in events:
            told += publications(logged)
            self._note(logged)
        if any(logged.event.changes_rights for logged in events):
            # Before anything of the portion is told: what follows the change is in it too.
            self._rights_changed()
        if told:
            await self._publish(told)
        self.position = events[-1].seq
        self._lists.changed()
        await self._publish_counters()

    def _note(self, logged: LoggedEvent) -> None:
        match logged.event:
            case Interaction() as event if logged.is_news:
                self._counters.add(event, logged.seq, logged.recorded_at)
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

    def on_changed_rights(self, decide_again: Callable[[], None]) -> None:
        """Call ``decide_again`` before what follows an event that takes rights away."""
        self._rights_changed = decide_again

    def begin_with(self, states: Mapping[str, bytes]) -> None:
        """The states of topics as they were told before this process began."""
        self._list_states.begin_with(states)

    def snapshot(self, topic: str) -> bytes | None:
        """The newest state of a topic that has one."""
        return self._list_states.get(topic)

    async def _publish(self, told: list[Publication]) -> None:
        await self._broker.publish(told)
        self._published += len(told)

    async def _publish_counters(self) -> None:
        if not self._speaks():
            self._counters.keep_newest(self._clock())
            return
        due = self._counters.due(self._clock())
        if due:
            await self._publish(due)

    def _list_changed(self, change: ListChanged) -> None:
        self._changed_lists[change.list_id] = change

    async def _publish_lists(self) -> None:
        if not self._speaks():
            return
        changes, self._changed_lists = self._changed_lists, {}
        told = [self._state_of(change) for change in changes.values()]
        if news := [one for one in told if one is not None]:
            await self._publish(news)

    def _state_of(self, change: ListChanged) -> Publication | None:
        data = self._list_states.after(change)
        if data is None:
            return None
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


def _nothing() -> None:
    """Where nobody decides on rights."""
