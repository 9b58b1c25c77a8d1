"""How messages become frames: as JSON in text frames, or as MessagePack in binary ones."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from groundswell.realtime.doors.websocket.frames import (
    Encode,
    EncodeEvent,
    binary_frame,
    deflated_binary_frame,
    deflated_text_frame,
    text_frame,
)
from groundswell.realtime.doors.websocket.messagepack import packed, packed_event
from groundswell.realtime.messages import Envelope

SUBPROTOCOL: Final = "groundswell.v1"
PACKED_SUBPROTOCOL: Final = "groundswell.v1.msgpack"
SUBPROTOCOLS: Final = (SUBPROTOCOL, PACKED_SUBPROTOCOL)


class Notation(NamedTuple):
    """What makes frames, the same functions for all clients that agreed on the same.

    So each frame of an event is made once, however many clients it goes to.
    """

    encode: Encode
    encode_event: EncodeEvent


@cache
def as_json(window_bits: int | None) -> Notation:
    """JSON in text frames, compressed if a window was agreed on."""
    frame = text_frame if window_bits is None else deflated_text_frame(window_bits)

    def event_frame(envelope: Envelope) -> bytes | None:
        return frame(envelope.event)

    return Notation(frame, event_frame)


@cache
def as_messagepack(window_bits: int | None) -> Notation:
    """MessagePack in binary frames, compressed if a window was agreed on."""
    frame = binary_frame if window_bits is None else deflated_binary_frame(window_bits)

    def message_frame(message: bytes) -> bytes:
        return frame(packed(message))

    def event_frame(envelope: Envelope) -> bytes | None:
        message = envelope.encoded(packed_event)
        return message and frame(message)

    return Notation(message_frame, event_frame)
