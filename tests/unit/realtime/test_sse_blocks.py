"""Event stream bytes."""

from __future__ import annotations

import json

from groundswell.realtime.doors.sse.blocks import (
    activity_form,
    event_blocks,
    event_form,
    message_block,
    position_block,
    retry_block,
    waiting_blocks,
)
from groundswell.realtime.messages import CaughtUp, Envelope, Gap
from groundswell.realtime.outbox import Waiting
from tests.unit.realtime.builders import activity, envelope, publication


def test_an_event_is_a_block_with_its_place_in_the_log() -> None:
    event = envelope(12)
    (block,) = event_blocks([event], event_form("k3Tz"))
    assert block == b"id: k3Tz.12\nevent: EVENT\ndata: " + event.event + b"\n\n"


def test_only_the_last_event_of_a_seq_has_an_id() -> None:
    events = [envelope(1), envelope(2), envelope(2, "media.1"), envelope(3)]
    blocks = list(event_blocks(events, event_form("log")))
    assert [block.split(b"\n")[0] for block in blocks] == [
        b"id: log.1",
        b"event: EVENT",
        b"id: log.2",
        b"id: log.3",
    ]


def test_the_same_bytes_go_to_every_receiver() -> None:
    form, event = event_form("log"), envelope(1)
    assert next(event_blocks([event], form)) is next(event_blocks([event], form))


def test_an_activity_tells_the_specified_fields_and_no_others() -> None:
    (block,) = event_blocks([Envelope(activity(9), 1, "e")], activity_form("log"))
    head, data = block.split(b"data: ")
    assert head == b"id: log.9\nevent: activity\n"
    assert json.loads(data) == {
        "type": "play",
        "data": {
            "mediaFileId": 7,
            "mediaTitle": "Blue in Green",
            "location": "Norway",
            "timestamp": "2026-03-15T14:30:40.120Z",
        },
    }


def test_an_activity_without_place_and_time_has_the_events_time() -> None:
    data = b'{"eventType":"x","type":"vote","mediaFileId":1,"mediaTitle":"A"}'
    (block,) = event_blocks([Envelope(publication(0, data=data), 1, "e")], activity_form("log"))
    assert json.loads(block.split(b"data: ")[1])["data"] == {
        "mediaFileId": 1,
        "mediaTitle": "A",
        "timestamp": "2026-03-15T14:30:40.120Z",
    }


def test_what_is_no_activity_is_not_told_on_the_activity_stream() -> None:
    assert list(event_blocks([envelope(1)], activity_form("log"))) == []


def test_a_message_is_named_by_its_type() -> None:
    message = CaughtUp(topic="activity", epoch="e", offset=1, seq=2, complete=True)
    block = message_block(message, b"log.2")
    assert block.startswith(b'id: log.2\nevent: CAUGHT_UP\ndata: {"type":"CAUGHT_UP",')
    assert block.endswith(b"}\n\n")


def test_gaps_come_first_and_states_have_no_id() -> None:
    gap = Gap(topic="activity", epoch="e", from_=1, to=2, reason="slow_consumer")
    waiting = Waiting([gap], [envelope(3)], [envelope(4, "hot", state=True)])
    blocks = list(waiting_blocks(waiting, event_form("log")))
    assert [block.split(b"\n")[0] for block in blocks] == [
        b"event: GAP",
        b"id: log.3",
        b"event: EVENT",
    ]


def test_a_heartbeat_is_a_comment_that_moves_the_position() -> None:
    assert position_block(b"log.7") == b":\nid: log.7\n\n"


def test_the_time_to_wait_is_in_milliseconds() -> None:
    assert retry_block(2500) == b"retry: 2500\n\n"
