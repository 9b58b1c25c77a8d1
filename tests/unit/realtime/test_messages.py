"""The bytes of an EVENT and of the messages about a stream."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from groundswell.contract.inbox import InboxMessage
from groundswell.contract.times import SECOND
from groundswell.realtime.broker.redis.codec import envelope_of
from groundswell.realtime.inbox_events import message_publication
from groundswell.realtime.messages import (
    CaughtUp,
    Envelope,
    Gap,
    Publication,
    encode_event,
    signed_bytes,
)
from tests.unit.realtime.builders import START, publication

FIELDS = [
    "type",
    "topic",
    "id",
    "timestamp",
    "data",
    "version",
    "offset",
    "seq",
    "tags",
    "delivery",
    "expiresAt",
    "actor",
    "sig",
]
EXTRAS = st.fixed_dictionaries(
    {},
    optional={
        "tags": st.dictionaries(st.text(), st.text() | st.booleans() | st.integers(0, 2**53)),
        "critical": st.booleans(),
        "expires_at": st.integers(0, 2**52),
        "actor": st.none() | st.text(),
    },
)


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


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ({"tags": {"ownerId": "u-1", "n": 5}}, {"tags": {"ownerId": "u-1", "n": 5}}),
        ({"critical": True}, {"delivery": "critical"}),
        ({"expires_at": START}, {"expiresAt": "2026-03-15T14:30:40.120Z"}),
        ({"actor": 'u"1'}, {"actor": 'u"1'}),
    ],
)
def test_p2_what_is_new_in_an_event_is_an_optional_field(
    extra: dict[str, Any], told: dict[str, Any]
) -> None:
    plain = json.loads(encode_event(publication(1), 1))
    assert plain.keys() == set(FIELDS[:8])
    assert json.loads(encode_event(replace(publication(1), **extra), 1)) == plain | told


@given(extras=EXTRAS, offset=st.none() | st.integers(1, 2**53))
def test_p2_any_event_is_json_with_its_fields_in_their_order(
    extras: dict[str, Any], offset: int | None
) -> None:
    one = replace(publication(1), **extras)
    event = json.loads(Envelope(one, offset, "e").signed(lambda _: "a..b").event)
    assert list(event) == [name for name in FIELDS if name in event]
    assert event.get("tags", {}) == one.tags
    assert event.get("actor") == one.actor
    assert ("delivery" in event, "expiresAt" in event) == (one.critical, one.expires_at is not None)
    assert (event.get("offset"), event["sig"]) == (offset, "a..b")


def test_p3_the_signed_event_is_the_plain_one_with_its_signature_and_made_once() -> None:
    asked: list[bytes] = []

    def sign(payload: bytes) -> str:
        asked.append(payload)
        return "header..signature"

    envelope = Envelope(publication(3, data=b'{"eventType":\n "x"}'), 1, "e")
    signed = envelope.signed(sign)
    assert asked == []
    assert signed.event == envelope.event[:-1] + b',"sig":"header..signature"}'
    assert envelope.signed(sign) is signed
    assert signed.signed(sign) is signed
    assert signed.size == len(signed.event)
    assert (signed.offset, signed.epoch, signed.seq) == (1, "e", 3)
    digest = sha256(b'{"eventType":"x"}').hexdigest()
    assert asked == [b"activity|msg-3|3|" + digest.encode()]


def test_the_bytes_that_are_signed_are_those_of_the_data_as_told() -> None:
    one = publication(1, data=b'{\r\n "eventType": "x", "f": 1.50}')
    event = encode_event(one, 1)
    data = event[event.index(b'"data":') + 7 : event.index(b',"version"')]
    assert signed_bytes(one).endswith(sha256(data).hexdigest().encode())


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


def test_a_message_of_an_inbox_says_when_nobody_needs_it_any_more() -> None:
    message = InboxMessage(
        id="msg-1",
        user_id="7",
        seq=3,
        log_seq=50,
        event_type="reward.earned",
        data={"amount": 5},
        at=START,
        delivery="critical",
        policy="each",
        expires_at=START + 60 * SECOND,
    )
    event = json.loads(encode_event(message_publication(message), None))
    assert (event["delivery"], event["expiresAt"]) == ("critical", "2026-03-15T14:31:40.120Z")
    assert "expiresAt" not in json.loads(
        encode_event(message_publication(replace(message, expires_at=None)), None)
    )


def test_what_an_older_process_left_in_redis_is_still_read() -> None:
    left = msgspec.msgpack.encode(("x", "msg-1", 5, 9, False, b'{"eventType":"x"}', True))
    told = envelope_of("activity", 2, "e", left)
    assert told.publication == Publication(
        "activity", "x", "msg-1", 5, b'{"eventType":"x"}', 9, critical=True
    )
    assert (told.offset, told.epoch) == (2, "e")
