"""From a client's last position to the present: complete, or with the hole named."""

from __future__ import annotations

import asyncio

import pytest

from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.recovery import Hole, LogPosition, Page, Recovery
from tests.unit.realtime.builders import publication
from tests.unit.realtime.recorded_log import RecordedLog

FEEDS = frozenset({"activity", "media.1"})


class World:
    """Ten events are in the log; the broker of this process began after `broker_after`."""

    def __init__(self, broker_after: int = 10, limit: int = 1_000) -> None:
        self.log = RecordedLog()
        self.log.publications = [publication(seq) for seq in range(1, 11)]
        self.log.delivered = 10
        self.broker = MemoryBroker(after_seq=broker_after)
        self.recovery = Recovery(self.broker, self.log, limit=limit)

    async def pages(self, after: int, target: int = 10, log_id: str = "log") -> list[Page]:
        last = LogPosition(log_id, after)
        return [page async for page in self.recovery.pages(FEEDS, last, target)]


def told(pages: list[Page]) -> list[int]:
    return [envelope.seq for page in pages for envelope in page.envelopes]


def holes(pages: list[Page]) -> list[Hole]:
    return [page.hole for page in pages if page.hole]


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("k3Tz.42", LogPosition("k3Tz", 42)),
        ("a.b.7", LogPosition("a.b", 7)),
        ("nonsense", LogPosition("", 0)),
        (".5", LogPosition("", 0)),
        ("log.", LogPosition("", 0)),
        ("log.-1", LogPosition("", 0)),
        ("log.٣", LogPosition("", 0)),
        ("log." + "9" * 20, LogPosition("", 0)),
    ],
)
def test_a_position_is_a_log_and_a_seq(text: str, position: LogPosition) -> None:
    assert LogPosition.parse(text) == position


async def test_a_newcomer_starts_at_the_present() -> None:
    world = World()
    pages = [page async for page in world.recovery.pages(FEEDS, None, 10)]
    assert pages == [Page([], 10)]


async def test_who_missed_nothing_gets_nothing_and_the_log_is_not_asked() -> None:
    world = World()
    assert await world.pages(10) == [Page([], 10)]
    assert world.log.reads == 0


async def test_what_the_broker_holds_is_not_read_from_the_log() -> None:
    world = World(broker_after=0)
    await world.broker.publish([publication(seq) for seq in (1, 3)])
    await world.broker.publish([publication(4), publication(4, "media.1"), publication(5)])
    pages = await world.pages(1, target=4)
    assert sorted((one.seq, one.topic, one.offset) for one in pages[0].envelopes) == [
        (3, "activity", 2),
        (4, "activity", 3),
        (4, "media.1", 1),
    ]
    assert told(pages) == [3, 4, 4]
    assert pages[-1].position == 4
    assert world.log.reads == 0


async def test_what_the_broker_does_not_hold_is_read_from_the_log() -> None:
    world = World()
    pages = await world.pages(4)
    assert told(pages) == [5, 6, 7, 8, 9, 10]
    assert (pages[-1].position, holes(pages)) == (10, [])


async def test_what_will_come_live_is_not_replayed() -> None:
    pages = await World().pages(4, target=7)
    assert (told(pages), pages[-1].position) == ([5, 6, 7], 7)


async def test_a_log_with_nothing_for_these_topics_is_no_loss() -> None:
    world = World()
    world.log.publications = [publication(seq, "media.2") for seq in range(1, 11)]
    pages = await world.pages(4)
    assert (told(pages), holes(pages), pages[-1].position) == ([], [], 10)


async def test_a_log_that_ends_before_the_target_is_no_loss_if_it_says_so() -> None:
    world = World()
    pages = await world.pages(4, target=15)
    assert (told(pages)[-1], holes(pages), pages[-1].position) == (10, [], 15)


async def test_a_trimmed_log_names_what_is_gone() -> None:
    world = World()
    world.log.trimmed = 6
    pages = await world.pages(2)
    assert holes(pages) == [Hole("trimmed", 3, 6)]
    assert told(pages) == [7, 8, 9, 10]


async def test_a_wholly_trimmed_log_is_a_hole_up_to_the_present() -> None:
    world = World()
    world.log.trimmed = 10
    pages = await world.pages(2)
    assert (told(pages), pages[-1].position) == ([], 10)
    assert holes(pages) == [Hole("trimmed", 3, 10)]


async def test_an_absence_longer_than_the_limit_ends_in_a_hole() -> None:
    pages = await World(limit=3).pages(2)
    assert told(pages) == [3, 4, 5]
    assert holes(pages) == [Hole("trimmed", 6, 10)]
    assert pages[-1].position == 10


async def test_an_absence_exactly_at_the_limit_is_complete() -> None:
    pages = await World(limit=8).pages(2)
    assert (told(pages), holes(pages)) == ([3, 4, 5, 6, 7, 8, 9, 10], [])


async def test_a_position_in_another_log_means_nothing() -> None:
    world = World()
    assert await world.pages(4, log_id="former") == [Page([], 10, Hole("epoch_changed", None, 10))]


async def test_a_client_ahead_of_the_deliveries_goes_on_from_where_it_was() -> None:
    world = World()
    assert await world.pages(9, target=7) == [Page([], 9)]


async def test_a_log_that_lost_its_end_is_another_log() -> None:
    assert await World().pages(11) == [Page([], 10, Hole("epoch_changed", None, 10))]


async def test_equal_readings_under_way_are_made_once() -> None:
    world = World()
    world.log.pauses = 5
    answers = await asyncio.gather(*(world.pages(4) for _ in range(20)))
    assert world.log.reads == 1
    assert {tuple(told(pages)) for pages in answers} == {(5, 6, 7, 8, 9, 10)}
    await world.pages(4)
    assert world.log.reads == 2
