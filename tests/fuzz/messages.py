"""Messages of the protocol, right in form and wrong in everything else."""

from __future__ import annotations

import random
from typing import Any

from tests.fuzz.junk import damaged, encoded, spoilt, text, value

PLACE = {"epoch": "abc", "offset": 3}

MESSAGES: list[dict[str, Any]] = [
    {
        "type": "HELLO",
        "protocol": 1,
        "token": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ2aWN0aW0ifQ.",
        "clientId": "device",
        "features": ["batch", "ack", "ping", "snapshot", "delta-jsonpatch", "digest"],
        "resumeToken": "rt_AAAA",
        "sdk": {"name": "x", "version": "1"},
        "ref": "1",
    },
    {
        "type": "SUBSCRIBE",
        "topics": ["activity", "media.1", "hot"],
        "clientId": "device",
        "ref": "2",
        "options": {
            "history": 10,
            "priority": "low",
            "mode": "stream",
            "offlineDelivery": True,
            "resume": {"activity": PLACE},
            "filter": {"op": "and", "nodes": [{"key": "type", "cmp": "in", "vals": ["vote"]}]},
            "snapshot": True,
            "delta": "jsonpatch",
            "ack": True,
            "maxRatePerSec": 2,
            "digestIntervalMs": 1000,
            "presence": True,
            "signed": False,
        },
    },
    {"type": "UNSUBSCRIBE", "topics": ["activity", "hot"], "ref": "3"},
    {"type": "ACK", "topic": "user.victim.inbox", "offset": 4, "ids": ["msg-1"]},
    {
        "type": "READ",
        "ids": ["msg-1"],
        "state": "read",
        "at": "2026-01-01T00:00:00Z",
        "vv": {"a": 1},
    },
    {
        "type": "HISTORY",
        "topic": "activity",
        "after": PLACE,
        "limit": 10,
        "order": "asc",
        "ref": "4",
    },
    {"type": "PRESENCE", "topic": "presence.room", "op": "enter", "data": {"a": 1}, "ref": "5"},
    {"type": "TRACK", "topic": "activity", "keys": ["1", "2"], "ref": "6"},
    {"type": "UNTRACK", "topic": "activity", "keys": ["1"], "ref": "7"},
    {
        "type": "PUBLISH",
        "ref": "8",
        "messages": [
            {"key": "k", "action": "play", "occurredAt": "2026-01-01T00:00:00Z", "data": {"id": 1}}
        ],
    },
    {"type": "REFRESH", "token": "eyJhbGciOiJub25lIn0.e30.", "ref": "9"},
    {"type": "FLOW", "state": "background", "network": "cellular", "maxRatePerSec": 1},
    {"type": "PING", "t": 1},
    {"type": "PONG", "t": 1},
]

_ODD = [
    b"",
    b"null",
    b"[]",
    b'"SUBSCRIBE"',
    b"{}",
    b'{"type":null}',
    b'{"type":["SUBSCRIBE"]}',
    b'{"type":"SUBSCRIBE"',
    b'{"type":"SUBSCRIBE","topics":[]}',
    b'{"type":"SUBSCRIBE","type":"HELLO","topics":["activity"]}',
    b'{"type":"EVENT","topic":"activity"}',
    b'{"type":"\\ud800"}',
    b'{"type":"SUBSCRIBE","topics":["\\u0000"]}',
    b"[" * 30_000,
    b'{"a":' * 10_000,
    b'{"type":"HISTORY","topic":' + b"[" * 20_000,
    b"9" * 60_000,
    b'{"type":"PING","t":' + b"9" * 5_000 + b"}",
    b'{"type":"PING","t":1e99999}',
    b" " * 60_000,
    b"\xef\xbb\xbf{}",
    b'{"type":"PING"}{"type":"PING"}',
    b'{"type":"BYE "}',
]


def message(draw: random.Random) -> bytes:
    """One hostile message, in UTF-8."""
    kind = draw.random()
    if kind < 0.12:
        return draw.choice(_ODD)
    whole = draw.choice(MESSAGES)
    if kind < 0.2:
        return encoded({**whole, "type": text(draw)})
    if kind < 0.25:
        return encoded(value(draw))
    if kind < 0.4:
        return damaged(encoded(whole), draw)
    return encoded(spoilt(whole, draw, draw.randint(1, 4)))
