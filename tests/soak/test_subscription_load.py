"""Scenario: at least a thousand subscription changes a minute, and what is held is told whole."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.soak.changing import Changer
from tests.soak.following import Route
from tests.soak.publishing import Votes, votes_on
from tests.soak.report import Report, percentile
from tests.soak.scale import Scale
from tests.soak.service import StartStressed

pytestmark = pytest.mark.alone

CHANGERS = 20
TOPICS = 12
WANTED_PER_MINUTE = 1_000
PER_SECOND = 30.0


async def test_a_thousand_changes_a_minute_and_nothing_held_is_missed(
    stressed: StartStressed, sqlite_url: str, stress: Scale, report: Report
) -> None:
    """P5 while topics are taken and left: no event of a topic not held, all of those held."""
    service, draw = stressed(sqlite_url), stress.draw("changes")
    files = [await votes_on(service, f"File {number}") for number in range(TOPICS)]
    topics = [one.topic for one in files]
    changers = [Changer(topics, draw) for _ in range(CHANGERS)]
    done = asyncio.Event()
    async with Route(service.url).session() as session, asyncio.TaskGroup() as group:
        begun = time.monotonic()
        running = [group.create_task(one.run(session, stress.seconds, done)) for one in changers]
        await asyncio.sleep(0.5)
        publishing = [
            group.create_task(
                one.publish(seconds=stress.seconds - 0.5, per_second=PER_SECOND / TOPICS, at_once=1)
            )
            for one in files
        ]
        await asyncio.wait(publishing)
        changed = sum(one.changes for one in changers)
        took = time.monotonic() - begun
        await until_all_heard(changers, files)
        done.set()
        await asyncio.wait(running)
    per_minute = changed / took * 60
    answers = [one for changer in changers for one in changer.answer_seconds]
    expected = sum(len(one.sent) for one in files) * CHANGERS
    heard = sum(len(numbers) for one in changers for numbers in one.heard.values())
    found = (
        f"{per_minute:,.0f} changes a minute, {heard:,} of {expected:,} events told; "
        f"answers p95 {percentile(answers, 0.95) * 1000:.0f}, "
        f"p99 {percentile(answers, 0.99) * 1000:.0f} ms"
    )
    report.add("subscription load", f"{CHANGERS} clients, {TOPICS} topics", found, "≥ 1,000")
    assert per_minute >= WANTED_PER_MINUTE
    assert [one.strange for one in changers if one.strange] == []
    for one in changers:
        for votes in files:
            assert one.heard[votes.topic] == votes.numbers, votes.topic


async def until_all_heard(changers: list[Changer], files: list[Votes]) -> None:
    """Wait until nothing is missing, or long enough that it is lost."""
    total = sum(len(one.sent) for one in files)
    deadline = time.monotonic() + 10
    while any(sum(map(len, one.heard.values())) < total for one in changers):
        if time.monotonic() > deadline:
            return
        await asyncio.sleep(0.05)
