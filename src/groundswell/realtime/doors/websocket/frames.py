"""Encoded WebSocket frames: made once for an event, and written to any number of connections."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Final

from websockets.extensions.permessage_deflate import (
    PerMessageDeflate,
    ServerPerMessageDeflateFactory,
)
from websockets.frames import Frame, Opcode

from groundswell.realtime.messages import Envelope

PING: Final = Frame(Opcode.PING, b"").serialize(mask=False)
WORTH_DEFLATING: Final = 256
"""Bytes below which a message is sent as it is: deflate would hardly make it smaller."""

WINDOW_BITS: Final = 12
DEFLATE: Final = ServerPerMessageDeflateFactory(
    # Each message by itself: only then are its compressed bytes the same for everybody, and only
    # then does a connection hold no compressor.
    server_no_context_takeover=True,
    client_no_context_takeover=True,
    server_max_window_bits=WINDOW_BITS,
    client_max_window_bits=WINDOW_BITS,
)

Encode = Callable[[bytes], bytes]
"""From a message to its frame."""

EncodeEvent = Callable[[Envelope], bytes | None]
"""From an envelope to the frame of its EVENT."""


def text_frame(message: bytes) -> bytes:
    """The frame of a text message."""
    return Frame(Opcode.TEXT, message).serialize(mask=False)


def binary_frame(message: bytes) -> bytes:
    """The frame of a binary message."""
    return Frame(Opcode.BINARY, message).serialize(mask=False)


@cache
def deflated_text_frame(window_bits: int) -> Encode:
    """What makes compressed text frames for clients that agreed on ``window_bits``."""
    return _deflated(Opcode.TEXT, text_frame, window_bits)


@cache
def deflated_binary_frame(window_bits: int) -> Encode:
    """What makes compressed binary frames for clients that agreed on ``window_bits``."""
    return _deflated(Opcode.BINARY, binary_frame, window_bits)


def _deflated(opcode: Opcode, plain: Encode, window_bits: int) -> Encode:
    def encode(message: bytes) -> bytes:
        if len(message) < WORTH_DEFLATING:
            return plain(message)
        deflate = PerMessageDeflate(
            remote_no_context_takeover=True,
            local_no_context_takeover=True,
            remote_max_window_bits=WINDOW_BITS,
            local_max_window_bits=window_bits,
        )
        return Frame(opcode, message).serialize(mask=False, extensions=[deflate])

    return encode
