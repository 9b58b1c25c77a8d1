"""When events leave for a client, and the BATCH that carries them."""

from __future__ import annotations

from itertools import count

import msgspec
import pytest

from groundswell.contract.times import MILLISECOND, SECOND
from groundswell.realtime.batching import LANE_MESSAGES, Batcher, Pace, batch, pace, portions
from groundswell.realtime.digests import Digest
from groundswell.realtime.messages import Envelope
from tests.unit.realtime.builders import envelope

HIGH, NORMAL, LOW = pace("high"), pace("normal"), pace("low")


def batcher() -> Batcher:
    numbers = count(1)
    return Batcher(lambda: f"dg-{next(numbers)}")


def seqs(taken: list[Envelope | Digest]) -> list[int]:
    return [one.seq for one in taken if isinstance(one, Envelope)]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (pace("high"), Pace(0)),
        (pace("high", background=True), Pace(0)),
        (pace("normal"), Pace(50 * MILLISECOND)),
        (pace("normal", background=True), Pace(SECOND)),
        (pace("low"), Pace(30 * SECOND, shares=False)),
        (pace("low", background=True), Pace(30 * SECOND, digest=True, shares=False)),
        (pace("low", background=True, mode="state"), Pace(30 * SECOND, shares=False)),
        (pace("low", digest_interval=SECOND), Pace(SECOND, shares=False)),
        (pace("high", mode="digest"), Pace(30 * SECOND, digest=True, shares=False)),
    ],
)
def test_priority_and_flow_decide_the_pace(asked: Pace, expected: Pace) -> None:
    assert asked == expected


def test_high_leaves_at_once() -> None:
    queue = batcher()
    queue.add(envelope(1), HIGH, 100)
    assert queue.due == 100
    assert seqs(queue.take(100)) == [1]
    assert (queue.due, len(queue), queue.size) == (None, 0, 0)


def test_normal_waits_for_company_and_no_longer_than_it_may() -> None:
    queue = batcher()
    queue.add(envelope(1), NORMAL, 0)
    queue.add(envelope(2), NORMAL, 40 * MILLISECOND)
    queue.add(envelope(3, "hot"), NORMAL, 45 * MILLISECOND)
    assert queue.due == 50 * MILLISECOND
    assert queue.take(50 * MILLISECOND - 1) == []
    assert seqs(queue.take(50 * MILLISECOND)) == [1, 2, 3]


def test_normal_shares_the_ride_of_high_and_low_does_not() -> None:
    queue = batcher()
    queue.add(envelope(1, "a"), LOW, 0)
    queue.add(envelope(2, "b"), NORMAL, 0)
    queue.add(envelope(3, "c"), HIGH, 0)
    assert seqs(queue.take(0)) == [2, 3]
    assert queue.due == 30 * SECOND
    assert seqs(queue.take(30 * SECOND)) == [1]


def test_a_topic_keeps_its_order_when_its_priority_rises() -> None:
    queue = batcher()
    queue.add(envelope(1), LOW, 0)
    queue.add(envelope(2), HIGH, 5)
    assert seqs(queue.take(5)) == [1, 2]


def test_a_state_waits_only_until_the_next_one() -> None:
    queue = batcher()
    for seq in (1, 2, 3):
        queue.add(envelope(seq, "hot", state=True), NORMAL, 0)
    queue.add(envelope(4, "activity"), NORMAL, 0)
    assert seqs(queue.flush(0)) == [3, 4]
    assert queue.superseded == 2


def test_a_state_supersedes_no_other_kind_on_its_topic() -> None:
    queue = batcher()
    queue.add(envelope(1), NORMAL, 0)
    queue.add(envelope(2, state=True), NORMAL, 0)
    queue.add(envelope(3), NORMAL, 0)
    queue.add(envelope(4, state=True), NORMAL, 0)
    assert seqs(queue.flush(0)) == [1, 3, 4]


def test_low_in_the_background_becomes_one_digest_per_topic() -> None:
    queue, low = batcher(), pace("low", background=True)
    for seq in range(1, 2_000):
        queue.add(envelope(seq), low, seq)
    assert (queue.due, queue.size) == (1 + 30 * SECOND, 0)
    (digest,) = queue.take(31 * SECOND)
    assert isinstance(digest, Digest)
    assert (digest.from_offset, digest.to_offset, digest.count) == (1, 1_999, 1_999)


def test_back_in_the_foreground_the_digest_comes_before_what_follows_it() -> None:
    queue = batcher()
    queue.add(envelope(1), pace("low", background=True), 0)
    queue.add(envelope(2), HIGH, 1)
    queue.add(envelope(3), pace("low", background=True), 2)
    digest, *events = queue.take(2)
    assert isinstance(digest, Digest)
    assert (digest.from_offset, digest.to_offset, seqs(events)) == (1, 1, [2, 3])


def test_a_topic_with_too_much_waiting_is_due() -> None:
    queue = batcher()
    for seq in range(LANE_MESSAGES - 1):
        queue.add(envelope(seq), LOW, 0)
    assert queue.take(0) == []
    queue.add(envelope(LANE_MESSAGES), LOW, 7)
    assert len(queue.take(7)) == LANE_MESSAGES
    queue.add(envelope(LANE_MESSAGES + 1, padding=300_000), LOW, 8)
    assert len(queue.take(8)) == 1


def test_what_waits_on_a_forgotten_topic_is_not_sent() -> None:
    queue = batcher()
    queue.add(envelope(1, "a"), NORMAL, 0)
    queue.add(envelope(2, "b"), NORMAL, 0)
    queue.forget("a")
    queue.forget("never.there")
    assert seqs(queue.flush(0)) == [2]


def test_one_topic_can_be_flushed_alone() -> None:
    queue = batcher()
    queue.add(envelope(1, "a"), LOW, 0)
    queue.add(envelope(2, "b"), LOW, 0)
    assert seqs(queue.flush(0, ["b", "c"])) == [2]
    assert len(queue) == 1


def test_a_batch_joins_ready_bytes() -> None:
    events = [envelope(1).event, envelope(2).event]
    joined = batch(events, "recovery", topic="activity")
    assert joined == (
        b'{"type":"BATCH","reason":"recovery","topic":"activity","messages":['
        + events[0]
        + b","
        + events[1]
        + b"]}"
    )
    assert msgspec.json.decode(batch(events, "redelivery", attempt=2))["attempt"] == 2
    assert msgspec.json.decode(batch([], "live")) == {
        "type": "BATCH",
        "reason": "live",
        "messages": [],
    }


def test_portions_keep_order_and_bounds() -> None:
    messages = [b"x" * size for size in (40, 40, 40, 200, 1, 1, 1)]
    cut = list(portions(messages, most=2, max_bytes=100))
    assert cut == [messages[:2], messages[2:3], messages[3:4], messages[4:6], messages[6:]]
    assert list(portions([])) == []
