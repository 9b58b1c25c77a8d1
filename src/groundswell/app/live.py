"""From the log to the listeners: delivery, the broker, the hub, and the doors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from groundswell.app.access import Access
from groundswell.app.core import Core
from groundswell.app.exchange import Exchange
from groundswell.app.sockets import Dealings, Sockets, sockets_of
from groundswell.contract import times
from groundswell.delivery.delivery import Delivery
from groundswell.log.consumers import Consumer
from groundswell.realtime.doors.polling import PollingDoor
from groundswell.realtime.doors.sse.connection import Pacing
from groundswell.realtime.doors.sse.door import SseDoor
from groundswell.realtime.hub import HubStatistics
from groundswell.realtime.tickets import Tickets


@dataclass(frozen=True, slots=True)
class Live:
    """Everything between an event in the log and whoever listens."""

    exchange: Exchange
    consumer: Consumer
    delivery: Delivery
    sse: SseDoor
    polling: PollingDoor
    sockets: Sockets

    def jobs(self) -> list[Coroutine[Any, Any, None]]:
        """What runs in the background."""
        return [
            self.consumer.run(),
            self.delivery.run(),
            self.sockets.gateway.run(),
            self.sockets.server.run(),
            self.sse.run(),
            self.polling.run(),
            *self.exchange.jobs(),
        ]

    def statistics(self) -> dict[str, Callable[[], Mapping[str, float]]]:
        """The figures of each part."""
        shared = self.exchange.shared
        return {
            "delivery": self.delivery.statistics,
            "log": self._log_figures,
            "hub": lambda: _hub_figures(self.exchange.hub.statistics()),
            "sse": lambda: {"connections": float(self.sse.statistics().connections)},
            "polling": self.polling.statistics,
            "sockets": self.sockets.statistics,
            "presence": self.exchange.watch.statistics,
            **({"redis": shared.broker.statistics} if shared else {}),
        }

    def _log_figures(self) -> Mapping[str, float]:
        return {
            "consumer_position": float(self.consumer.position),
            "consumer_failures_total": self.consumer.statistics()["failures_total"],
            "consumer_lag": float(self.consumer.known_lag),
        }

    async def drain(self) -> None:
        """End what is long-lived, all doors at once."""
        drains = (self.sse.drain, self.polling.drain, self.sockets.drain)
        await asyncio.gather(*(drain() for drain in drains), return_exceptions=True)

    async def close(self) -> None:
        """Give connections back."""
        await self.exchange.close()


async def live_of(
    core: Core, access: Access, exchange: Exchange, tickets: Tickets, dealings: Dealings
) -> Live:
    """All of it, where the log stands now; nothing runs yet."""
    consumer, delivery = await _delivery(core, exchange)
    hub, broker = exchange.hub, exchange.told
    sockets = sockets_of(core, access, exchange, delivery.snapshot, tickets, dealings)
    rights = sockets.gateway.rights
    beat = core.settings.heartbeat_seconds
    sse = SseDoor(
        hub,
        broker,
        exchange.replay,
        delivery.snapshot,
        rights=rights,
        inbox=dealings.inbox,
        sign=access.signing.sign,
        pacing=Pacing(heartbeat=(beat * 0.75, beat * 1.25)),
        max_connections=core.settings.sse_connections,
    )
    polling = PollingDoor(
        hub,
        broker,
        exchange.replay,
        delivery.snapshot,
        rights,
        inbox=dealings.inbox,
        sign=access.signing.sign,
    )
    delivery.on_changed_rights(sockets.gateway.rights_changed)
    return Live(exchange, consumer, delivery, sse, polling, sockets)


async def _delivery(core: Core, exchange: Exchange) -> tuple[Consumer, Delivery]:
    shared = exchange.shared and exchange.shared.broker
    speaks = (lambda: shared.speaks) if shared else (lambda: True)
    delivery = Delivery(exchange.broker, core.lists, times.now, speaks=speaks)
    consumer = Consumer("delivery", core.log, delivery.consume)
    await consumer.start()
    core.wakers.append(consumer.wake)
    if shared:
        shared.on_others(consumer.wake)
    return consumer, delivery


def _hub_figures(figures: HubStatistics) -> dict[str, float]:
    """What counts since the start is a counter, the rest are gauges."""
    now = {"connections", "subscriptions", "topics"}
    return {
        name if name in now else f"{name}_total": float(value)
        for name, value in asdict(figures).items()
    }
