"""What the gateway counts."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from groundswell.contract.times import SECOND
from groundswell.realtime.gateway.backlog import Losses

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Upper bounds in seconds."""


class Latencies:
    """A histogram of seconds from an event to its being written to all who hear it here."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BUCKETS) + 1)
        self.total = 0.0

    def add(self, microseconds: int) -> None:
        """One event."""
        seconds = max(0, microseconds) / SECOND
        self.counts[bisect_left(BUCKETS, seconds)] += 1
        self.total += seconds


@dataclass(slots=True)
class Figures:
    """Counts since the start."""

    opened: int = 0
    resumes: Counter[str] = field(default_factory=Counter)
    closes: Counter[int] = field(default_factory=Counter)
    closes_by_door: Counter[tuple[str, int]] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    gaps: Counter[str] = field(default_factory=Counter)
    alarms: int = 0
    losses: Losses = field(default_factory=Losses)
    latencies: Latencies = field(default_factory=Latencies)


@dataclass(frozen=True, slots=True)
class GatewayStatistics:
    """Present ``connections``, ``subscriptions`` and who is ``behind``; the rest since the start.

    Attributes:
        resumes: subscriptions begun, by outcome of their recovery.
        closes: connections ended by the server, by close code.
        closes_by_door: the same by door and close code.
        errors: refusals told, by name.
        gaps: GAPs told, by reason.
        drops: events not told, by what became of them.
        alarms: clients that were ahead of their topic's stream.
        latency_counts: events by time to delivery, one count for each of ``latency_bounds`` (in
            seconds) and one beyond; ``latency_sum`` in seconds.
    """

    connections: int
    subscriptions: int
    behind: int
    opened: int
    resumes: Mapping[str, int]
    closes: Mapping[int, int]
    closes_by_door: Mapping[tuple[str, int], int]
    errors: Mapping[str, int]
    gaps: Mapping[str, int]
    drops: Mapping[str, int]
    alarms: int
    reads: int
    shared_reads: int
    latency_bounds: tuple[float, ...]
    latency_counts: tuple[int, ...]
    latency_sum: float
