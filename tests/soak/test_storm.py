"""All clients lose their connection at once, and come back (section 7, storm rules)."""

from __future__ import annotations

from bisect import bisect_left

import pytest

from tests.soak.audience import Audience, Seen, audience
from tests.soak.publishing import Votes, votes_on
from tests.soak.report import Report
from tests.soak.scale import Scale
from tests.soak.service import StartStressed, Stressed

pytestmark = pytest.mark.alone

MISSED = 50
"""Events that happen while nobody is connected."""
USUAL_RATE = 1_000
"""What the service lets in each second, unless it is told otherwise."""
SHARE = 0.25
"""The part of all clients that is let in each second."""


def fullest_second(accepted: list[float]) -> int:
    """The most that were let in within any one second."""
    return max(
        (bisect_left(accepted, at + 1.0) - place for place, at in enumerate(accepted)), default=0
    )


def assert_bucket_obeyed(seen: Seen, *, rate: int, burst: int) -> None:
    """At no time after its beginning had more come in than the bucket allows.

    A client may see late that it was let in, never early; so this holds on any machine.
    """
    for count, at in enumerate(seen.accepted, 1):
        assert count <= burst + rate * (at - seen.at) + 1, (count, at - seen.at)


@pytest.mark.parametrize("manners", ["polite", "rude"])
async def test_everybody_is_back_and_has_missed_nothing(
    stressed: StartStressed,
    sqlite_url: str,
    stress: Scale,
    report: Report,
    manners: str,
) -> None:
    """Clients that spread themselves as WELCOME asks, and clients that all come at once."""
    count = stress.storm
    rate = max(100, min(USUAL_RATE, int(count * SHARE)))
    service = stressed(sqlite_url, GROUNDSWELL_ACCEPT_RATE=str(rate))
    votes = await votes_on(service)
    async with audience(
        service.port, count, votes.topic, pace=rate * 0.9, seed=stress.seed
    ) as clients:
        there = await clients.until(lambda seen: seen.ready >= count, seconds=30 + count / 200)
        assert there.ready == count
        await votes.burst(1)
        await clients.until(lambda seen: seen.delivered.get(1, 0) == count, seconds=10)
        before = service.figures()
        begun = await clients.storm(polite=manners == "polite")
        await votes.burst(MISSED)
        seen = await returned(clients, count, votes)
        after = service.figures()
        told = figures(service, begun, seen, before, after)
        report.add("storm", f"{count:,} {manners} clients, {rate:,}/s let in", told, "all, once")
        seen.at = begun.at
        assert seen.delivered == dict.fromkeys(range(2, MISSED + 2), count), told
        assert (seen.wrong, seen.gaps) == (0, 0), told
        assert_bucket_obeyed(seen, rate=rate, burst=2 * rate)
        assert seen.refused == len([wait for wait in seen.retry_after if wait > 0])
        reads = grown(before, after, "reads")
        assert reads < count / 4, f"{reads} reads for {count} clients"
        if manners == "rude":
            assert seen.refused > 0, "a storm that nobody felt"


async def returned(clients: Audience, count: int, votes: Votes) -> Seen:
    """Wait until all are back and have heard everything."""
    last = max(votes.sent)

    def back(seen: Seen) -> bool:
        return seen.ready >= count and seen.delivered.get(last, 0) >= count

    seen = await clients.until(back, seconds=60)
    assert seen.ready == count, f"{seen.ready} of {count} are back"
    return seen


def grown(before: dict[str, float], after: dict[str, float], what: str) -> int:
    name = f"groundswell_sockets_gateway_{what}_total"
    return int(after[name] - before[name])


def figures(
    service: Stressed,
    begun: Seen,
    seen: Seen,
    before: dict[str, float],
    after: dict[str, float],
) -> str:
    reads, shared = grown(before, after, "reads"), grown(before, after, "shared_reads")
    peak = fullest_second(seen.accepted)
    return (
        f"all back after {seen.last_ready - begun.at:.1f} s; at most {peak} let in in one second, "
        f"{seen.refused:,} refused (503, Retry-After); "
        f"{reads} history reads, {shared:,} shared; {service.resident_bytes() / 2**20:.0f} MiB"
    )
