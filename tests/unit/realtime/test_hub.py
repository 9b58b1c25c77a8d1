"""Who gets what in one process."""

from __future__ import annotations

import pytest

from groundswell.realtime.hub import Hub
from groundswell.realtime.messages import Envelope, Gap
from groundswell.realtime.outbox import Outbox
from tests.unit.realtime.builders import envelope


class Listener:
    def __init__(self) -> None:
        self.heard: list[Envelope] = []

    def send(self, envelope: Envelope) -> None:
        self.heard.append(envelope)

    @property
    def seqs(self) -> list[int]:
        return [one.seq for one in self.heard]


class Broken:
    def send(self, envelope: Envelope) -> None:
        raise ConnectionError(envelope.topic)


def test_an_envelope_reaches_all_subscribers_of_its_topic_as_the_same_object() -> None:
    hub, one, two, other = Hub(), Listener(), Listener(), Listener()
    hub.subscribe(one, ["activity"])
    hub.subscribe(two, ["media.1", "activity"])
    hub.subscribe(other, ["media.1"])
    sent = envelope(1)
    hub.deliver([sent])
    assert one.heard[0] is two.heard[0] is sent
    assert other.heard == []


def test_subscribing_twice_delivers_once() -> None:
    hub, listener = Hub(), Listener()
    hub.subscribe(listener, ["activity"])
    hub.subscribe(listener, ["activity", "hot"])
    hub.deliver([envelope(1)])
    assert listener.seqs == [1]
    assert hub.statistics().subscriptions == 2


def test_after_unsubscribing_nothing_more_comes_of_that_topic() -> None:
    hub, listener = Hub(), Listener()
    hub.subscribe(listener, ["activity", "media.1"])
    hub.unsubscribe(listener, ["activity", "never.held"])
    hub.deliver([envelope(1), envelope(2, "media.1")])
    assert listener.seqs == [2]


def test_who_leaves_leaves_nothing_behind() -> None:
    hub, listener = Hub(), Listener()
    hub.subscribe(listener, ["activity", "media.1"])
    hub.leave(listener)
    hub.leave(listener)
    hub.unsubscribe(listener, ["activity"])
    statistics = hub.statistics()
    assert (statistics.connections, statistics.subscriptions, statistics.topics) == (0, 0, 0)


def test_a_failing_subscriber_is_removed_and_hurts_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hub, before, after = Hub(), Listener(), Listener()
    for subscriber in (before, Broken(), after):
        hub.subscribe(subscriber, ["activity"])
    hub.deliver([envelope(1)])
    hub.deliver([envelope(2)])
    assert before.seqs == after.seqs == [1, 2]
    assert hub.statistics().connections == 2
    assert caplog.text.count("A subscriber failed") == 1


def test_the_hub_knows_how_far_it_delivered_also_without_subscribers() -> None:
    hub = Hub()
    hub.deliver([envelope(4), envelope(9, "hot", state=True)])
    hub.deliver([envelope(8)])
    assert hub.seq == 9


def test_deliveries_are_counted() -> None:
    hub = Hub()
    for _ in range(3):
        hub.subscribe(Listener(), ["activity"])
    hub.deliver([envelope(1), envelope(2), envelope(3, "media.1")])
    assert hub.statistics().delivered == 6


class Channels:
    """Notes which topics are to be brought here."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def follow(self, topic: str) -> None:
        self.asked.append(("follow", topic))

    def unfollow(self, topic: str) -> None:
        self.asked.append(("unfollow", topic))

    async def ready(self, topics: object) -> None:
        self.asked.append(("ready", str(topics)))


async def test_topics_are_brought_here_from_their_first_to_their_last_listener() -> None:
    channels = Channels()
    hub = Hub(channels)
    first, second = Outbox(lambda: None, hub.losses), Outbox(lambda: None, hub.losses)
    hub.subscribe(first, ["activity", "hot"])
    hub.subscribe(second, ["activity"])
    hub.leave(first)
    hub.unsubscribe(second, ["activity", "hot"])
    await hub.ready("hot")
    assert sorted(channels.asked) == sorted(
        [
            ("follow", "activity"),
            ("follow", "hot"),
            ("unfollow", "hot"),
            ("unfollow", "activity"),
            ("ready", "hot"),
        ]
    )


def test_what_never_came_here_is_told_to_those_who_listen() -> None:
    hub = Hub()
    listener = Outbox(lambda: None, hub.losses)
    hub.subscribe(listener, ["activity"])
    for topic, start in (("activity", 5), ("hot", 7), ("activity", 9)):
        hub.lose(Gap(topic=topic, epoch="e", reason="trimmed", from_seq=start, to_seq=start + 1))
    (gap,) = listener.take(1_000).gaps
    assert (gap.topic, gap.from_seq, gap.to_seq) == ("activity", 5, 10)
    assert hub.statistics().gaps == 1
    hub.reached(12)
    hub.reached(11)
    assert hub.seq == 12
