"""Packets of Engine.IO and Socket.IO that should not be."""

from __future__ import annotations

import random

from tests.fuzz.junk import damaged, encoded, spoilt, text, value
from tests.fuzz.messages import MESSAGES

_ODD = [
    "",
    "0",
    "1",
    "2",
    "2probe",
    "3",
    "3probe",
    "5",
    "6",
    "7",
    "9",
    "x",
    "b",
    "b!!!!",
    "bAAAA",
    "4",
    "40",
    "40{",
    '40{"token":1}',
    '40/nowhere,{"a":1}',
    "40/" + "n" * 3_000,
    "41",
    "41/x,",
    "42",
    "42[]",
    "42[1]",
    "42{}",
    '42["event"]',
    '42["disconnect"]',
    '42["connect",{}]',
    '42["__proto__",{}]',
    '429999999999999999999["ping",{}]',
    '42-1["ping",{}]',
    "43",
    "43[]",
    "4399[1]",
    "44",
    '44{"a":1}',
    '451-["subscribe",{"_placeholder":true,"num":0}]',
    '451-["subscribe",{"_placeholder":true,"num":7}]',
    '45999999999-["x"]',
    '450-["x"]',
    '461-7["x",{"_placeholder":true,"num":-1}]',
    "47",
    "42" + "[" * 20_000,
    '42["subscribe",' + '{"a":' * 5_000,
    "4" * 5_000,
]


def packet(draw: random.Random) -> str:
    """One hostile packet. Most are well-formed, so that a session lives to take more."""
    kind = draw.random()
    if kind < 0.05:
        return draw.choice(_ODD)
    whole = draw.choice(MESSAGES)
    name, body = whole["type"].lower(), {k: v for k, v in whole.items() if k != "type"}
    if kind < 0.08:
        return f"42{damaged(encoded([name, body]), draw).decode('latin-1')}"
    ack = draw.choice(["", str(draw.randrange(10**6))])
    if kind < 0.2:
        return f"42{ack}{encoded([text(draw), value(draw), value(draw)]).decode()}"
    return f"42{ack}{encoded([name, spoilt(body, draw, draw.randint(1, 3))]).decode()}"


def payload(draw: random.Random) -> bytes:
    """The body of a POST: some packets, or what is none."""
    if draw.random() < 0.1:
        return draw.randbytes(draw.randint(0, 300))
    packets = [packet(draw) for _ in range(draw.choice([1, 1, 2, 5]))]
    return "\x1e".join(packets).encode(errors="replace")
