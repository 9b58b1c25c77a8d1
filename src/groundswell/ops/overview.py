"""What operators see at a glance: who is connected, what is told, how fast, and what waits."""

from __future__ import annotations

import msgspec

from groundswell.ops.alerts import Alert
from groundswell.ops.history import History, Window
from groundswell.ops.parts import PartHealth, Status

RECENT_SECONDS = 60.0
"""What rates and percentiles are taken over."""

STEP_SECONDS = 15.0
"""What each point of a series is taken over."""

LATENCY = "delivery_latency_seconds"
_MINUTE = 60.0


class Health(msgspec.Struct, frozen=True, rename="camel"):
    """Every part and every alert; ``status`` is that of the worst part."""

    at: str
    status: Status
    parts: list[PartHealth]
    alerts: list[Alert]


class DoorFigures(msgspec.Struct, frozen=True, rename="camel"):
    """One door: who is there now, who comes and goes, and what is told to them."""

    door: str
    connections: int
    opened_per_minute: float
    closed_per_minute: float
    failed_per_minute: float
    told_per_second: float


class Percentiles(msgspec.Struct, frozen=True, rename="camel"):
    """Seconds from an event to its being told; null if nothing was told."""

    p50: float | None
    p95: float | None
    p99: float | None


class Point(msgspec.Struct, frozen=True, rename="camel"):
    """A moment of the last minutes, so many seconds ago."""

    seconds_ago: float
    p50: float | None
    p95: float | None
    p99: float | None
    told_per_second: float


class Counted(msgspec.Struct, frozen=True, rename="camel"):
    """How often something happened: since the process started, and in the last minute."""

    name: str
    total: int
    recent: int


class Waiting(msgspec.Struct, frozen=True, rename="camel"):
    """What waits: messages, events of each consumer of the log, and writes."""

    inbox_messages: int
    inbox_oldest_seconds: float
    events: dict[str, int]
    writes: int
    writes_at_most: int


class Overview(msgspec.Struct, frozen=True, rename="camel"):
    """All of it; rates are of the last ``seconds``."""

    health: Health
    seconds: float
    doors: list[DoorFigures]
    subscriptions: dict[str, int]
    latency: Percentiles
    told_per_second: float
    events_per_second: float
    series: list[Point]
    closes: list[Counted]
    connection_failures: list[Counted]
    drops: list[Counted]
    delivery_failures: list[Counted]
    resumes: list[Counted]
    waiting: Waiting


def overview_of(history: History, health: Health) -> Overview:
    """The overview of what was read.

    Raises:
        LookupError: nothing was read yet.
    """
    window = history.last(RECENT_SECONDS)
    return Overview(
        health=health,
        seconds=round(window.seconds, 1),
        doors=_doors(window),
        subscriptions=_largest_first(window.last.by("subscriptions_held", "pattern")),
        latency=_percentiles(window),
        told_per_second=window.rate("deliveries_total"),
        events_per_second=window.rate(f"{LATENCY}_count"),
        series=_series(history),
        closes=_counted(window, "connections_closed_total", "door", "code"),
        connection_failures=_counted(window, "connections_failed_total", "door", "reason"),
        drops=_counted(window, "deliveries_dropped_total", "reason"),
        delivery_failures=_counted(window, "deliveries_failed_total", "reason"),
        resumes=_counted(window, "resumes_total", "outcome"),
        waiting=_waiting(window),
    )


def _doors(window: Window) -> list[DoorFigures]:
    connections = window.last.by("connections_open", "door")
    return [_door(window, door, int(count)) for door, count in connections.items()]


def _door(window: Window, door: str, connections: int) -> DoorFigures:
    return DoorFigures(
        door,
        connections,
        opened_per_minute=_MINUTE * window.rate("connections_opened_total", door=door),
        closed_per_minute=_MINUTE * window.rate("connections_closed_total", door=door),
        failed_per_minute=_MINUTE * window.rate("connections_failed_total", door=door),
        told_per_second=window.rate("deliveries_total", door=door),
    )


def _percentiles(window: Window) -> Percentiles:
    found = (window.quantile(share, f"{LATENCY}_bucket") for share in (0.5, 0.95, 0.99))
    return Percentiles(*found)


def _series(history: History) -> list[Point]:
    points, newest = [], history.last(0.0).last.at
    for window in history.steps(STEP_SECONDS):
        found = _percentiles(window)
        ago, told = newest - window.last.at, window.rate("deliveries_total")
        points.append(Point(round(ago, 1), found.p50, found.p95, found.p99, told))
    return points


def _counted(window: Window, name: str, *labels: str) -> list[Counted]:
    """The series of a counter, by one label or two, those that happened lately first."""
    found = []
    for keys, total in window.last.series(name, *labels):
        grown = window.grown(name, **dict(zip(labels, keys, strict=True)))
        if total:
            found.append(Counted(" ".join(keys), int(total), int(grown)))
    return sorted(found, key=lambda one: (-one.recent, -one.total, one.name))


def _waiting(window: Window) -> Waiting:
    last = window.last
    return Waiting(
        inbox_messages=int(last.total("inbox_backlog")),
        inbox_oldest_seconds=last.total("inbox_oldest_waiting_seconds"),
        events={name: int(lag) for name, lag in last.by("consumers_lag", "consumer").items()},
        writes=int(last.total("writer_queue_depth")),
        writes_at_most=int(last.total("writer_queue_capacity")),
    )


def _largest_first(counts: dict[str, float]) -> dict[str, int]:
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return {name: int(count) for name, count in ordered}
