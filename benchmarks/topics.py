"""Many topics with a few subscribers each: publications among them, and topics joined and left."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from benchmarks.audience import Audience
from benchmarks.comparing import Comparison, Figures, Tell, compare
from benchmarks.listeners import Listeners


class Delivering(msgspec.Struct, frozen=True):
    """Publications to topics chosen at random, so many of them on their way at once."""

    sides: Sequence[str] = (
        "groundswell-broker",
        "groundswell-socketio",
        "ws",
        "socketio",
        "nchan",
    )
    rounds: int = 3
    topics: int = 2_000
    subscribers: int = 10_000
    seconds: float = 3.0
    window: int = 32
    warm_up_seconds: float = 1.0
    """Compilers at run time need some."""


class Changing(msgspec.Struct, frozen=True):
    """Subscribers that join a topic chosen at random, leave it when they are in, and so on."""

    sides: Sequence[str] = ("groundswell-broker", "socketio")
    rounds: int = 3
    topics: int = 2_000
    subscribers: int = 2_000
    seconds: float = 3.0
    window: int = 64
    warm_up_seconds: float = 1.0


def measure_delivering(plan: Delivering, directory: Path, tell: Tell) -> Comparison:
    """Deliveries per second where each publication reaches only a few.

    Raises:
        BenchmarkError: a side does not start, or loses a subscriber or a message.
    """

    def run(side: Listeners, program: Path) -> Figures:
        of_many = side.with_topics(plan.topics)
        with Audience(program, of_many, subscribers=plan.subscribers) as present:
            present.connect()
            present.loop(plan.warm_up_seconds, plan.window)
            before = side.service.processor_seconds()
            loop = present.loop(plan.seconds, plan.window)
            used = side.service.processor_seconds() - before
        return {
            "publicationsPerSecond": loop.publications / loop.seconds,
            "deliveriesPerSecond": loop.deliveries / loop.seconds,
            "processorPerPublication": used / loop.publications * 1e6,
            "clientBusy": loop.client_busy,
        }

    return compare(plan.sides, run, directory, tell, rounds=plan.rounds, settings=_settings(plan))


def measure_changing(plan: Changing, directory: Path, tell: Tell) -> Comparison:
    """Changes of subscriptions per second, each answered.

    Raises:
        BenchmarkError: a side does not start, or refuses a change.
    """

    def run(side: Listeners, program: Path) -> Figures:
        of_many = side.with_topics(plan.topics)
        with Audience(program, of_many, subscribers=plan.subscribers) as present:
            present.connect()
            present.change(plan.warm_up_seconds, plan.window)
            before = side.service.processor_seconds()
            done = present.change(plan.seconds, plan.window)
            used = side.service.processor_seconds() - before
        return {
            "changesPerSecond": done.changes / done.seconds,
            "p50": done.p50,
            "p99": done.p99,
            "processorPerChange": used / done.changes * 1e6,
            "clientBusy": done.client_busy,
        }

    return compare(plan.sides, run, directory, tell, rounds=plan.rounds, settings=_settings(plan))


def _settings(plan: Delivering | Changing) -> Figures:
    return {
        "topics": plan.topics,
        "subscribers": plan.subscribers,
        "seconds": plan.seconds,
        "window": plan.window,
    }
