"""Engine.IO packets and the requests that open sessions."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.realtime.doors.socketio.engine.handshake import (
    UNKNOWN_TRANSPORT,
    UNSUPPORTED_VERSION,
    Query,
    fields_of,
    open_packet,
    read_query,
)
from groundswell.realtime.doors.socketio.engine.options import EngineOptions
from groundswell.realtime.doors.socketio.engine.packets import (
    InvalidPacket,
    Outgoing,
    Packet,
    PacketType,
    decode_frame,
    decode_payload,
    encode_payload,
)

# A separator never stands in a packet: JSON escapes it.
TEXTS = st.text(st.characters(exclude_characters="\x1e", exclude_categories=["Cs"]))
TYPES = st.sampled_from(PacketType)
TEXT_PACKETS = st.builds(Packet, TYPES, TEXTS)
PACKETS = TEXT_PACKETS | st.builds(Packet, st.just(PacketType.MESSAGE), st.binary())


def outgoing(packet: Packet) -> Outgoing:
    if isinstance(packet.data, bytes):
        return Outgoing(packet.data, binary=True)
    return Outgoing(f"{packet.type}{packet.data}".encode())


@given(st.lists(PACKETS, min_size=1))
def test_a_payload_is_read_as_it_was_written(packets: list[Packet]) -> None:
    assert decode_payload(encode_payload(map(outgoing, packets))) == packets


@given(TEXT_PACKETS)
def test_a_frame_is_read_as_it_was_written(packet: Packet) -> None:
    assert decode_frame(outgoing(packet).data.decode()) == packet


@given(st.binary())
def test_a_binary_frame_is_a_message(data: bytes) -> None:
    assert decode_frame(data) == Packet(PacketType.MESSAGE, data)


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_body_is_packets_or_invalid(body: bytes) -> None:
    try:
        packets = decode_payload(body)
    except InvalidPacket:
        return
    assert len(packets) == body.count(b"\x1e") + 1


def test_the_example_of_the_protocol() -> None:
    assert decode_payload(b"4hello\x1e2\x1e4world") == [
        Packet(PacketType.MESSAGE, "hello"),
        Packet(PacketType.PING),
        Packet(PacketType.MESSAGE, "world"),
    ]
    packets = [Outgoing(b"4hello"), Outgoing(b"\x01\x02\x03\x04", binary=True)]
    assert encode_payload(packets) == b"4hello\x1ebAQIDBA=="


@pytest.mark.parametrize("body", [b"", b"\x1e", b"4a\x1e", b"7", b"x", b"bA", b"b*", b"\xff"])
def test_what_is_no_payload_is_invalid(body: bytes) -> None:
    with pytest.raises(InvalidPacket):
        decode_payload(body)


def test_a_session_is_opened_with_durations_in_milliseconds() -> None:
    options = EngineOptions(ping_interval_ms=1_234, ping_timeout_ms=56, max_payload=789)
    packet = open_packet("abc", ["websocket"], options)
    assert packet[:1] == b"0"
    assert msgspec.json.decode(packet[1:]) == {
        "sid": "abc",
        "upgrades": ["websocket"],
        "pingInterval": 1_234,
        "pingTimeout": 56,
        "maxPayload": 789,
    }


def test_a_query_says_transport_version_and_session() -> None:
    query = fields_of(
        urlencode({"EIO": 4, "transport": "polling", "t": "x", "sid": "a_-"}).encode()
    )
    assert read_query(query) == Query("polling", "a_-")
    assert read_query({"EIO": "4", "transport": "websocket"}) == Query("websocket", None)


def test_a_query_without_a_transport_or_a_version_is_refused() -> None:
    assert read_query({"EIO": "4"}) is UNKNOWN_TRANSPORT
    assert read_query({"transport": "polling"}) is UNSUPPORTED_VERSION
    assert read_query({"EIO": "3", "transport": "polling"}) is UNSUPPORTED_VERSION


@given(st.binary(max_size=200))
def test_any_query_string_is_read(query_string: bytes) -> None:
    assert isinstance(fields_of(query_string), dict)
