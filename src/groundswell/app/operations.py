"""How each part of this process is looked at, and how operators are let in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from groundswell.access.api_keys import ApiKeys
from groundswell.app.core import Core
from groundswell.app.live import Live
from groundswell.contract import times
from groundswell.domains.inbox.wiring import InboxParts
from groundswell.log.consumers import Consumer
from groundswell.log.reader import EventLog
from groundswell.ops.alerts import RULES
from groundswell.ops.metrics import Statistics
from groundswell.ops.operations import Operations
from groundswell.ops.parts import Finding, Probe
from groundswell.store import Statement

PING = Statement("SELECT 1")
FULL = 0.8
"""Of what a part can take: beyond it newcomers are about to be refused."""

_ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}

KEPT = frozenset(
    (
        "connections",
        "subscriptions",
        "deliveries",
        "delivery_latency",
        "resumes",
        "consumers",
        "inbox",
        "writer",
        "redis",
    )
)
"""The parts whose figures are kept for some minutes."""

LAG_ALERT = next(int(rule.above) for rule in RULES if rule.name == "GroundswellBacklog")


class Lags:
    """How far each consumer is behind the log: what it read last says nothing of what waits."""

    def __init__(self, log: EventLog, consumers: Mapping[str, Consumer]) -> None:
        self._log = log
        self._consumers = consumers
        self._lags = dict.fromkeys(consumers, 0)
        self._failures = dict.fromkeys(consumers, 0.0)

    def probe(self, name: str) -> Probe:
        """How one of them is looked at."""

        async def look() -> Finding:
            consumer = self._consumers[name]
            self._lags[name] = lag = max(0, await self._log.head() - consumer.position)
            failures = consumer.statistics()["failures_total"]
            failed, self._failures[name] = failures > self._failures[name], failures
            if failed:
                return Finding("down", f"fails and tries again; {lag} events wait")
            if lag > LAG_ALERT:
                return Finding("degraded", f"{lag} events wait")
            return Finding("ok", f"{lag} events wait" if lag else "nothing waits")

        return look

    def statistics(self) -> Mapping[str, float]:
        """The lag and the failures of each."""
        figures = {}
        for name, consumer in self._consumers.items():
            failures = consumer.statistics()["failures_total"]
            figures[f'lag{{consumer="{name}"}}'] = float(self._lags[name])
            figures[f'failures_total{{consumer="{name}"}}'] = failures
        return figures


def operations_of(
    core: Core, live: Live, inbox: InboxParts, parts: Mapping[str, Statistics]
) -> tuple[Operations, dict[str, Statistics]]:
    """What watches the service, and all parts' figures, its own among them."""
    lags = Lags(core.log, {"delivery": live.consumer, "inbox": inbox.consumer})
    every = {**parts, "consumers": lags.statistics}
    kept = {name: statistics for name, statistics in every.items() if name in KEPT}
    operations = Operations(kept, _probes(core, live, inbox, lags), times.now)
    return operations, {**every, "health": operations.statistics}


def key_check(core: Core) -> Callable[[str], Awaitable[None]]:
    """Passes API keys of the host application; raises Unauthenticated for any other."""
    keys = ApiKeys(core.store, core.settings.api_key or None)

    async def check(key: str) -> None:
        await keys.verify(key, times.now())

    return check


def _probes(core: Core, live: Live, inbox: InboxParts, lags: Lags) -> dict[str, Probe]:
    settings, shared = core.settings, live.exchange.shared
    probes = {
        "database": _database(core),
        "writer": _writer(core.writer.statistics),
        "delivery": lags.probe("delivery"),
        "inbox": lags.probe("inbox"),
        "gateway": _gateway(live, settings.websocket_connections),
        "streams": _streams(live, settings.sse_connections),
    }
    if shared:
        probes["redis"] = _redis(shared.broker.statistics)
    if inbox.sender:
        probes["push"] = _push(inbox.sender.statistics)
    return probes


def _database(core: Core) -> Probe:
    async def look() -> Finding:
        await core.store.fetch(PING)
        return Finding("ok", f"{_ENGINES[core.store.engine]} answers")

    return look


def _writer(statistics: Statistics) -> Probe:
    async def look() -> Finding:
        figures = statistics()
        return _filling(figures["queue_depth"], figures["queue_capacity"], "writes wait")

    return look


def _gateway(live: Live, most: int) -> Probe:
    async def look() -> Finding:
        gateway = live.sockets.gateway
        if gateway.draining:
            return Finding("down", "sends its clients away")
        return _filling(gateway.statistics().connections, most, "connections")

    return look


def _streams(live: Live, most: int) -> Probe:
    async def look() -> Finding:
        return _filling(live.sse.statistics().connections, most, "event streams")

    return look


def _redis(statistics: Statistics) -> Probe:
    async def look() -> Finding:
        if statistics()["connected"]:
            return Finding("ok", "connected")
        return Finding("down", "away: this process is live for itself alone")

    return look


def _push(statistics: Statistics) -> Probe:
    """Push services are others' machines: failures lately mean that pushes are late."""
    before = dict(statistics())

    async def look() -> Finding:
        nonlocal before
        now = dict(statistics())
        taken, failed = (now[name] - before[name] for name in (_TAKEN, _FAILED))
        before = now
        if failed > taken:
            return Finding("degraded", f"{int(failed)} pushes just failed and will be tried again")
        return Finding("ok", f"{int(now[_TAKEN])} pushes taken since the start")

    return look


_TAKEN, _FAILED = "pushes_taken_total", "pushes_failed_total"


def _filling(present: float, most: float, of_what: str) -> Finding:
    detail = f"{int(present):,} of {int(most):,} {of_what}"
    if present >= most:
        return Finding("down", f"full: {detail}")
    return Finding("degraded" if present > FULL * most else "ok", detail)
