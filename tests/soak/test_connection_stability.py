"""Scenario: links that delay, stall, break in the middle and come back (P5; section 7).

Clients resume by position on every door: nothing lost, nothing twice, the order kept. Once through
a proxy of ours, once through a network of the kernel whose wire loses packets and is unplugged.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence

import pytest

from tests.services.bad_link import bad_link
from tests.services.namespaces import Network
from tests.soak.doors import DOORS, OverEvents
from tests.soak.following import Follower, Route, following
from tests.soak.publishing import Votes, votes_on
from tests.soak.report import Report
from tests.soak.scale import Scale
from tests.soak.service import StartStressed
from tests.soak.verdict import judge, until_told

pytestmark = pytest.mark.alone

PER_SECOND = 10.0
"""So slow that nobody is away for longer than the history of a topic lasts."""
RECOVERY_SECONDS = 30.0
SHORT_OUTAGE, LONG_OUTAGE = 0.3, 3.5
"""Seconds: shorter than a client's patience, so that TCP must mend it, and longer."""

Weather = Callable[[float], Coroutine[None, None, None]]
Stroke = Callable[[], Coroutine[None, None, None] | None]


def followers_on(route: Route, votes: Votes, stress: Scale) -> list[Follower]:
    draw = stress.draw("stability")
    count = max(len(DOORS), stress.clients // 2)
    return [DOORS[number % len(DOORS)](route, votes.topic, draw) for number in range(count)]


async def stand(followers: list[Follower], votes: Votes, weather: Weather, stress: Scale) -> None:
    """Publish while the weather lasts; afterwards everybody has everything, once, in order."""
    seconds = max(stress.seconds, 8.0)
    async with following(followers):
        async with asyncio.TaskGroup() as group:
            group.create_task(votes.publish(seconds=seconds, per_second=PER_SECOND))
            group.create_task(weather(seconds))
        await until_told(followers, votes, seconds=RECOVERY_SECONDS)


def reckon(followers: list[Follower], votes: Votes, report: Report, how: str) -> None:
    for door in DOORS:
        those = [one for one in followers if type(one) is door]
        found = judge(those, votes)
        lost = sum(one.losses for one in those)
        line = (
            f"{found.delivered:,} of {found.expected:,}, {found.twice} twice, "
            f"{sum(one.heard.again for one in those)} told again by id, "
            f"through {sum(one.connections for one in those)} connections, {lost} lost"
        )
        report.add("connection stability", f"{door.door}, {how}", line, "100 % once, in order")
        assert door is OverEvents or not any(one.heard.again for one in those)
        assert found.flawless, (door, line, [one.trouble for one in those])
        assert all(one.losses for one in those), f"{door}: the weather spared somebody"


async def test_nothing_is_lost_over_links_that_stall_and_break(
    stressed: StartStressed, sqlite_url: str, stress: Scale, report: Report
) -> None:
    """Resets, cuts in the middle of a frame, silent stalls, 20 to 120 ms each way."""
    service, draw = stressed(sqlite_url), stress.draw("weather")
    votes = await votes_on(service)
    async with bad_link(service.port, draw) as link:
        link.delay, link.jitter = 0.02, 0.1

        async def weather(seconds: float) -> None:
            strokes: list[Stroke] = [
                link.cut,
                lambda: link.cut(0.5),
                lambda: link.cut_within(600),
                lambda: link.cut_within(6_000),
                lambda: outage(SHORT_OUTAGE),
            ]

            async def outage(duration: float) -> None:
                link.stall()
                await asyncio.sleep(duration)
                link.resume()

            await outage(LONG_OUTAGE)
            await until_over(seconds - LONG_OUTAGE, strokes, draw)
            link.cut()

        followers = followers_on(Route(f"http://127.0.0.1:{link.port}"), votes, stress)
        await stand(followers, votes, weather, stress)
        report.add("connection stability", "cuts of the proxy", str(link.cuts))
        assert link.cuts >= len(followers)
    reckon(followers, votes, report, "through a bad proxy")


async def test_nothing_is_lost_over_wires_that_drop_packets_and_are_unplugged(
    stressed: StartStressed, sqlite_url: str, stress: Scale, report: Report, network: Network
) -> None:
    """In a namespace: packets dropped at random, a narrow wire, resets, the link down."""
    service, draw = stressed(sqlite_url), stress.draw("wires")
    votes = await votes_on(service)

    async def spell(spoil: Callable[[], None], seconds: float) -> None:
        await asyncio.to_thread(spoil)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(network.heal)

    async def weather(seconds: float) -> None:
        strokes: list[Stroke] = [
            lambda: spell(lambda: network.lose(15), 1.0),
            lambda: spell(lambda: network.slow(256), 1.0),
            lambda: spell(network.reset, 0.3),
            lambda: spell(network.down, SHORT_OUTAGE),
        ]
        await spell(network.down, LONG_OUTAGE)
        await until_over(seconds - LONG_OUTAGE, strokes, draw)
        await spell(network.reset, 0.3)

    route = Route(f"http://{network.address}:{service.port}", network.socket)
    followers = followers_on(route, votes, stress)
    await stand(followers, votes, weather, stress)
    reckon(followers, votes, report, "over a bad wire")


async def test_a_slow_but_whole_link_costs_no_connection(
    stressed: StartStressed, sqlite_url: str, stress: Scale, report: Report
) -> None:
    """Delay alone never ends a connection: fewer than 1 % are dropped; none is."""
    service = stressed(sqlite_url)
    votes, draw = await votes_on(service), stress.draw("slow")
    async with bad_link(service.port, draw) as link:
        link.delay, link.jitter = 0.1, 0.2
        followers = followers_on(Route(f"http://127.0.0.1:{link.port}"), votes, stress)
        async with following(followers):
            await votes.publish(seconds=stress.seconds, per_second=PER_SECOND)
            await until_told(followers, votes, seconds=RECOVERY_SECONDS)
        found = judge(followers, votes)
    dropped = sum(one.losses + len(one.farewells) for one in followers)
    told = f"{dropped} of {len(followers)} dropped; {found.line}"
    report.add("connection stability", "100 to 300 ms each way", told, "< 1 % dropped")
    assert dropped == 0
    assert found.flawless, found.line


async def until_over(seconds: float, strokes: Sequence[Stroke], draw: random.Random) -> None:
    """One stroke after another, each at least once, until time is up."""
    end = asyncio.get_running_loop().time() + seconds
    waiting = draw.sample(strokes, len(strokes))
    while waiting or asyncio.get_running_loop().time() < end:
        stroke = waiting.pop() if waiting else draw.choice(strokes)
        if (lasting := stroke()) is not None:
            await lasting
        await asyncio.sleep(draw.uniform(0.3, 1.2))


@pytest.fixture(autouse=True)
def _told_if_skipped(request: pytest.FixtureRequest, report: Report) -> None:
    """Nothing is left out silently: the table says so as well."""
    if "network" in request.fixturenames:
        try:
            request.getfixturevalue("network")
        except pytest.skip.Exception as reason:
            report.add("connection stability", "over a bad wire", f"left out: {reason}")
            raise
