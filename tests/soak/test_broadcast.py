"""Scenario: one event to thousands of clients, at all of them within five seconds."""

from __future__ import annotations

import pytest

from tests.soak.audience import Seen, audience
from tests.soak.publishing import votes_on
from tests.soak.report import Report
from tests.soak.scale import Scale
from tests.soak.service import StartStressed

pytestmark = pytest.mark.alone

EVENTS = 10
LIMIT_SECONDS = 5.0
ACCEPT_RATE = 2_000


async def test_the_last_of_all_clients_hears_of_an_event_within_five_seconds(
    stressed: StartStressed, sqlite_url: str, stress: Scale, report: Report
) -> None:
    """Each event, from asking for it to the last client; everybody hears all, in order (P5)."""
    service = stressed(sqlite_url, GROUNDSWELL_ACCEPT_RATE=str(ACCEPT_RATE))
    votes, count = await votes_on(service), stress.broadcast
    pace = ACCEPT_RATE * 0.8
    async with audience(service.port, count, votes.topic, pace=pace, seed=stress.seed) as clients:
        there = await clients.until(lambda seen: seen.ready >= count, seconds=30 + count / 200)
        assert there.ready == count, there.ready
        for number in range(1, EVENTS + 1):
            await votes.burst(1)

            def everywhere(seen: Seen, number: int = number) -> bool:
                return seen.delivered.get(number, 0) >= count

            await clients.until(everywhere, seconds=LIMIT_SECONDS + 1)
        seen = await clients.seen()
        megabytes = service.resident_bytes() / 2**20
    took = sorted(seen.last[number] - at for number, at in votes.sent.items())
    delivered = sum(seen.delivered.values())
    found = (
        f"{delivered:,} of {EVENTS * count:,}; the last client after {took[len(took) // 2]:.3f} s "
        f"(median), {took[-1]:.3f} s at worst; {megabytes:.0f} MiB"
    )
    report.add("broadcast", f"{EVENTS} events to {count:,} clients", found, "all within 5 s")
    assert seen.delivered == dict.fromkeys(range(1, EVENTS + 1), count)
    assert (seen.wrong, seen.gaps, seen.failed) == (0, 0, 0)
    assert took[-1] < LIMIT_SECONDS
