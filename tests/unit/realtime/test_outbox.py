"""A slow reader's queue: bounded, oldest first out, and every loss named exactly."""

from __future__ import annotations

from msgspec import UNSET

from groundswell.realtime.messages import Envelope
from groundswell.realtime.outbox import Losses, Outbox
from tests.unit.realtime.builders import envelope

ALL = 1 << 30


def outbox(**limits: int) -> Outbox:
    return Outbox(lambda: None, Losses(), **limits)


def seqs(envelopes: list[Envelope]) -> list[int]:
    return [one.seq for one in envelopes]


def test_events_leave_in_the_order_in_which_they_came() -> None:
    box = outbox()
    for seq in range(1, 6):
        box.send(envelope(seq))
    waiting = box.take(ALL)
    assert seqs(waiting.events) == [1, 2, 3, 4, 5]
    assert waiting.gaps == []
    assert not box
    assert box.size == 0


def test_the_queue_may_be_exactly_full() -> None:
    box = outbox(max_messages=3)
    for seq in (1, 2, 3):
        box.send(envelope(seq))
    assert len(box) == 3
    assert box.take(ALL).gaps == []


def test_one_more_drops_the_oldest_and_leaves_a_gap() -> None:
    losses = Losses()
    box = Outbox(lambda: None, losses, max_messages=3)
    for seq in range(11, 16):
        box.send(envelope(seq, offset=seq - 10))
    (gap,) = (waiting := box.take(ALL)).gaps
    assert (gap.topic, gap.epoch, gap.reason) == ("activity", "epoch", "slow_consumer")
    assert (gap.from_, gap.to, gap.missed) == (1, 2, 2)
    assert (gap.from_seq, gap.to_seq) == (11, 12)
    assert (gap.fallback, gap.url) == ("refetch", "/v1/activity?limit=20")
    assert seqs(waiting.events) == [13, 14, 15]
    assert (losses.dropped, losses.gaps) == (2, 1)


def test_each_topic_has_a_gap_of_its_own() -> None:
    box = outbox(max_messages=2)
    for seq, topic in enumerate(["activity", "media.1", "activity", "media.1", "activity"], 1):
        box.send(envelope(seq, topic, offset=(seq + 1) // 2))
    gaps = {gap.topic: (gap.from_, gap.to, gap.missed) for gap in box.take(ALL).gaps}
    assert gaps == {"activity": (1, 2, 2), "media.1": (1, 1, 1)}


def test_bytes_are_bounded_too() -> None:
    size = envelope(1, padding=1000).size
    box = outbox(max_bytes=size * 3)
    for seq in range(1, 10):
        box.send(envelope(seq, padding=1000))
    assert box.size <= size * 3
    assert seqs(box.take(ALL).events) == [7, 8, 9]


def test_an_event_larger_than_the_queue_is_lost_by_name() -> None:
    box = outbox(max_bytes=1_000)
    box.send(envelope(1, padding=2_000))
    waiting = box.take(ALL)
    assert (waiting.events, box.size) == ([], 0)
    assert [(gap.from_, gap.to) for gap in waiting.gaps] == [(1, 1)]


def test_of_a_state_only_the_newest_waits() -> None:
    losses = Losses()
    box = Outbox(lambda: None, losses)
    for seq in (1, 2, 3):
        box.send(envelope(seq, "hot", state=True))
        box.send(envelope(seq, "trending.24h", state=True))
    waiting = box.take(ALL)
    assert [(one.topic, one.seq) for one in waiting.states] == [("hot", 3), ("trending.24h", 3)]
    assert (waiting.events, waiting.gaps, box.size) == ([], [], 0)
    assert losses.superseded == 4


def test_events_are_dropped_before_states() -> None:
    box = outbox(max_messages=2)
    box.send(envelope(1, "hot", state=True))
    for seq in (2, 3, 4):
        box.send(envelope(seq))
    waiting = box.take(ALL)
    assert seqs(waiting.states) == [1]
    assert seqs(waiting.events) == [4]


def test_a_state_that_finds_no_room_is_named_with_a_snapshot_to_fall_back_on() -> None:
    box = outbox(max_messages=1)
    box.send(envelope(1, "hot", state=True))
    box.send(envelope(2, "trending.24h", state=True))
    waiting = box.take(ALL)
    assert [(gap.topic, gap.fallback, gap.url) for gap in waiting.gaps] == [
        ("hot", "snapshot", UNSET)
    ]
    assert seqs(waiting.states) == [2]


def test_what_was_replayed_is_dropped_from_the_queue_and_when_it_comes_later() -> None:
    box = outbox()
    for seq in (1, 2, 3):
        box.send(envelope(seq))
    box.start_after(2)
    box.send(envelope(2))
    box.send(envelope(4))
    assert seqs(box.take(ALL).events) == [3, 4]
    assert box.size == 0


def test_a_replay_says_nothing_about_states() -> None:
    box = outbox()
    box.send(envelope(1, "hot", state=True))
    box.start_after(5)
    box.send(envelope(2, "trending.24h", state=True))
    assert seqs(box.take(ALL).states) == [1, 2]


def test_a_state_older_than_the_snapshot_is_dropped() -> None:
    box = outbox()
    box.send(envelope(7, "hot", offset=3, state=True))
    box.start_state_after("hot", 2)
    assert len(box) == 1
    box.start_state_after("hot", 3)
    assert (len(box), box.size) == (0, 0)


def test_events_of_one_seq_are_taken_together() -> None:
    box = outbox()
    for seq, topic in [(1, "activity"), (2, "activity"), (2, "media.1"), (3, "activity")]:
        box.send(envelope(seq, topic))
    assert [seqs(box.take(1).events) for _ in range(3)] == [[1], [2, 2], [3]]


def test_each_arrival_wakes_the_reader() -> None:
    woken: list[None] = []
    box = Outbox(lambda: woken.append(None), Losses())
    box.send(envelope(1))
    box.send(envelope(2, "hot", state=True))
    box.start_after(9)
    box.send(envelope(3))
    assert len(woken) == 2
