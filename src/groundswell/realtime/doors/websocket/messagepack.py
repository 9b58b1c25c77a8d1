"""The protocol's messages as MessagePack: the same objects, in another notation.

What the gateway says is JSON, and so is what it understands; only here is it anything else.
"""

from __future__ import annotations

import json
from typing import Any, Final

import msgspec

from groundswell.realtime.messages import Envelope

_FITS: Final = 19
"""Characters of an integer that 64 bits surely hold."""

_pack: Final = msgspec.msgpack.Encoder().encode
_unpack: Final = msgspec.msgpack.Decoder().decode
_write: Final = msgspec.json.Encoder().encode
_read: Final = msgspec.json.Decoder().decode


class _Told(msgspec.Struct):
    """What may be signed in a message: itself, or the messages it holds."""

    type: str
    sig: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"null")
    messages: list[msgspec.Raw] = []


_read_told: Final = msgspec.json.Decoder(_Told).decode


def packed(message: bytes) -> bytes:
    """A message of ours, which is JSON, as MessagePack.

    The ``data`` of a signed EVENT stays the bytes that were signed, as binary.
    """
    try:
        return _pack(_objects(message, _read(message)))
    except (OverflowError, msgspec.DecodeError):
        # A client has said a number of which MessagePack has no notion.
        return _pack(_objects(message, json.loads(message, parse_int=_number)))


def packed_event(envelope: Envelope) -> bytes:
    """An EVENT as MessagePack."""
    return packed(envelope.event)


def unpacked(message: bytes) -> bytes:
    """A client's message as JSON; nothing if it is no MessagePack, or has no like in JSON."""
    try:
        return _write(_unpack(message))
    except (msgspec.DecodeError, TypeError, ValueError, RecursionError):
        return b""


def _objects(message: bytes, value: Any) -> Any:
    if b'"sig":' in message:
        _keep_signed(value, message)
    return value


def _keep_signed(value: Any, message: bytes | msgspec.Raw) -> None:
    told = _read_told(message)
    if told.type == "EVENT" and told.sig is not None:
        value["data"] = bytes(told.data)
    for one, raw in zip(value.get("messages", ()), told.messages, strict=True):
        _keep_signed(one, raw)


def _number(text: str) -> int | float:
    return int(text) if len(text) <= _FITS else float(text)
