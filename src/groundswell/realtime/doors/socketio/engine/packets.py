"""Engine.IO packets: one to a WebSocket frame, or several to the payload of a long-poll."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

SEPARATOR: Final = "\x1e"
"""Stands between the packets of a payload; JSON escapes it, so it is never part of one."""

_BINARY: Final = "b"


class InvalidPacket(ValueError):
    """What came is not a packet of this protocol."""


class PacketType(StrEnum):
    """The first character of a packet."""

    OPEN = "0"
    CLOSE = "1"
    PING = "2"
    PONG = "3"
    MESSAGE = "4"
    UPGRADE = "5"
    NOOP = "6"


_TYPES: Final = {str(one): one for one in PacketType}


class Packet(NamedTuple):
    """A packet that came; binary data is always a message."""

    type: PacketType
    data: str | bytes = ""


class Outgoing(NamedTuple):
    """A packet to write: text in UTF-8 with its type in front, or the bytes of a binary message."""

    data: bytes
    binary: bool = False


CLOSE: Final = Outgoing(b"1")
PING: Final = Outgoing(b"2")
PROBE_ANSWER: Final = Outgoing(b"3probe")
NOOP: Final = Outgoing(b"6")


def decode_frame(frame: str | bytes) -> Packet:
    """The packet of one WebSocket frame.

    Raises:
        InvalidPacket: it is empty or of no known type.
    """
    if isinstance(frame, bytes):
        return Packet(PacketType.MESSAGE, frame)
    kind = _TYPES.get(frame[:1])
    if kind is None:
        raise InvalidPacket("The packet has no known type.")
    return Packet(kind, frame[1:])


def decode_payload(body: bytes) -> list[Packet]:
    """The packets of one POST, in order.

    Raises:
        InvalidPacket: the body is empty, not UTF-8, or one of its packets is invalid.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise InvalidPacket("The payload is not UTF-8.") from None
    return [_decode_part(part) for part in text.split(SEPARATOR)]


def encode_payload(packets: Iterable[Outgoing]) -> bytes:
    """The answer to one poll: binary packets as base64 with a ``b`` in front."""
    return SEPARATOR.encode().join(
        b"b" + b64encode(packet.data) if packet.binary else packet.data for packet in packets
    )


def _decode_part(part: str) -> Packet:
    if not part.startswith(_BINARY):
        return decode_frame(part)
    try:
        return Packet(PacketType.MESSAGE, b64decode(part[1:], validate=True))
    except (binascii.Error, ValueError):
        raise InvalidPacket("A binary packet is not base64.") from None
