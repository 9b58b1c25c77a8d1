"""What a device is told it missed: what is no longer kept in full since it last listened."""

from __future__ import annotations

from groundswell.contract.inbox import Absence
from groundswell.contract.times import DAY, HOUR, MINUTE
from groundswell.delivery.past import TopicPast
from groundswell.delivery.replay import LogReplay
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.recovery import LogPosition, Recovery
from tests.integration.inbox.inboxes import Inboxes


async def came(inboxes: Inboxes, client: str = "phone") -> Absence:
    """The device comes, as a gateway lets it: what it missed."""
    missed = await inboxes.port.absence("ada", client)
    await inboxes.port.connected("ada", client)
    return missed


async def pass_time(inboxes: Inboxes, microseconds: int) -> None:
    inboxes.clock.advance(microseconds)
    await inboxes.trim()


async def test_what_is_kept_in_full_is_not_summed_up(inboxes: Inboxes) -> None:
    await came(inboxes)
    await inboxes.file("ada", 1, 2, delivery="normal")
    await inboxes.file("ada", 3)
    await pass_time(inboxes, DAY - 1)
    assert await came(inboxes) == Absence()


async def test_what_is_in_summary_only_is_counted_since_the_device_listened(
    inboxes: Inboxes,
) -> None:
    await inboxes.file("ada", 1, delivery="normal")
    inboxes.clock.advance(1)
    await came(inboxes)
    inboxes.clock.advance(HOUR)
    first = inboxes.clock()
    await inboxes.file("ada", 2, delivery="normal", event_type="friend.joined")
    inboxes.clock.advance(HOUR)
    await inboxes.file("ada", 3, 4, delivery="normal")
    await inboxes.file("ada", 5)
    await pass_time(inboxes, 2 * DAY)
    missed = await came(inboxes)
    assert missed.summed is not None
    assert missed.summed.by_type == {"friend.joined": 1, "reward.earned": 2}
    assert (missed.summed.from_at, missed.summed.to_at) == (first, first + HOUR)
    assert (missed.summed.count, missed.forgotten, missed.more) == (3, None, False)
    places = [one.seq for one in await inboxes.core.events()]
    assert (missed.summed.from_seq, missed.summed.to_seq) == (places[1], places[3])
    assert await inboxes.pending("ada", "phone") == [5], "critical ones are still told one by one"
    assert await came(inboxes) == Absence(), "it is told once"


async def test_what_is_not_even_in_summary_is_counted_apart(inboxes: Inboxes) -> None:
    await came(inboxes)
    inboxes.clock.advance(1)
    await inboxes.file("ada", 1, 2)
    await pass_time(inboxes, 2 * DAY)
    await inboxes.file("ada", 3, 4, 5, delivery="normal")
    await pass_time(inboxes, 6 * DAY)
    missed = await came(inboxes)
    assert missed.forgotten is not None and missed.summed is not None
    assert (missed.forgotten.count, missed.summed.count, missed.more) == (2, 3, False)
    assert missed.forgotten.to_seq < missed.summed.from_seq


async def test_what_is_gone_altogether_is_told_to_a_user_nobody_knows(inboxes: Inboxes) -> None:
    await inboxes.file("ada", 1, 2, delivery="normal")
    await pass_time(inboxes, 15 * DAY)
    await pass_time(inboxes, 1)
    assert await came(inboxes) == Absence(more=True)
    assert await came(inboxes, "laptop") == Absence(), "somebody was told"


async def test_a_new_device_missed_what_all_others_missed(inboxes: Inboxes) -> None:
    await inboxes.file("ada", 1, delivery="normal")
    inboxes.clock.advance(1)
    await came(inboxes)
    inboxes.clock.advance(1)
    await inboxes.file("ada", 2, delivery="normal")
    await pass_time(inboxes, 2 * DAY)
    laptop = await came(inboxes, "laptop")
    assert laptop.summed is not None and laptop.summed.count == 1
    phone = await came(inboxes)
    assert phone.summed is not None and phone.summed.count == 1
    assert await came(inboxes, "tablet") == Absence()


async def test_it_counts_from_when_the_device_left(inboxes: Inboxes) -> None:
    await came(inboxes)
    inboxes.clock.advance(HOUR)
    await inboxes.file("ada", 1, delivery="normal")
    inboxes.clock.advance(1)
    left = inboxes.clock()
    await inboxes.port.left("ada", "phone", left)
    await inboxes.port.left("ada", "phone", left - MINUTE)
    inboxes.clock.advance(MINUTE)
    await inboxes.file("ada", 2, delivery="normal")
    await pass_time(inboxes, 2 * DAY)
    missed = await came(inboxes)
    assert missed.summed is not None and missed.summed.count == 1


async def test_leaving_makes_no_device(inboxes: Inboxes) -> None:
    await inboxes.port.left("ada", "phone", inboxes.clock())
    assert await inboxes.core.rows("SELECT COUNT(*) FROM inbox_devices") == [(0,)]


async def test_an_acknowledgement_is_not_listening(inboxes: Inboxes) -> None:
    """It may come over HTTP long before the device asks what it missed."""
    await came(inboxes)
    inboxes.clock.advance(1)
    await inboxes.file("ada", 1, 2, delivery="normal")
    await inboxes.file("ada", 3)
    await pass_time(inboxes, 2 * DAY)
    await inboxes.port.ack("ada", "phone", ids=["msg-ada-3"])
    missed = await inboxes.port.absence("ada", "phone")
    assert missed.summed is not None and missed.summed.count == 2
    await inboxes.port.ack("ada", "phone", up_to=1)
    rest = await came(inboxes)
    assert rest.summed is not None and rest.summed.count == 1, "what it has, it did not miss"


async def test_what_is_told_live_was_heard(inboxes: Inboxes) -> None:
    await came(inboxes)
    inboxes.clock.advance(1)
    await inboxes.file("ada", 1, delivery="normal")
    await inboxes.file("ada", 2)
    inboxes.clock.advance(1)
    await inboxes.port.sent("ada", "phone", ["msg-ada-2"])
    await pass_time(inboxes, 2 * DAY)
    assert await came(inboxes) == Absence()


async def test_the_log_says_where_texts_were(inboxes: Inboxes) -> None:
    """What it tells to those who come back is a GAP there, and the sum of it is exact."""
    await inboxes.file("ada", 1, 2, delivery="normal", event_type="friend.joined")
    await inboxes.file("ada", 3)
    await inboxes.file("ada", 4, delivery="normal")
    await inboxes.file("bob", 1, delivery="normal")
    await pass_time(inboxes, DAY)
    log, topic = inboxes.core.log, "user.ada.inbox"
    replay = LogReplay(log, "log", lambda: 5)
    recovery = Recovery(MemoryBroker(clock=inboxes.clock, after_seq=5), replay)
    last = LogPosition("log", 1)
    (page,) = [one async for one in recovery.pages(frozenset({topic}), last, 5)]
    assert [one.seq for one in page.envelopes] == [3]
    (gap,) = page.gaps
    assert (gap.topic, gap.reason, gap.missed) == (topic, "retention", 2)
    assert (gap.from_seq, gap.to_seq, gap.url) == (2, 4, "/v1/me/inbox")
    past = await TopicPast(log, inboxes.clock).before(topic, 5, 10)
    assert [(one.seq, one.event_type) for one in past] == [
        (1, "friend.joined"),
        (2, "friend.joined"),
        (3, "reward.earned"),
        (4, "reward.earned"),
    ]
