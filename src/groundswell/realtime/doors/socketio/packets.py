"""Socket.IO packets, revision 5: namespaces, acknowledgement ids, JSON and its binary parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final, NamedTuple

import msgspec

MAIN: Final = "/"
"""The namespace that is not named on the wire."""

MAX_ATTACHMENTS: Final = 10
"""Binary parts of one packet; as in the reference server."""

RESERVED: Final = frozenset(
    ("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener")
)
"""Names that mean something to the libraries at both ends, so no event may have them."""

_PLACEHOLDER: Final = "_placeholder"
# An id beyond 2^53 could not have been counted by a client in JavaScript.
_HEAD: Final = re.compile(
    r"(?P<type>[0-6])(?:(?P<attachments>[0-9]{1,4})-)?(?:(?P<namespace>/[^,]*)(?:,|$))?"
    r"(?P<id>[0-9]{1,15})?",
)
_encode = msgspec.json.Encoder().encode


class InvalidPacket(ValueError):
    """What came is not a packet of this protocol."""


class PacketType(StrEnum):
    """The first character of a packet."""

    CONNECT = "0"
    DISCONNECT = "1"
    EVENT = "2"
    ACK = "3"
    CONNECT_ERROR = "4"
    BINARY_EVENT = "5"
    BINARY_ACK = "6"


_TYPES: Final = {str(one): one for one in PacketType}
_BINARY: Final = {
    PacketType.BINARY_EVENT: PacketType.EVENT,
    PacketType.BINARY_ACK: PacketType.ACK,
}
_WITH_BINARY: Final = {plain: binary for binary, plain in _BINARY.items()}


class Packet(NamedTuple):
    """One packet. ``data`` is None where it has no payload; its binary parts are ``bytes``.

    The type is ``EVENT`` or ``ACK`` with and without binary parts: the wire's other two types only
    announce how many parts follow.
    """

    type: PacketType
    namespace: str = MAIN
    id: int | None = None
    data: Any = None


class Head(NamedTuple):
    """A packet of which ``attachments`` binary parts are still to come."""

    packet: Packet
    attachments: int


def decode(text: str) -> Head:
    """The packet that ``text`` is or begins.

    Raises:
        InvalidPacket: it has no known type, or what follows does not suit the type.
    """
    head = _HEAD.match(text)
    if head is None:
        raise InvalidPacket("The packet has no known type.")
    wire_type = _TYPES[head["type"]]
    if (head["attachments"] is not None) != (wire_type in _BINARY):
        raise InvalidPacket("The number of attachments does not suit the type.")
    attachments = int(head["attachments"] or 0)
    if attachments > MAX_ATTACHMENTS:
        raise InvalidPacket("The packet has too many attachments.")
    data = _decode_json(text[head.end() :])
    kind = _BINARY.get(wire_type, wire_type)
    if not _suits(kind, data):
        raise InvalidPacket("The payload does not suit the type.")
    number = None if head["id"] is None else int(head["id"])
    return Head(Packet(kind, head["namespace"] or MAIN, number, data), attachments)


def with_attachments(packet: Packet, attachments: Sequence[bytes]) -> Packet:
    """``packet`` with its placeholders replaced by the parts they number.

    Raises:
        InvalidPacket: a placeholder numbers no part, or lies too deep.
    """
    try:
        return packet._replace(data=_filled(packet.data, attachments))
    except RecursionError:
        raise InvalidPacket("The payload is nested too deeply.") from None


def encode(packet: Packet) -> tuple[bytes, list[bytes]]:
    """The text of a packet, and the binary parts to send after it."""
    parts: list[bytes] = []
    data = _emptied(packet.data, parts)
    kind = _WITH_BINARY.get(packet.type, packet.type) if parts else packet.type
    count = f"{len(parts)}-" if parts else ""
    namespace = "" if packet.namespace == MAIN else f"{packet.namespace},"
    number = "" if packet.id is None else packet.id
    payload = b"" if data is None else _encode(data)
    return f"{kind}{count}{namespace}{number}".encode() + payload, parts


def _decode_json(text: str) -> Any:
    if not text:
        return None
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise InvalidPacket("The payload is not JSON.") from None


def _suits(kind: PacketType, data: Any) -> bool:
    if kind is PacketType.EVENT:
        return isinstance(data, list) and bool(data) and _is_event_name(data[0])
    if kind is PacketType.ACK:
        return isinstance(data, list)
    if kind is PacketType.CONNECT:
        return data is None or isinstance(data, dict)
    if kind is PacketType.DISCONNECT:
        return data is None
    return isinstance(data, dict | str)


def _is_event_name(name: Any) -> bool:
    if isinstance(name, str):
        return name not in RESERVED
    return isinstance(name, int | float) and not isinstance(name, bool)


def _filled(value: Any, parts: Sequence[bytes]) -> Any:
    if isinstance(value, list):
        return [_filled(item, parts) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get(_PLACEHOLDER) is True:
        return _part(value.get("num"), parts)
    return {key: _filled(item, parts) for key, item in value.items()}


def _part(number: Any, parts: Sequence[bytes]) -> bytes:
    if type(number) is not int or not 0 <= number < len(parts):
        raise InvalidPacket("A placeholder numbers no attachment.")
    return parts[number]


def _emptied(value: Any, parts: list[bytes]) -> Any:
    if isinstance(value, bytes):
        parts.append(value)
        return {_PLACEHOLDER: True, "num": len(parts) - 1}
    if isinstance(value, list | tuple):
        return [_emptied(item, parts) for item in value]
    if isinstance(value, dict):
        return {key: _emptied(item, parts) for key, item in value.items()}
    return value
