"""P1: the same objects as MessagePack, whatever a gateway says and a client may send."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from groundswell.realtime.batching import batch
from groundswell.realtime.doors.websocket.messagepack import packed, packed_event, unpacked
from groundswell.realtime.messages import Envelope
from tests.unit.realtime.builders import publication

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def sign(_: bytes) -> str:
    return "header..signature"


@given(st.dictionaries(st.text(), VALUES))
def test_p1_every_message_of_ours_is_the_same_object_as_messagepack(value: dict[str, Any]) -> None:
    for field in ("sig", "messages"):
        value.pop(field, None)
    value["type"] = "EVENT"
    assert msgspec.msgpack.decode(packed(msgspec.json.encode(value))) == value


@given(st.dictionaries(st.text(), VALUES))
def test_p1_every_message_of_a_client_is_the_same_object_as_json(value: dict[str, Any]) -> None:
    assert json.loads(unpacked(msgspec.msgpack.encode(value))) == value


@given(st.binary(max_size=200))
def test_whatever_a_client_sends_becomes_json_or_nothing(message: bytes) -> None:
    told = unpacked(message)
    assert told == b"" or json.loads(told) is not Ellipsis


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xc1",
        b"\x81\xa1a",
        b"\xa2\xff\xff",
        b"\x81\x80\x01",
        b"\x81\xc0\x01",
        b"\xc7\x01\x05a",
        b"\xd7\xff" + b"\xff" * 8,
        b"\x91" * 60_000 + b"\xc0",
        b"\xc0\xc0",
    ],
)
def test_what_is_no_messagepack_or_not_like_json_is_nothing(message: bytes) -> None:
    assert unpacked(message) == b""


def test_kinds_that_json_does_not_have_become_what_is_nearest() -> None:
    told = {"bin": b"\x00\x01", "nan": math.nan, 5: "number", "at": b""}
    assert json.loads(unpacked(msgspec.msgpack.encode(told))) == {
        "bin": "AAE=",
        "nan": None,
        "5": "number",
        "at": "",
    }


@pytest.mark.parametrize(
    ("number", "told"),
    [("1" + "0" * 30, 1e30), ("-9223372036854775809", -(2.0**63)), ("1e999", math.inf)],
)
def test_a_number_of_a_client_that_does_not_fit_harms_nobody(number: str, told: float) -> None:
    message = b'{"type":"PRESENCE_DIFF","joins":[{"data":%b}],"n":18446744073709551615}'
    seen = msgspec.msgpack.decode(packed(message % number.encode()))
    assert seen["joins"][0]["data"] == told


def test_a_signed_event_keeps_the_bytes_that_were_signed() -> None:
    data = b'{"eventType":"x","f":1.50,"sig":"no signature"}'
    plain = Envelope(replace(publication(1, data=data), critical=True), 1, "e")
    signed = plain.signed(sign)
    told = msgspec.msgpack.decode(packed_event(signed))
    assert told.pop("data") == data
    assert told == {
        name: value for name, value in json.loads(signed.event).items() if name != "data"
    }
    assert msgspec.msgpack.decode(packed_event(plain)) == json.loads(plain.event)


def test_signed_events_keep_them_in_a_batch_and_on_a_page_as_well() -> None:
    plain = Envelope(publication(1, data=b'{"eventType":"x"}'), 1, "e")
    told = batch([plain.signed(sign).event, plain.event], "recovery", topic="activity")
    page = b'{"type":"HISTORY_PAGE","topic":"activity","messages":[%b]}' % plain.signed(sign).event
    first, second = msgspec.msgpack.decode(packed(told))["messages"]
    assert (first["data"], second["data"]) == (b'{"eventType":"x"}', {"eventType": "x"})
    (one,) = msgspec.msgpack.decode(packed(page))["messages"]
    assert (one["data"], one["sig"]) == (b'{"eventType":"x"}', "header..signature")
