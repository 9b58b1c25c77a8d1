"""From a reported registration to the reward that is granted for it, and the referrer's inbox.

The whole service over HTTP, on both databases. A registration through a code is logged, attributed,
converted, rewarded and filed in the inbox, each step a reaction to the event before it. There is no
peer: no free service is known that does this work, so both databases stand beside each other.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from benchmarks import postgres, program, results, services
from benchmarks.comparing import Case, Comparison, Figures, Tell, told
from benchmarks.errors import BenchmarkError
from benchmarks.machine import describe
from benchmarks.services import Query

REWARDED: Final = "referral.reward.earned"
RULES: Final[dict[str, Any]] = {
    "landingUrl": "https://shop.example/welcome",
    "rewards": [
        {
            "ruleId": "thanks",
            "role": "referrer",
            "kind": "flat",
            "currency": "EUR",
            "amountMinor": 500,
        }
    ],
}
BOOKS: Final = f"""
    SELECT (SELECT count(*) FROM reward_conversions WHERE completed = 1),
           (SELECT count(*) FROM rewards),
           (SELECT count(*) FROM inbox_messages WHERE event_type = '{REWARDED}'),
           (SELECT count(DISTINCT user_id) FROM inbox_messages WHERE event_type = '{REWARDED}')"""
POLL_SECONDS: Final = 0.02
LONGEST_SECONDS: Final = 120.0


class Plan(msgspec.Struct, frozen=True):
    """``people`` register, so many ``per_request``, each through the code of a referrer."""

    people: int = 4_000
    referrers: int = 400
    per_request: int = 50
    callers: int = 4
    alone: int = 30
    rounds: int = 3
    databases: Sequence[str] = services.OURS


def measure(plan: Plan, directory: Path, tell: Tell) -> Comparison:
    """Every side in every round on a fresh database.

    Raises:
        BenchmarkError: PostgreSQL is missing, a request is refused, or the books do not balance.
    """
    needed = services.needs_postgresql(plan.databases)
    machine = describe(postgres.version() if needed else None)
    cases = {name: Case(services.LABELS[name], []) for name in plan.databases}
    with services.cluster_for(plan.databases, directory) as cluster:
        for number in range(1, plan.rounds + 1):
            for name in plan.databases if number % 2 else reversed(plan.databases):
                place = directory / f"{name}-{number}"
                place.mkdir()
                url, query = _database(name, place, cluster)
                cases[name].runs.append(_run(url, query, plan, place))
                tell(f"round {number}  {name:<24}  {told(cases[name].runs[-1])}")
    settings: Figures = {
        "people": plan.people,
        "referrers": plan.referrers,
        "perRequest": plan.per_request,
        "rounds": plan.rounds,
    }
    return Comparison(results.now(), machine, settings, list(cases.values()))


def _database(name: str, directory: Path, cluster: postgres.Cluster | None) -> tuple[str, Query]:
    """A fresh database in every round."""
    if cluster is None or name == "groundswell-sqlite":
        return services.database(name, directory, cluster)
    url = cluster.create(directory.name)
    return url, lambda query: postgres.fetch(url, query)


def _run(url: str, query: Query, plan: Plan, directory: Path) -> Figures:
    with ExitStack() as stack:
        ours = program.Program("groundswell", url, directory)
        service = ours.serve({"GROUNDSWELL_ACCEPT_RATE": "100000"})
        stack.callback(service.stop)
        headers = {"Authorization": f"Bearer {program.API_KEY}"}
        host = stack.enter_context(
            httpx.Client(base_url=service.url, headers=headers, timeout=LONGEST_SECONDS)
        )
        codes = _codes(host, plan.referrers)
        waits = sorted(_alone(host, codes, plan.alone, query))
        used = service.processor_seconds()
        seconds = _together(host, codes, plan, query)
        used = service.processor_seconds() - used
        service.stop()
        ours.audit()
    return {
        "perSecond": plan.people / seconds,
        "alone": waits[len(waits) // 2] * 1000,
        "longest": waits[-1] * 1000,
        "processorPerConversion": used / plan.people * 1e6,
    }


def _codes(host: httpx.Client, referrers: int) -> list[str]:
    """A program, and a code of every referrer's."""
    made = _accepted(host.post("/v1/programs", json={"name": "Spring", "rules": RULES}))
    path = f"/v1/programs/{made['programId']}/codes"
    people = (f"referrer-{number}" for number in range(referrers))
    return [_accepted(host.post(path, json={"userId": one}))["code"] for one in people]


def _alone(host: httpx.Client, codes: list[str], times: int, query: Query) -> list[float]:
    """Seconds from a request until its notification is filed, with nothing else going on."""
    waits = []
    for number in range(times):
        began = time.perf_counter()
        _register(host, [_registration(f"first-{number}", codes[number % len(codes)])])
        _wait(query, number + 1, pause=0.001)
        waits.append(time.perf_counter() - began)
    return waits


def _together(host: httpx.Client, codes: list[str], plan: Plan, query: Query) -> float:
    """Seconds from the first request until the last notification is filed."""
    events = [
        _registration(f"person-{number}", codes[number % len(codes)])
        for number in range(plan.people)
    ]
    portions = [
        events[first : first + plan.per_request]
        for first in range(0, plan.people, plan.per_request)
    ]
    began = time.perf_counter()
    with ThreadPoolExecutor(plan.callers) as threads:
        list(threads.map(lambda portion: _register(host, portion), portions))
    _wait(query, plan.people + plan.alone, pause=POLL_SECONDS)
    seconds = time.perf_counter() - began
    _verify(query, plan)
    return seconds


def _wait(query: Query, filed: int, *, pause: float) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    count = f"SELECT count(*) FROM inbox_messages WHERE event_type = '{REWARDED}'"
    while int(query(count)[0][0]) < filed:
        if time.monotonic() > deadline:
            raise BenchmarkError(f"Not everybody was told of a reward: {query(BOOKS)}")
        time.sleep(pause)


def _verify(query: Query, plan: Plan) -> None:
    """One conversion, one reward and one notification for everybody, and none besides."""
    found = tuple(int(value) for value in query(BOOKS)[0])
    people = plan.people + plan.alone
    if found != (people, people, people, min(plan.referrers, people)):
        raise BenchmarkError(f"{people} registered, but the database shows {found}")


def _registration(user: str, code: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": user,
        "source": "/users",
        "type": "user.registered",
        "data": {
            "userId": user,
            "email": f"{user}@{user}.example",
            "referral": {"code": code},
        },
    }


def _register(host: httpx.Client, events: list[dict[str, Any]]) -> None:
    _accepted(host.post("/v1/events", json=events))


def _accepted(answer: httpx.Response) -> Any:
    if not answer.is_success:
        raise BenchmarkError(f"{answer.request.url} was refused: {answer.text}")
    return answer.json()
