"""The bytes of an EVENT and of the messages about a stream."""

from __future__ import annotations

import json

from groundswell.realtime.messages import CaughtUp, Envelope, Gap, encode_event
from tests.unit.realtime.builders import publication


def test_an_event_has_the_specified_fields_and_its_positions() -> None:
    data = b'{"eventType":"referral.conversion.completed","referralId":"ref-1"}'
    event = json.loads(encode_event(publication(90_120, "user.123.referrals", data=data), 42))
    assert event == {
        "type": "EVENT",
        "topic": "user.123.referrals",
        "id": "msg-90120",
        "timestamp": "2026-03-15T14:30:40.210Z",
        "data": {"eventType": "referral.conversion.completed", "referralId": "ref-1"},
        "version": 1,
        "offset": 42,
        "seq": 90_120,
    }


def test_an_event_read_back_from_the_log_has_no_offset() -> None:
    event = json.loads(encode_event(publication(5), None))
    assert "offset" not in event
    assert event["seq"] == 5


def test_an_event_is_one_line_however_its_data_was_written() -> None:
    data = b'{\r\n  "eventType": "x",\n  "text": "a\\nb  c"\n}'
    encoded = encode_event(publication(1, data=data), 1)
    assert not {10, 13} & set(encoded)
    assert json.loads(encoded)["data"] == {"eventType": "x", "text": "a\nb  c"}


def test_each_form_of_an_envelope_is_made_once_and_only_when_asked_for() -> None:
    made: list[int] = []

    def encode(envelope: Envelope) -> bytes:
        made.append(envelope.seq)
        return b"form"

    def refuse(envelope: Envelope) -> None:
        made.append(-envelope.seq)

    envelope = Envelope(publication(3), 1, "e")
    assert made == []
    assert [envelope.encoded(encode) for _ in range(3)] == [b"form"] * 3
    assert [envelope.encoded(refuse) for _ in range(3)] == [None] * 3
    assert made == [3, -3]


def test_a_gap_tells_only_what_is_known() -> None:
    exact = Gap(topic="activity", epoch="e", from_=5, to=9, reason="slow_consumer", missed=5)
    assert json.loads(exact.encode()) == {
        "type": "GAP",
        "topic": "activity",
        "epoch": "e",
        "from": 5,
        "to": 9,
        "reason": "slow_consumer",
        "missed": 5,
        "fallback": "refetch",
    }
    vague = Gap(topic="activity", epoch="e", reason="epoch_changed", to_seq=7)
    assert "from" not in json.loads(vague.encode())


def test_a_message_begins_with_its_type() -> None:
    message = CaughtUp(topic="activity", epoch="e", offset=3, seq=9, complete=True)
    assert message.encode().startswith(b'{"type":"CAUGHT_UP","topic":"activity"')
