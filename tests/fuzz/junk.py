"""Values that nobody sends who means well, and messages spoilt with them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

DEEP = 5_000
"""How deep a value may be nested and still be written by the library here."""

_TEXTS = [
    "",
    "\x00",
    "\u202e\u0000\uffff",
    "\ud800",
    "💥" * 64,
    "a" * 65,
    "a" * 256,
    "..",
    "../../etc/passwd",
    "%2e%2e",
    "' OR 1=1 --",
    "${jndi:ldap://x}",
    "1e400",
    "null",
    "activity\n",
    "NaN",
]
_TOPICS = [
    "*",
    "user.*",
    "user.*.inbox",
    "user.1.2.inbox",
    "user.victim.inbox",
    "USER.victim.INBOX",
    "user.victim.inbox ",
    "user..inbox",
    "user.%76ictim.inbox",
    "user.\uff56ictim.inbox",
    "user.victim",
    ".",
    "activity.",
    ".activity",
    "media.-1",
    "media.9223372036854775808",
    "media.٣",
    "trending." + "9" * 60,
    "system.broadcast",
    "presence.room",
    "a." * 60 + "b",
]
_NUMBERS = [
    0,
    -1,
    1.5,
    1e308,
    -1e308,
    2**31,
    2**53 + 1,
    2**63 - 1,
    2**63,
    2**64,
    10**30,
    float("nan"),
    float("inf"),
]


def text(draw: random.Random) -> str:
    """A text that is odd, or a topic that is not one's own."""
    return draw.choice(draw.choice([_TEXTS, _TOPICS]))


def value(draw: random.Random) -> Any:
    """Anything that JSON can say, and some of what it cannot."""
    return draw.choice(_VALUES)(draw)


def _filter(draw: random.Random) -> Any:
    tree: Any = {"key": text(draw), "cmp": draw.choice(["eq", "in", "gt", "??"]), "val": 1}
    for _ in range(draw.choice([1, 3, 200])):
        tree = {
            "op": draw.choice(["and", "or", "not", "xor"]),
            "nodes": [tree] * draw.choice([0, 1]),
        }
    return tree


def _deep(draw: random.Random) -> Any:
    nested: Any = 1
    for _ in range(draw.choice([50, 300])):
        nested = [nested] if draw.random() < 0.5 else {"a": nested}
    return nested


_VALUES: list[Callable[[random.Random], Any]] = [
    lambda _: None,
    lambda draw: draw.random() < 0.5,
    lambda draw: draw.choice(_NUMBERS),
    text,
    lambda draw: [value(draw) for _ in range(draw.randint(0, 3))],
    lambda draw: {text(draw): value(draw) for _ in range(draw.randint(0, 3))},
    lambda draw: [text(draw)] * draw.choice([129, 1_000]),
    lambda draw: "x" * draw.choice([1_025, 40_000]),
    _filter,
    _deep,
]


def spoilt(message: Any, draw: random.Random, times: int) -> Any:
    """A copy of the message in which some places hold what does not belong there."""
    copy = json.loads(json.dumps(message))
    for _ in range(times):
        _spoil(copy, draw)
    return copy


def _spoil(place: Any, draw: random.Random) -> None:
    """Replace, add or remove something at a place drawn within."""
    while isinstance(place, dict | list) and place:
        key: Any = (
            draw.choice(sorted(place)) if isinstance(place, dict) else draw.randrange(len(place))
        )
        inner = place[key]
        if isinstance(inner, dict | list) and inner and draw.random() < 0.7:
            place = inner
            continue
        what = draw.random()
        if what < 0.8:
            place[key] = value(draw)
        elif isinstance(place, dict) and what < 0.9:
            del place[key]
        elif isinstance(place, dict):
            place[draw.choice(_TEXTS)] = value(draw)
        else:
            place.append(value(draw))
        return


def damaged(data: bytes, draw: random.Random) -> bytes:
    """The same with a few of its bytes changed to other ASCII, doubled or cut off."""
    spoilt_data = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        if spoilt_data:
            spoilt_data[draw.randrange(len(spoilt_data))] = draw.randrange(128)
    if draw.random() < 0.2:
        del spoilt_data[draw.randrange(len(spoilt_data) + 1) :]
    return bytes(spoilt_data)


def encoded(message: Any) -> bytes:
    """JSON, where need be with NaN, Infinity and lone surrogates written as escapes."""
    return json.dumps(message).encode()
