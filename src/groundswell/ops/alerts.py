"""The alerts on live delivery, as this process would raise them now.

``deploy/prometheus/groundswell.rules.yml`` has the same rules for Prometheus, under the same names
and with the same bounds and durations; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec

from groundswell.contract.times import SECOND, Clock, to_rfc3339
from groundswell.ops.history import Window

State = Literal["ok", "pending", "firing"]
Value = Callable[[Window], float | None]

WINDOW_SECONDS: Final = 300.0
"""What rates are taken over."""

FEW: Final = 20
"""Connections tried, or messages told, within the window: a share of fewer says nothing."""


class AlertRule(msgspec.Struct, frozen=True):
    """Fires when ``value`` has been above ``above`` for ``seconds``. ``value`` None: no data."""

    name: str
    summary: str
    above: float
    seconds: int
    unit: Literal["share", "seconds", "count", "flag"]
    value: Value


class Alert(msgspec.Struct, frozen=True, rename="camel"):
    """A rule and how it stands; ``since`` is when its value rose above ``above``."""

    name: str
    summary: str
    state: State
    value: float | None
    above: float
    unit: str
    since: str | None


def _failing_connections(window: Window) -> float | None:
    return _share(window, "connections_failed_total", "connections_attempted_total")


def _failing_deliveries(window: Window) -> float | None:
    return _share(window, "deliveries_failed_total", "deliveries_total")


def _share(window: Window, some: str, of_all: str) -> float | None:
    whole = window.grown(of_all)
    return window.grown(some) / whole if whole >= FEW else None


def _slow(window: Window) -> float | None:
    return window.quantile(0.95, "delivery_latency_seconds_bucket")


def _lag(window: Window) -> float | None:
    return max(window.last.by("consumers_lag", "consumer").values(), default=None)


def _inbox(window: Window) -> float | None:
    return window.last.total("inbox_backlog")


def _away(window: Window) -> float | None:
    connected = window.last.by("redis_connected", "").get("")
    return None if connected is None else 1.0 - connected


def _queue(window: Window) -> float | None:
    capacity = window.last.total("writer_queue_capacity")
    return window.last.total("writer_queue_depth") / capacity if capacity else None


RULES: Final[tuple[AlertRule, ...]] = (
    AlertRule(
        "GroundswellConnectionsFail",
        "More than one in twenty connections cannot be opened",
        0.05,
        120,
        "share",
        _failing_connections,
    ),
    AlertRule(
        "GroundswellDeliversSlowly",
        "One event in twenty takes longer than two seconds to be told",
        2.0,
        120,
        "seconds",
        _slow,
    ),
    AlertRule(
        "GroundswellBacklog",
        "More than a thousand events wait to be processed",
        1_000,
        60,
        "count",
        _lag,
    ),
    AlertRule(
        "GroundswellDeliveriesFail",
        "More than one in twenty messages do not reach whom they are for",
        0.05,
        120,
        "share",
        _failing_deliveries,
    ),
    AlertRule(
        "GroundswellInboxBacklog",
        "More than a thousand critical messages wait to be acknowledged",
        1_000,
        600,
        "count",
        _inbox,
    ),
    AlertRule(
        "GroundswellWriteQueueFull",
        "The queue of writes is more than four fifths full",
        0.8,
        60,
        "share",
        _queue,
    ),
    AlertRule(
        "GroundswellRedisAway",
        "The process is live without Redis, for itself alone",
        0.5,
        60,
        "flag",
        _away,
    ),
)


class AlertsWatch:
    """How each rule stands, and since when its value is above its bound."""

    def __init__(self, clock: Clock, rules: Sequence[AlertRule] = RULES) -> None:
        self._clock = clock
        self._rules = rules
        self._values: dict[str, float | None] = {}
        self._since: dict[str, int] = {}

    def look(self, window: Window) -> None:
        """Compare every rule with the newest figures."""
        now = self._clock()
        for rule in self._rules:
            value = self._values[rule.name] = rule.value(window)
            if value is not None and value > rule.above:
                self._since.setdefault(rule.name, now)
            else:
                self._since.pop(rule.name, None)

    def all(self) -> list[Alert]:
        """Every rule as it stood at the last look."""
        return [self._alert(rule) for rule in self._rules if rule.name in self._values]

    def _alert(self, rule: AlertRule) -> Alert:
        since = self._since.get(rule.name)
        held = 0 if since is None else self._clock() - since
        state: State = "ok"
        if since is not None:
            state = "firing" if held >= rule.seconds * SECOND else "pending"
        return Alert(
            rule.name,
            rule.summary,
            state,
            self._values[rule.name],
            rule.above,
            rule.unit,
            None if since is None else to_rfc3339(since),
        )
