"""HTTP requests to the live doors: queries, cursors and upgrades that make no sense."""

from __future__ import annotations

import random
from urllib.parse import quote

from tests.fuzz.junk import damaged, encoded, spoilt, text, value

CURSOR = "eyJlIjoiYSIsIm8iOjF9"
HOST = b"Host: 127.0.0.1\r\n"


def _any(draw: random.Random) -> str:
    """A text for a query: a small one, or bytes that are no UTF-8."""
    if draw.random() < 0.2:
        return "".join(f"%{byte:02x}" for byte in draw.randbytes(draw.randint(1, 40)))
    return quote(text(draw).encode(errors="replace"), safe=draw.choice(["", "/,&=%"]))


def _query(draw: random.Random, names: list[str]) -> str:
    chosen = [draw.choice(names) for _ in range(draw.randint(0, 4))]
    return "&".join(f"{name}={_any(draw)}" for name in chosen)


def _get(path: str, *headers: str) -> bytes:
    lines = "".join(f"{header}\r\n" for header in headers)
    head = f"GET {path} HTTP/1.1\r\n".encode("latin-1", errors="replace")
    return head + HOST + lines.encode("latin-1", errors="replace") + b"\r\n"


def _post(path: str, body: bytes, kind: str = "application/json") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + HOST + b"\r\n" + body


def stream(draw: random.Random) -> bytes:
    """SSE."""
    names = ["topics", "last_event_id", "ticket", "token", "access_token", "form", "x"]
    known = draw.choice(
        ["", "Last-Event-ID: " + draw.choice(["1", "-1", "x.y", "a.99999999999999999999"])]
    )
    return _get(f"/v1/stream?{_query(draw, names)}", *([known] if known else []))


def poll(draw: random.Random) -> bytes:
    """Long-poll; what it asks for is answered at once, should it be valid after all."""
    if draw.random() < 0.4:
        body = {"topics": ["activity", "hot"], "snapshot": True, "history": 5}
        if draw.random() < 0.3:
            return _post("/v1/poll/register", damaged(encoded(body), draw))
        if draw.random() < 0.3:
            return _post("/v1/poll/register", encoded(value(draw))[:60_000])
        return _post("/v1/poll/register", encoded(spoilt(body, draw, 2))[:60_000])
    cursor = damaged(CURSOR.encode(), draw).decode()
    cursor = draw.choice([quote(cursor), _any(draw), "A" * draw.choice([1, 4_000, 9_000])])
    rest = _query(draw, ["hidden", "ticket", "x"])
    return _get(f"/v1/poll?cursor={cursor}&waitMs={draw.choice(['0', '-1', 'x', '1e3'])}&{rest}")


def engine(draw: random.Random) -> bytes:
    """Engine.IO's opening, and requests to sessions that are not there."""
    query = draw.choice(
        [
            _query(draw, ["EIO", "transport", "sid", "t", "b64"]),
            f"EIO={draw.choice(['3', '4', '44', 'x'])}"
            f"&transport={draw.choice(['polling', 'x', ''])}&sid={_any(draw)}",
        ]
    )
    if draw.random() < 0.3:
        return _post(f"/socket.io/?{query}", draw.randbytes(50), "text/plain")
    return _get(f"/socket.io/?{query}")


_UPGRADE = [
    b"GET /v1/realtime HTTP/1.1\r\n",
    HOST,
    b"Upgrade: websocket\r\n",
    b"Connection: Upgrade\r\n",
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
    b"Sec-WebSocket-Version: 13\r\n",
]
_SPOILING = [
    b"Sec-WebSocket-Key: short\r\n",
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Key: x\r\n",
    b"Sec-WebSocket-Version: 99\r\n",
    b"Sec-WebSocket-Protocol: graphql-ws\r\n",
    b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99\r\n",
    b"Sec-WebSocket-Extensions: permessage-deflate; x=" + b"y" * 4_000 + b"\r\n",
    b"Authorization: Bearer eyJhbGciOiJub25lIn0.e30.\r\n",
    b"Authorization: " + b"A" * 8_000 + b"\r\n",
    b"Origin: https://evil.example\r\n",
    b"X: \xff\xfe\r\n",
    b"Content-Length: 100\r\n",
    b"Transfer-Encoding: chunked\r\n",
]


def upgrade(draw: random.Random) -> bytes:
    """An upgrade that lacks something, has something odd, or is noise in part."""
    lines = [one for one in _UPGRADE if draw.random() > 0.08]
    lines += draw.sample(_SPOILING, draw.randint(0, 3))
    request = b"".join(lines) + b"\r\n"
    if draw.random() < 0.3:
        spoilt_request = bytearray(request)
        for _ in range(draw.randint(1, 5)):
            spoilt_request[draw.randrange(len(request))] = draw.randrange(256)
        return bytes(spoilt_request)
    if draw.random() < 0.2:
        path = draw.choice(["/v1/realtime?", "/socket.io/?EIO=4&transport=websocket&", "/v1/x?"])
        query = _query(draw, ["ticket", "token", "sid", "jwt"])
        return request.replace(b"/v1/realtime", f"{path}{query}".encode("latin-1", "replace"), 1)
    return request
