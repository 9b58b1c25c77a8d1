"""What every broker must do: the same tests run against each implementation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from groundswell.realtime.broker.base import Broker, History
from groundswell.realtime.messages import Envelope
from tests.unit.realtime.builders import publication


def seqs(history: History) -> list[int]:
    return [envelope.seq for envelope in history.envelopes]


class BrokerConformance:
    """Subclass it with a `broker` fixture that keeps 5 events per topic and began at seq 100."""

    async def publish(self, broker: Broker, *numbers: int, topic: str = "activity") -> None:
        await broker.publish([publication(seq, topic) for seq in numbers])

    async def test_offsets_start_at_one_and_are_contiguous_per_topic(self, broker: Any) -> None:
        heard: list[Envelope] = []
        broker.attach(heard.extend)
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
        heard: list[Envelope] = []
        broker.attach(heard.extend)
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
