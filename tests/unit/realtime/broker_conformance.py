"""What every broker must do: the same tests run against each implementation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from groundswell.realtime.broker.base import Broker, History, Position
from groundswell.realtime.messages import Envelope, Publication
from tests.unit.realtime.builders import publication


def seqs(history: History) -> list[int]:
    return [envelope.seq for envelope in history.envelopes]


class BrokerConformance:
    """Subclass it with a `broker` fixture that keeps 5 events per topic and began at seq 100.

    Override `listen` where a broker brings only what somebody listens to.
    """

    async def listen(self, broker: Any, *topics: str) -> list[Envelope]:
        """What is heard of the topics from now on."""
        heard: list[Envelope] = []
        broker.attach(lambda envelopes: heard.extend(e for e in envelopes if e.topic in topics))
        return heard

    async def publish(self, broker: Broker, *numbers: int, topic: str = "activity") -> None:
        await broker.publish([publication(seq, topic) for seq in numbers])

    async def test_offsets_start_at_one_and_are_contiguous_per_topic(self, broker: Any) -> None:
        heard = await self.listen(broker, "activity", "media.1")
        await broker.publish(
            [publication(101), publication(101, "media.1"), publication(105), publication(106)]
        )
        await self.publish(broker, 107, topic="media.1")
        assert [(one.topic, one.offset) for one in heard] == [
            ("activity", 1),
            ("media.1", 1),
            ("activity", 2),
            ("activity", 3),
            ("media.1", 2),
        ]

    async def test_every_receiver_gets_everything_in_order(self, broker: Any) -> None:
        first: list[int] = []
        second: list[int] = []

        def receiver(into: list[int]) -> Any:
            def receive(envelopes: Sequence[Envelope]) -> None:
                into.extend(envelope.seq for envelope in envelopes)

            return receive

        await self.listen(broker, "activity")
        broker.attach(receiver(first))
        await self.publish(broker, 101, 102)
        broker.attach(receiver(second))
        await self.publish(broker, 103)
        assert first == [101, 102, 103]
        assert second == [103]

    async def test_publishing_nothing_is_nothing(self, broker: Any) -> None:
        await broker.publish([])
        assert (await broker.position("activity")).offset == 0

    async def test_an_unused_topic_stands_at_zero(self, broker: Any) -> None:
        position = await broker.position("activity")
        assert (position.offset, position.lowest) == (0, 1)
        assert position.epoch

    async def test_the_position_tells_the_newest_and_the_oldest_kept(self, broker: Any) -> None:
        await self.publish(broker, *range(101, 109))
        position = await broker.position("activity")
        assert (position.offset, position.lowest) == (8, 4)

    async def test_an_epoch_stays_for_the_life_of_the_stream(self, broker: Any) -> None:
        before = (await broker.position("activity")).epoch
        heard = await self.listen(broker, "activity")
        await self.publish(broker, 101, 102)
        assert {one.epoch for one in heard} == {before}
        assert (await broker.position("activity")).epoch == before

    async def test_history_without_a_position_is_the_newest(self, broker: Any) -> None:
        await self.publish(broker, *range(101, 105))
        assert seqs(await broker.history("activity", limit=2)) == [103, 104]
        assert seqs(await broker.history("activity", limit=0)) == []
        assert seqs(await broker.history("hot", limit=2)) == []

    async def test_history_since_an_offset(self, broker: Any) -> None:
        await self.publish(broker, *range(101, 105))
        history = await broker.history("activity", after_offset=2)
        assert (seqs(history), history.complete) == ([103, 104], True)
        assert [one.offset for one in history.envelopes] == [3, 4]

    async def test_history_since_the_newest_offset_is_empty_and_complete(self, broker: Any) -> None:
        await self.publish(broker, 101, 102)
        history = await broker.history("activity", after_offset=2)
        assert (seqs(history), history.complete) == ([], True)
        unused = await broker.history("hot", after_offset=0)
        assert (seqs(unused), unused.complete) == ([], True)

    async def test_history_since_a_trimmed_offset_is_not_complete(self, broker: Any) -> None:
        await self.publish(broker, *range(101, 109))
        just_kept = await broker.history("activity", after_offset=3)
        assert (seqs(just_kept), just_kept.complete) == ([104, 105, 106, 107, 108], True)
        trimmed = await broker.history("activity", after_offset=2)
        assert (seqs(trimmed), trimmed.complete) == ([104, 105, 106, 107, 108], False)

    async def test_history_since_an_offset_to_come_is_not_complete(self, broker: Any) -> None:
        await self.publish(broker, 101)
        history = await broker.history("activity", after_offset=2)
        assert (seqs(history), history.complete) == ([], False)
        assert not (await broker.history("hot", after_offset=1)).complete

    async def test_history_since_a_seq(self, broker: Any) -> None:
        await self.publish(broker, 101, 105, 109)
        for after, expected in [(104, [105, 109]), (105, [109]), (109, []), (100, [101, 105, 109])]:
            history = await broker.history("activity", after_seq=after)
            assert (seqs(history), history.complete) == (expected, True)

    async def test_history_since_a_trimmed_seq_is_not_complete(self, broker: Any) -> None:
        await self.publish(broker, *range(101, 109))
        assert (await broker.history("activity", after_seq=103)).complete
        assert not (await broker.history("activity", after_seq=102)).complete

    async def test_nothing_is_known_of_the_time_before_the_broker(self, broker: Any) -> None:
        await self.publish(broker, 101)
        assert not (await broker.history("activity", after_seq=99)).complete
        assert not (await broker.history("hot", after_seq=99)).complete
        assert (await broker.history("hot", after_seq=100)).complete

    async def test_a_limit_gives_the_oldest_first(self, broker: Any) -> None:
        await self.publish(broker, *range(101, 105))
        assert seqs(await broker.history("activity", after_offset=1, limit=2)) == [102, 103]
        assert seqs(await broker.history("activity", after_seq=101, limit=2)) == [102, 103]

    async def test_a_state_topic_keeps_its_newest(self, broker: Any) -> None:
        await broker.publish([publication(seq, "hot", state=True) for seq in (101, 102, 103)])
        position = await broker.position("hot")
        assert (position.offset, position.lowest) == (3, 3)
        assert seqs(await broker.history("hot")) == [103]

    async def test_it_says_that_it_keeps_history(self, broker: Any) -> None:
        assert broker.keeps_history is True

    async def test_what_belongs_together_is_handed_on_together(self, broker: Any) -> None:
        await self.listen(broker, "activity", "media.1")
        calls: list[list[str]] = []
        broker.attach(lambda envelopes: calls.append([one.topic for one in envelopes]))
        await broker.publish([publication(101), publication(101, "media.1")])
        await self.publish(broker, 102)
        assert [call for call in calls if call] == [["activity", "media.1"], ["activity"]]

    async def test_an_event_that_was_published_gets_no_second_offset(self, broker: Any) -> None:
        heard = await self.listen(broker, "activity", "media.1")
        await self.publish(broker, 101, 102)
        await self.publish(broker, 101, 102)
        await broker.publish([publication(102, "media.1"), publication(103, "media.1")])
        assert [(one.topic, one.offset, one.seq) for one in heard] == [
            ("activity", 1, 101),
            ("activity", 2, 102),
            ("media.1", 1, 103),
        ]
        assert seqs(await broker.history("activity")) == [101, 102]

    async def test_a_state_is_published_again_only_if_it_is_newer(self, broker: Any) -> None:
        heard = await self.listen(broker, "media.1")
        first, second = (publication(seq, "media.1", state=True) for seq in (101, 102))
        other = msgspec.structs.replace(second, id="msg-other")
        for state in (first, first, second, first, second, other):
            await broker.publish([state])
        assert [one.publication.id for one in heard] == ["msg-101", "msg-102", "msg-other"]

    async def test_a_state_leaves_the_events_of_its_topic_to_be_published(
        self, broker: Any
    ) -> None:
        heard = await self.listen(broker, "media.1")
        await broker.publish([publication(105, "media.1", state=True)])
        await self.publish(broker, 103, 105, topic="media.1")
        assert [one.seq for one in heard] == [105, 103, 105]

    async def test_a_state_among_events_does_not_end_their_history(self, broker: Any) -> None:
        await self.publish(broker, 101, 102, topic="media.1")
        await broker.publish([publication(102, "media.1", state=True)])
        assert [one.offset for one in (await broker.history("media.1")).envelopes] == [1, 2, 3]
        assert (await broker.history("media.1", after_offset=1)).complete

    async def test_a_stream_that_lost_its_end_begins_a_new_epoch(self, broker: Any) -> None:
        """Section 7, row 6."""
        heard = await self.listen(broker, "activity", "media.1")
        await self.publish(broker, 101, 102)
        before = await broker.position("activity")
        renewed = await broker.renew("activity", before.epoch, 3)
        assert renewed.epoch != before.epoch
        assert (renewed.offset, renewed.lowest) == (0, 1)
        assert (await broker.history("activity")).envelopes == []
        await self.publish(broker, 103, topic="media.1")
        await self.publish(broker, 104)
        assert await broker.position("activity") == Position(renewed.epoch, 1, 1)
        assert [(one.topic, one.epoch, one.offset) for one in heard] == [
            ("activity", before.epoch, 1),
            ("activity", before.epoch, 2),
            ("media.1", (await broker.position("media.1")).epoch, 1),
            ("activity", renewed.epoch, 1),
        ]

    async def test_an_epoch_ends_only_once_and_only_if_its_stream_is_shorter(
        self, broker: Any
    ) -> None:
        await self.publish(broker, 101, 102)
        before = await broker.position("activity")
        assert await broker.renew("activity", before.epoch, 2) == before
        assert await broker.renew("activity", before.epoch, 0) == before
        assert await broker.renew("activity", "another", 9) == before
        renewed = await broker.renew("activity", before.epoch, 9)
        assert await broker.renew("activity", before.epoch, 9) == renewed

    async def test_a_topic_that_seems_unused_can_have_lost_all(self, broker: Any) -> None:
        before = await broker.position("hot")
        renewed = await broker.renew("hot", before.epoch, 7)
        assert renewed.epoch != before.epoch
        assert await broker.position("hot") == renewed
        await broker.publish([publication(101, "hot", state=True)])
        assert await broker.position("hot") == Position(renewed.epoch, 1, 1)

    async def test_positions_in_the_log_outlive_an_epoch(self, broker: Any) -> None:
        await self.publish(broker, 101, 102)
        await broker.renew("activity", (await broker.position("activity")).epoch, 9)
        await self.publish(broker, 103)
        history = await broker.history("activity", after_seq=102)
        assert (seqs(history), history.complete) == ([103], True)
        assert not (await broker.history("activity", after_seq=101)).complete

    async def test_everything_about_a_publication_arrives(self, broker: Any) -> None:
        heard = await self.listen(broker, "user.7.inbox")
        sent = Publication(
            "user.7.inbox",
            "reward.earned",
            "msg-a",
            17,
            b'{"eventType":"x"}',
            101,
            False,
            True,
            {"text": "a", "number": 5, "share": 0.5, "flag": True},
            99,
            "user-7",
            True,
            frozenset({"7", "9"}),
        )
        await broker.publish([sent])
        stored = await broker.history("user.7.inbox")
        assert [one.publication for one in (*heard, *stored.envelopes)] == [sent, sent]
        assert len(sent.__struct_fields__) == 13, "tell the test about the new field"
