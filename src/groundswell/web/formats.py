"""How numbers, times and lengths read on a page; the scripts write them the same way."""

from __future__ import annotations

import mimetypes
from typing import Literal
from urllib.parse import urlsplit

from groundswell.contract import times

_STEPS = (
    (times.DAY, "d"),
    (times.HOUR, "h"),
    (times.MINUTE, "min"),
    (times.SECOND, "s"),
)
_NOW = 5 * times.SECOND
_OUTCOMES = {
    "none": "nothing to resume",
    "websocket": "WebSocket",
    "socketio": "Socket.IO",
    "sse": "event stream",
    "polling": "long poll",
}


def grouped(number: int) -> str:
    """Every digit, in groups of three: ``12,345``."""
    return f"{number:,}"


def compact(number: int) -> str:
    """At most four figures: ``9,999``, ``12.3k``, ``4.0M``; cut off, never rounded up."""
    if abs(number) < 10_000:
        return grouped(number)
    size, letter = (1_000_000, "M") if abs(number) >= 1_000_000 else (1_000, "k")
    tenths = abs(number) * 10 // size
    sign = "-" if number < 0 else ""
    return f"{sign}{tenths // 10}.{tenths % 10}{letter}"


def signed(number: int) -> str:
    """With its sign, the typographic minus, and no sign for zero."""
    if number == 0:
        return "0"
    return f"+{compact(number)}" if number > 0 else f"\N{MINUS SIGN}{compact(-number)}"


def ago(moment: str, now: int) -> str:
    """How long before ``now`` an RFC 3339 time was: ``now``, ``40 s ago``, ``3 h ago``.

    What lies ahead by a skewed clock reads as now.
    """
    age = now - times.from_rfc3339(moment)
    if age < _NOW:
        return "now"
    step, unit = next((step, unit) for step, unit in _STEPS if age >= step)
    return f"{age // step} {unit} ago"


def day_and_time(moment: str) -> str:
    """``16 Jun 2014, 14:03 UTC``."""
    return f"{times.to_datetime(times.from_rfc3339(moment)):%-d %b %Y, %H:%M} UTC"


def clock(moment: str) -> str:
    """``14:03:07 UTC``."""
    return f"{times.to_datetime(times.from_rfc3339(moment)):%H:%M:%S} UTC"


def day(moment: str) -> str:
    """``16 Jun 2014``."""
    return f"{times.to_datetime(times.from_rfc3339(moment)):%-d %b %Y}"


def length(seconds: int) -> str:
    """``3:45``, ``1:02:09``."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def media_kind(url: str | None) -> Literal["audio", "link"] | None:
    """What a page can do with a file's address: play it, link to it, or nothing.

    Only web addresses are offered. One whose name is that of another kind of file (a page, a
    picture) is a link; one that does not say is taken for a stream.
    """
    if url is None:
        return None
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    guessed = mimetypes.guess_type(parts.path)[0]
    plays = guessed is None or guessed.startswith(("audio/", "video/")) or guessed.endswith("/ogg")
    return "audio" if plays and not parts.path.endswith("/") else "link"


def host(url: str) -> str:
    """The name of the site an address leads to, without ``www.``."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def duration(seconds: float | None) -> str:
    """A dash for none, ``0.8 ms``, ``40 ms``, ``1.24 s``, ``3 h``."""
    if seconds is None:
        return "\N{EN DASH}"
    if seconds < 1:
        return f"{seconds * 1000:.2g} ms" if seconds < 0.0995 else f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    micros = int(seconds * times.SECOND)
    step, unit = next((step, unit) for step, unit in _STEPS if micros >= step)
    return f"{micros // step} {unit}"


def rate(number: float) -> str:
    """A figure per some time: ``0``, ``0.4``, ``12``, ``12.3k``."""
    return f"{number:.1f}" if 0 < number < 9.95 else compact(round(number))


def measure(value: float | None, unit: str) -> str:
    """What an alert compares: ``3.1 %`` of a share, a duration, ``yes`` or ``no``, or a number."""
    if value is None:
        return "\N{EN DASH}"
    match unit:
        case "share":
            return f"{100 * value:.3g} %"
        case "seconds":
            return duration(value)
        case "flag":
            return "yes" if value else "no"
        case _:
            return grouped(int(value))


def outcome(name: str) -> str:
    """A label of a figure in words: ``WebSocket 4101``, ``slow reader``, ``nothing to resume``."""
    first, _, rest = name.replace("_", " ").partition(" ")
    return _OUTCOMES.get(first, first) + (rest and f" {rest}")
