"""Items of the feed that were taken back are in no history, whatever part of it is read."""

from __future__ import annotations

from typing import Final

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from groundswell.access.principal import Principal
from groundswell.delivery.retracted import PresentPast
from groundswell.delivery.routing import ACTIVITY_CREATED, ACTIVITY_RETRACTED
from groundswell.realtime.audience import is_for
from groundswell.realtime.broker.memory import MemoryBroker
from groundswell.realtime.messages import Envelope, Publication

RECEIVERS: Final = [
    Principal("visitor", None, "192.0.2.1", None),
    Principal("user", "ada", "192.0.2.1", "s-1"),
    Principal("host", None, "192.0.2.1", None),
]
FILES: Final = st.integers(1, 3)


def _publication(seq: int, event_type: str, **said: object) -> Publication:
    data = msgspec.json.encode({"eventType": event_type, **said})
    return Publication("activity", event_type, f"msg-{seq}", seq, data, seq)


def _item(seq: int, file: int) -> Publication:
    return _publication(seq, ACTIVITY_CREATED, activityId=seq, mediaFileId=file)


def _shown(envelopes: list[Envelope]) -> list[int]:
    """The items that anybody is told of."""
    items = [one for one in envelopes if one.publication.event_type == ACTIVITY_CREATED]
    shown = [[one.seq for one in items if is_for(one, receiver)] for receiver in RECEIVERS]
    assert shown[0] == shown[1] == shown[2]
    return shown[0]


async def _told(*publications: Publication) -> PresentPast:
    broker = PresentPast(MemoryBroker(after_seq=0))
    await broker.publish(publications)
    return broker


async def test_an_item_is_gone_from_a_part_of_the_past_that_its_retraction_is_not_in() -> None:
    broker = await _told(
        _item(1, 7), _item(2, 8), _publication(3, ACTIVITY_RETRACTED, activityIds=[1])
    )
    part = await broker.history("activity", after_offset=0, limit=2)
    assert _shown(part.envelopes) == [2]
    assert [one.offset for one in part.envelopes] == [1, 2], "places stay"
    assert _shown((await broker.history("activity", after_seq=0)).envelopes) == [2]


async def test_a_file_that_is_shown_again_has_its_new_item_only() -> None:
    gone = _publication(2, ACTIVITY_RETRACTED, mediaFileId=7)
    broker = await _told(_item(1, 7), gone, _item(3, 7))
    assert _shown((await broker.history("activity")).envelopes) == [3]


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("item"), FILES),
            st.tuples(st.just("file"), FILES),
            st.tuples(st.just("items"), st.lists(st.integers(1, 12), max_size=3)),
        ),
        max_size=20,
    ),
    after=st.integers(0, 20),
    limit=st.integers(1, 20),
)
async def test_p7_every_later_reading_agrees_with_the_feed(
    steps: list[tuple[str, object]], after: int, limit: int
) -> None:
    feed: dict[int, object] = {}
    told: list[Publication] = []
    for seq, (kind, what) in enumerate(steps, 1):
        if kind == "item":
            feed[seq] = what
            told.append(_publication(seq, ACTIVITY_CREATED, activityId=seq, mediaFileId=what))
        elif kind == "file":
            feed = {one: file for one, file in feed.items() if file != what}
            told.append(_publication(seq, ACTIVITY_RETRACTED, mediaFileId=what))
        else:
            assert isinstance(what, list)
            feed = {one: file for one, file in feed.items() if one not in what}
            told.append(_publication(seq, ACTIVITY_RETRACTED, activityIds=what))
    broker = await _told(*told)
    read = (await broker.history("activity", after_offset=after, limit=limit)).envelopes
    assert _shown(read) == [one for one in feed if after < one <= after + limit]
