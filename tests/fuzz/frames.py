"""WebSocket frames that break RFC 6455, or keep it in the most burdensome way."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable

CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
LIMIT = 65_536


def frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    masked: bool = True,
    size: int | None = None,
) -> bytes:
    """One frame as it is asked for; ``size`` is what it claims, if not the truth."""
    told = len(payload) if size is None else size
    head = bytearray([fin << 7 | rsv << 4 | opcode])
    bit = masked << 7
    if told < 126:
        head.append(bit | told)
    elif told < 2**16:
        head.append(bit | 126)
        head += told.to_bytes(2, "big")
    else:
        head.append(bit | 127)
        head += told.to_bytes(8, "big")
    # A mask of zeros leaves the payload readable, and costs nothing to make.
    return bytes(head) + (bytes(4) if masked else b"") + payload


def deflated(payload: bytes) -> bytes:
    """A compressed message, as permessage-deflate has it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH)
    return packed[:-4]


BOMBS = [
    deflated(bytes(20_000_000)),
    deflated(b"[" * 5_000_000),
    deflated(b'{"type":"PING","t":"' + b"x" * 1_000_000 + b'"}'),
]

Frames = list[bytes]
"""Sent in this order on one connection; each counts."""


def _random_close(draw: random.Random) -> Frames:
    codes = [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535]
    code = draw.choice(codes).to_bytes(2, "big")
    return [frame(CLOSE, draw.choice([b"x", code, code + b"\xff\xfe", b"\x03\xe8" + b"x" * 123]))]


FATAL: dict[str, Callable[[random.Random], Frames]] = {
    "reserved opcode": lambda draw: [
        frame(draw.choice([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), draw.randbytes(20))
    ],
    "reserved bits": lambda draw: [frame(TEXT, b"{}", rsv=draw.randint(1, 7))],
    "not masked": lambda _: [frame(TEXT, b'{"type":"PING"}', masked=False)],
    "long control frame": lambda draw: [frame(draw.choice([CLOSE, PING, PONG]), bytes(126))],
    "control frame in pieces": lambda draw: [frame(draw.choice([PING, PONG]), b"x", fin=False)],
    "continuation of nothing": lambda draw: [frame(CONT, b"x", fin=draw.random() < 0.5)],
    "message within a message": lambda _: [frame(TEXT, b"{", fin=False), frame(TEXT, b"{}")],
    "bad close": _random_close,
    "absurd length": lambda draw: [
        frame(TEXT, b"x" * 100, size=draw.choice([2**63, 2**64 - 1, 2**40]))
    ],
    "truncated": lambda draw: [frame(TEXT, b"x" * draw.randint(0, 99), size=100)],
    "invalid UTF-8": lambda draw: [
        frame(TEXT, b'{"type":"' + draw.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80"]) + b'"}')
    ],
    "half a character": lambda _: [
        frame(TEXT, b"\xf0\x9f", fin=False),
        frame(CONT, b"\x92\xa5", fin=False),
        frame(CONT, b"\xf0"),
    ],
    "bomb": lambda draw: [frame(TEXT, draw.choice(BOMBS), rsv=4)],
    "bomb in pieces": lambda draw: [
        frame(TEXT, BOMBS[0][:50], rsv=4, fin=False),
        *[frame(CONT, BOMBS[0][at : at + 2_000], fin=False) for at in range(50, 20_050, 2_000)],
        frame(CONT, draw.randbytes(3)),
    ],
    "broken deflate": lambda draw: [frame(TEXT, draw.randbytes(200), rsv=4)],
    "noise": lambda draw: [draw.randbytes(draw.randint(1, 400))],
}

BURDENSOME: dict[str, Callable[[random.Random], Frames]] = {
    "pings": lambda draw: [frame(PING, draw.randbytes(125))] * 50,
    "pongs": lambda draw: [frame(PONG, draw.randbytes(draw.randint(0, 125)))] * 50,
    "empty pieces": lambda _: [
        frame(TEXT, b"", fin=False),
        *[frame(CONT, b"", fin=False)] * 48,
        frame(CONT, b'{"type":"PING"}'),
    ],
    "a byte at a time, pings between": lambda _: [
        piece
        for at, byte in enumerate(b'{"type":"PING","t":1}')
        for piece in (frame(TEXT if at == 0 else CONT, bytes([byte]), fin=at == 20), frame(PING))
    ],
    "binary": lambda draw: [frame(BINARY, draw.randbytes(draw.randint(0, 300)))] * 2,
    "too large": lambda draw: [frame(TEXT, bytes(LIMIT + draw.randint(1, 100_000)))],
    "too large in pieces": lambda _: [
        frame(TEXT, b"x" * 40_000, fin=False),
        frame(PING, b"between"),
        frame(CONT, b"x" * 40_000, fin=False),
        frame(CONT, b"x"),
    ],
    "compressed": lambda _: [frame(TEXT, deflated(b'{"type":"PING"}'), rsv=4)] * 10,
}
"""What the protocol of frames allows, so that a connection may live on."""
