"""Parts and alerts over time: how they are, and since when."""

from __future__ import annotations

import asyncio

import pytest

from groundswell.contract.errors import Unavailable
from groundswell.contract.times import SECOND, to_rfc3339
from groundswell.ops.alerts import RULES, AlertsWatch
from groundswell.ops.history import Reading, Window
from groundswell.ops.operations import Operations
from groundswell.ops.parts import Finding, PartsWatch

START = 1_773_585_040_000_000


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


class Part:
    """A part that is as it is told to be."""

    def __init__(self) -> None:
        self.finding = Finding("ok", "works")
        self.fails = self.hangs = False

    async def look(self) -> Finding:
        if self.fails:
            raise OSError("no route to 10.0.0.1")
        if self.hangs:
            await asyncio.Event().wait()
        return self.finding


async def test_a_part_says_since_when_it_is_as_it_is() -> None:
    clock, part = Clock(), Part()
    watch = PartsWatch({"writer": part.look}, clock)
    await watch.look()
    clock.now += SECOND
    part.finding = Finding("degraded", "almost full")
    await watch.look()
    clock.now += SECOND
    part.finding = Finding("degraded", "more so")
    await watch.look()
    (found,) = watch.all()
    assert (found.status, found.detail) == ("degraded", "more so")
    assert found.since == to_rfc3339(START + SECOND)
    assert watch.overall() == "degraded"
    assert watch.statistics() == {'status{part="writer"}': 1.0}


async def test_a_part_that_fails_is_down_and_gives_nothing_away() -> None:
    part, other = Part(), Part()
    part.fails = True
    watch = PartsWatch({"database": part.look, "writer": other.look}, Clock())
    await watch.look()
    database, writer = watch.all()
    assert (database.status, writer.status, watch.overall()) == ("down", "ok", "down")
    assert "10.0.0.1" not in database.detail
    part.fails = False
    await watch.look()
    assert watch.overall() == "ok"


async def test_a_part_that_does_not_answer_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("groundswell.ops.parts.PROBE_SECONDS", 0.01)
    part = Part()
    part.hangs = True
    watch = PartsWatch({"database": part.look}, Clock())
    await watch.look()
    assert watch.all()[0].detail == "does not answer"


def window(before: dict[str, float], after: dict[str, float]) -> Window:
    def reading(at: float, values: dict[str, float]) -> Reading:
        return Reading(at, {(name, ()): value for name, value in values.items()})

    return Window(reading(0, before), reading(300, after))


FAILING = window(
    {"connections_failed_total": 0, "connections_attempted_total": 0},
    {"connections_failed_total": 6, "connections_attempted_total": 100},
)


def test_an_alert_is_pending_until_it_has_lasted() -> None:
    clock = Clock()
    watch = AlertsWatch(clock)

    def state() -> tuple[str, str | None]:
        alert = next(one for one in watch.all() if one.name == "GroundswellConnectionsFail")
        return alert.state, alert.since

    assert watch.all() == []
    watch.look(FAILING)
    assert state() == ("pending", to_rfc3339(START))
    clock.now += 120 * SECOND
    watch.look(FAILING)
    assert state() == ("firing", to_rfc3339(START))
    watch.look(window({}, {}))
    assert state() == ("ok", None)


@pytest.mark.parametrize(
    ("name", "before", "quiet", "loud"),
    [
        (
            "GroundswellConnectionsFail",
            {},
            {"connections_failed_total": 5, "connections_attempted_total": 100},
            {"connections_failed_total": 6, "connections_attempted_total": 100},
        ),
        (
            "GroundswellConnectionsFail",
            {},
            {"connections_failed_total": 10, "connections_attempted_total": 19},
            {"connections_failed_total": 10, "connections_attempted_total": 20},
        ),
        (
            "GroundswellDeliveriesFail",
            {"deliveries_failed_total": 1_000, "deliveries_total": 1_000},
            {"deliveries_failed_total": 1_005, "deliveries_total": 1_100},
            {"deliveries_failed_total": 1_006, "deliveries_total": 1_100},
        ),
        ("GroundswellBacklog", {}, {"consumers_lag": 1_000}, {"consumers_lag": 1_001}),
        ("GroundswellInboxBacklog", {}, {"inbox_backlog": 1_000}, {"inbox_backlog": 1_001}),
        (
            "GroundswellWriteQueueFull",
            {},
            {"writer_queue_depth": 80, "writer_queue_capacity": 100},
            {"writer_queue_depth": 81, "writer_queue_capacity": 100},
        ),
        ("GroundswellRedisAway", {}, {"redis_connected": 1}, {"redis_connected": 0}),
        ("GroundswellRedisAway", {}, {}, {"redis_connected": 0}),
    ],
)
def test_each_alert_has_the_bound_it_says(
    name: str, before: dict[str, float], quiet: dict[str, float], loud: dict[str, float]
) -> None:
    rule = next(one for one in RULES if one.name == name)
    for after, fires in ((quiet, False), (loud, True)):
        value = rule.value(window(before, after))
        assert (value is not None and value > rule.above) is fires


async def test_nothing_is_told_before_the_first_look() -> None:
    operations = Operations({"live": lambda: {"n_total": 1}}, {"writer": Part().look}, Clock())
    with pytest.raises(Unavailable):
        operations.overview()
    await operations.look(0.0)
    assert operations.overview().health.status == "ok"
    assert operations.health().parts[0].part == "writer"


async def test_a_part_that_cannot_say_how_it_is_hides_no_other() -> None:
    def broken() -> dict[str, float]:
        raise RuntimeError

    parts = {"writer": broken, "inbox": lambda: {"backlog": 1_001.0}}
    operations = Operations(parts, {"writer": Part().look}, Clock())
    await operations.look(0.0)
    waiting = operations.overview().waiting
    assert (waiting.writes, waiting.inbox_messages) == (0, 1_001)


async def test_looking_goes_on_after_a_look_that_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    operations = Operations({}, {}, Clock(), seconds=0.001)
    looks, again = 0, asyncio.Event()

    async def look(_: float) -> None:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise RuntimeError
        again.set()

    monkeypatch.setattr(operations, "look", look)
    running = asyncio.create_task(operations.run())
    try:
        async with asyncio.timeout(5):
            await again.wait()
    finally:
        running.cancel()
