"""From the HTTP request of a play to the subscribers that are told of it, through the service."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import msgspec

from benchmarks import audience, listeners, program, results
from benchmarks.audience import Audience
from benchmarks.comparing import Case, Comparison, Figures, Tell, told
from benchmarks.listeners import Listeners
from benchmarks.machine import describe

ACTIVITY = '"eventType":"engagement.activity.'
WARM_UP_SECONDS = 1.0


class Situation(msgspec.Struct, frozen=True):
    """``plays`` a second, each told to ``listening``, while ``present`` others are connected."""

    name: str
    plays: int
    listening: int
    present: int


class Plan(msgspec.Struct, frozen=True):
    """How much is measured; the defaults are the full benchmark."""

    situations: Sequence[Situation] = (
        Situation("idle", plays=20, listening=1, present=0),
        Situation("busy", plays=200, listening=100, present=10_000),
    )
    rounds: int = 3
    seconds: float = 10.0


def measure(plan: Plan, directory: Path, tell: Tell) -> Comparison:
    """Starts the service anew for every situation, round after round.

    Raises:
        BenchmarkError: it does not start, or a play is lost or refused.
    """
    machine = describe(None)
    load = audience.build(directory)
    cases = []
    for situation in plan.situations:
        case = Case(situation.name, [])
        for number in range(1, plan.rounds + 1):
            place = directory / f"{situation.name}-{number}"
            place.mkdir()
            case.runs.append(_run(situation, plan.seconds, place, load))
            tell(f"round {number}  {situation.name:<8}  {told(case.runs[-1])}")
        cases.append(case)
    settings: Figures = {"rounds": plan.rounds, "seconds": plan.seconds}
    return Comparison(results.now(), machine, settings, cases)


def _run(situation: Situation, seconds: float, directory: Path, load: Path) -> Figures:
    with ExitStack() as stack:
        side = _serving(directory, stack)
        if situation.present:
            others = replace(side, steps=_subscribing(f"media.{side.base}"))
            present = Audience(load, others, subscribers=situation.present, first=10_000)
            stack.enter_context(present).connect()
        listening = stack.enter_context(Audience(load, side, subscribers=situation.listening))
        listening.connect()
        listening.pace(min(seconds, WARM_UP_SECONDS), situation.plays)
        before = side.service.processor_seconds()
        pace = listening.pace(seconds, situation.plays)
        used = side.service.processor_seconds() - before
    return {
        "plays": situation.plays,
        "listening": situation.listening,
        "present": situation.present,
        "p50": pace.p50,
        "p99": pace.p99,
        "longest": pace.longest,
        "serverBusy": used / seconds,
        "clientBusy": pace.client_busy,
    }


def _serving(directory: Path, stack: ExitStack) -> Listeners:
    """The service on SQLite, with two files: one is played, the other only listened to."""
    url = f"sqlite:///{directory / 'groundswell.db'}"
    ours = program.Program("groundswell", url, directory)
    service = ours.serve({"GROUNDSWELL_ACCEPT_RATE": "100000"})
    stack.callback(service.stop)
    played, other = program.register(service, ["A song to play", "Another song"])
    play = listeners.request(
        "POST", f"/v1/media/{played}/plays", '{"playDuration":40}', "X-Forwarded-For: {ip}"
    )
    side = listeners.websocket(service, "activity", ACTIVITY, play)
    return replace(side, base=other)


def _subscribing(topic: str) -> tuple[tuple[str, str], ...]:
    return (
        ("", '{"type":"HELLO","clientId":"client-{i}"}'),
        ("", f'{{"type":"SUBSCRIBE","topics":["{topic}"]}}'),
    )
