"""Socket.IO packets: text, namespaces, numbers and binary parts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.realtime.doors.socketio.decoder import Decoder
from groundswell.realtime.doors.socketio.packets import (
    MAX_ATTACHMENTS,
    RESERVED,
    InvalidPacket,
    Packet,
    PacketType,
    decode,
    encode,
)

CONNECT, EVENT, ACK = PacketType.CONNECT, PacketType.EVENT, PacketType.ACK

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
# An object that says it is a placeholder is one: senders cannot tell it from their own.
KEYS = TEXTS.filter(lambda key: key != "_placeholder")


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=8,
    )


VALUES = nested(SCALARS | st.binary(max_size=20))
NAMESPACES = st.just("/") | st.from_regex(r"/[a-z0-9_\-{}\"\[\]]{1,12}", fullmatch=True)
NUMBERS = st.none() | st.integers(0, 10**15 - 1)
NAMES = TEXTS.filter(lambda name: name not in RESERVED)

PACKETS = st.one_of(
    st.builds(
        Packet,
        st.just(CONNECT),
        NAMESPACES,
        st.none(),
        st.none() | st.dictionaries(TEXTS, nested(SCALARS), max_size=3),
    ),
    st.builds(Packet, st.just(PacketType.DISCONNECT), NAMESPACES, st.none(), st.none()),
    st.builds(
        Packet,
        st.just(EVENT),
        NAMESPACES,
        NUMBERS,
        st.tuples(NAMES, st.lists(VALUES, max_size=3)).map(lambda both: [both[0], *both[1]]),
    ),
    st.builds(
        Packet, st.just(ACK), NAMESPACES, st.integers(0, 10**9), st.lists(VALUES, max_size=3)
    ),
    st.builds(
        Packet,
        st.just(PacketType.CONNECT_ERROR),
        NAMESPACES,
        st.none(),
        st.fixed_dictionaries({"message": TEXTS}),
    ),
)


@given(PACKETS.filter(lambda packet: len(encode(packet)[1]) <= MAX_ATTACHMENTS))
def test_a_packet_is_read_as_it_was_written(packet: Packet) -> None:
    text, parts = encode(packet)
    decoder = Decoder()
    found = [decoder.add(text.decode()), *map(decoder.add, parts)]
    assert found == [None] * len(parts) + [packet]
    assert decoder.is_between_packets


@given(st.lists(st.text() | st.binary(max_size=8), max_size=6))
def test_any_input_is_a_packet_or_invalid(inputs: list[str | bytes]) -> None:
    decoder = Decoder()
    for one in inputs:
        try:
            decoder.add(one)
        except InvalidPacket:
            return


@given(st.from_regex(r"[0-7]([0-9]{1,3}-)?(/[a-z]*,?)?[0-9]*(\[.{0,9}\]?|\{.{0,9}\}?)?"))
def test_what_looks_like_a_packet_is_one_or_invalid(text: str) -> None:
    try:
        head = decode(text)
    except InvalidPacket:
        return
    assert 0 <= head.attachments <= MAX_ATTACHMENTS


@pytest.mark.parametrize(
    ("text", "packet"),
    [
        ("0", Packet(CONNECT)),
        ("0/admin,", Packet(CONNECT, "/admin")),
        ("0/admin", Packet(CONNECT, "/admin")),
        ('0/admin,{"sid":"x"}', Packet(CONNECT, "/admin", data={"sid": "x"})),
        ("1", Packet(PacketType.DISCONNECT)),
        ("1/admin,", Packet(PacketType.DISCONNECT, "/admin")),
        ('4{"message":"no"}', Packet(PacketType.CONNECT_ERROR, data={"message": "no"})),
        ('2["foo"]', Packet(EVENT, data=["foo"])),
        ('2/admin,["bar"]', Packet(EVENT, "/admin", data=["bar"])),
        ('212["foo"]', Packet(EVENT, id=12, data=["foo"])),
        ('3/admin,13["bar"]', Packet(ACK, "/admin", 13, ["bar"])),
        ("313[]", Packet(ACK, id=13, data=[])),
        ("2[1]", Packet(EVENT, data=[1])),
    ],
)
def test_packets_without_binary_parts(text: str, packet: Packet) -> None:
    assert decode(text) == (packet, 0)


@pytest.mark.parametrize(
    ("packet", "text", "parts"),
    [
        (
            Packet(EVENT, "/admin", data=["baz", b"\1\2", {"a": [b"\3"]}]),
            b'52-/admin,["baz",{"_placeholder":true,"num":0},{"a":[{"_placeholder":true,"num":1}]}]',
            [b"\1\2", b"\3"],
        ),
        (
            Packet(ACK, id=15, data=["bar", b"\1"]),
            b'61-15["bar",{"_placeholder":true,"num":0}]',
            [b"\1"],
        ),
    ],
)
def test_packets_with_binary_parts(packet: Packet, text: bytes, parts: list[bytes]) -> None:
    assert encode(packet) == (text, parts)


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_an_event_may_not_have_the_name_of_a_state(name: str) -> None:
    with pytest.raises(InvalidPacket):
        decode(f'2["{name}"]')


def test_nesting_beyond_reason_is_invalid_with_and_without_parts() -> None:
    deep = "[" * 900 + "]" * 900
    decoder = Decoder()
    with pytest.raises(InvalidPacket):
        decode(f'2["x",{"[" * 50_000}')
    decoder.add(f'51-["x",{deep}]')
    with pytest.raises(InvalidPacket):
        decoder.add(b"part")
