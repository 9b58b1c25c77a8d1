"""As many connections as a process, and several of them, can hold: what each of them costs."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import msgspec

from benchmarks import audience, listeners, live, results
from benchmarks.audience import Audience
from benchmarks.comparing import Case, Comparison, Figures, Tell, compare, told
from benchmarks.listeners import Listeners
from benchmarks.machine import describe
from benchmarks.processes import Service


class OneProcess(msgspec.Struct, frozen=True):
    """Each of the sides with all connections it can have here."""

    sides: Sequence[str] = (
        "groundswell-broker",
        "groundswell-socketio",
        "groundswell-sse",
        "ws",
        "socketio",
        "nchan",
    )
    rounds: int = 1
    connections: int = 18_000
    idle_seconds: float = 40.0
    """Longer than the time between two heartbeats."""
    publications: int = 5
    settle_seconds: float = 2.0


class ManyProcesses(msgspec.Struct, frozen=True):
    """Groundswell alone: several gateways on one Redis."""

    rounds: int = 1
    processes: int = 3
    connections: int = 50_000
    idle_seconds: float = 40.0
    publications: int = 5
    settle_seconds: float = 2.0


def measure_one(plan: OneProcess, directory: Path, tell: Tell) -> Comparison:
    """What a connection costs when it comes, while nothing happens, and one message to all.

    Raises:
        BenchmarkError: a side does not start, or loses a subscriber or a message.
    """

    def run(side: Listeners, program: Path) -> Figures:
        with Audience(program, side, subscribers=plan.connections) as present:
            figures = _held([side.service], [present], plan)
            single = present.single(plan.publications)
        return figures | {"last": sorted(single.last)[len(single.last) // 2], "p99": single.p99}

    settings: Figures = {"connections": plan.connections, "idleSeconds": plan.idle_seconds}
    return compare(plan.sides, run, directory, tell, rounds=plan.rounds, settings=settings)


def measure_many(plan: ManyProcesses, directory: Path, tell: Tell) -> Comparison:
    """The same over several processes; a message is published in the first of them.

    Raises:
        BenchmarkError: a process does not start, or loses a subscriber or a message.
    """
    machine = describe(None)
    program = audience.build(directory)
    runs = []
    for number in range(1, plan.rounds + 1):
        place = directory / f"fleet-{number}"
        place.mkdir()
        with _fleet(place, plan.processes) as services:
            runs.append(_fleet_run(plan, program, services))
        tell(f"round {number}  {told(runs[-1])}")
    settings: Figures = {
        "connections": plan.connections,
        "processes": plan.processes,
        "idleSeconds": plan.idle_seconds,
        "rounds": plan.rounds,
    }
    return Comparison(results.now(), machine, settings, [Case("groundswell-broker", runs)])


def shares(whole: int, parts: int) -> list[int]:
    """``whole`` in ``parts`` as equal as can be."""
    return [whole // parts + (number < whole % parts) for number in range(parts)]


@contextmanager
def _fleet(directory: Path, processes: int) -> Iterator[list[Service]]:
    with ExitStack() as stack:
        redis = live.start_redis(directory)
        stack.callback(redis.stop)
        services = []
        for number in range(processes):
            url = f"redis://127.0.0.1:{redis.port}"
            service = live.start(directory, name=f"live-{number}", redis_url=url)
            stack.callback(service.stop)
            services.append(service)
        yield services


def _fleet_run(plan: ManyProcesses, program: Path, services: list[Service]) -> Figures:
    counts = shares(plan.connections, len(services))
    with ExitStack() as stack:
        # From an address each, so that no ports run out.
        present = [
            stack.enter_context(
                Audience(
                    program,
                    listeners.on_broker(service),
                    subscribers=count,
                    first=sum(counts[:number]),
                    source=f"127.0.0.{number + 2}",
                )
            )
            for number, (service, count) in enumerate(zip(services, counts, strict=True))
        ]
        figures = _held(services, present, plan)
        took = [_told_to_all(services[0], present) for _ in range(plan.publications)]
    return figures | {"last": sorted(took)[len(took) // 2]}


def _held(
    services: list[Service], present: list[Audience], plan: OneProcess | ManyProcesses
) -> Figures:
    """What the connections cost the servers: when they come, and while nothing happens."""
    connections = plan.connections
    empty, used = _own_kilobytes(services), _processor(services)
    began = time.monotonic()
    for one in present:
        one.begin()
    for one in present:
        one.connected()
    took = time.monotonic() - began
    coming = _processor(services) - used
    time.sleep(plan.settle_seconds)
    held = _own_kilobytes(services) - empty
    used = _processor(services)
    time.sleep(plan.idle_seconds)
    idle = _processor(services) - used
    return {
        "connectsPerSecond": connections / took,
        "processorPerConnect": coming / connections * 1e6,
        "kilobytesPerConnection": held / connections,
        "idleProcessorPerMinute": idle / connections / plan.idle_seconds * 60e6,
    }


def _told_to_all(service: Service, present: list[Audience]) -> float:
    """Milliseconds until the last subscriber of all processes has a message."""
    for one in present:
        one.listen()
    began = time.monotonic()
    path = f"{service.url}/media.{listeners.FIRST_TOPIC}"
    httpx.post(path, content=listeners.DATA, timeout=30).raise_for_status()
    return (max(one.heard() for one in present) - began) * 1e3


def _own_kilobytes(services: list[Service]) -> int:
    return sum(service.own_kilobytes() for service in services)


def _processor(services: list[Service]) -> float:
    return sum(service.processor_seconds() for service in services)
