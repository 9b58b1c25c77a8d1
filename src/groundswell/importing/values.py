"""Single values of a record: counts, durations, times, texts."""

from __future__ import annotations

import re

from groundswell.contract.times import MILLISECOND, SECOND, from_rfc3339

LONGEST_TITLE = 255
LONGEST_URL = 2000
LARGEST_COUNT = 1_000_000_000_000
LONGEST_DURATION = 7 * 24 * 3600
"""Seconds. Nothing that is played takes longer than a week."""

_URL = re.compile(r"https?://[^\s\x00-\x1f\x7f<>\"]+", re.IGNORECASE)
_DIGITS = re.compile(r"\d{1,18}", re.ASCII)
_SECONDS = re.compile(r"\d{1,9}(?:\.\d{0,9})?", re.ASCII)
_CLOCK = re.compile(r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})", re.ASCII)
_UNIX = re.compile(r"\d{9,10}(?:\.\d{1,9})?|\d{12,13}|\d{15,16}", re.ASCII)
_YEAR = re.compile(r"\d{4}", re.ASCII)


class UnreadableValue(Exception):
    """The value is not what its column should hold; the message says what was expected."""


def title(text: str, field: str = "title") -> str:
    """A text that is shown: not empty, at most 255 characters."""
    if not text:
        raise UnreadableValue(f"no {field}")
    return short(text, field)


def short(text: str, field: str) -> str:
    """A text of at most 255 characters, possibly empty."""
    if len(text) > LONGEST_TITLE:
        raise UnreadableValue(f"{field} is longer than {LONGEST_TITLE} characters")
    return text


def url(text: str) -> str | None:
    """An absolute http or https address; empty is none."""
    if not text:
        return None
    if len(text) > LONGEST_URL or not _URL.fullmatch(text):
        raise UnreadableValue("url is not an http address")
    return text


def count(text: str, field: str) -> int:
    """A count; empty is none. Spaces, commas and underscores may group its digits."""
    digits = re.sub(r"[\s,_']", "", text)
    if not digits:
        return 0
    if not _DIGITS.fullmatch(digits) or int(digits) > LARGEST_COUNT:
        raise UnreadableValue(f"{field} is not a count")
    return int(digits)


def duration(text: str, field: str) -> int | None:
    """Seconds, from ``245``, ``245.3``, ``4:05`` or ``1:04:05``; empty is unknown."""
    if not text:
        return None
    if match := _CLOCK.fullmatch(text):
        hours, minutes, seconds = (int(part or 0) for part in match.groups())
        whole = hours * 3600 + minutes * 60 + seconds
    elif _SECONDS.fullmatch(text):
        whole = int(float(text))
    else:
        raise UnreadableValue(f"{field} is not a duration")
    if whole > LONGEST_DURATION:
        raise UnreadableValue(f"{field} is longer than a week")
    return whole


def instant(text: str, field: str) -> int:
    """Microseconds since the epoch, from RFC 3339 or a Unix time in s, ms or µs.

    A time without a zone is taken as UTC.
    """
    if _UNIX.fullmatch(text):
        return _unix(text)
    try:
        return from_rfc3339(text)
    except (ValueError, OverflowError):
        raise UnreadableValue(f"{field} is not a time") from None


def _unix(text: str) -> int:
    """The unit shows in the number of digits; all three cover the years 1973 to 2286."""
    whole, _, fraction = text.partition(".")
    if len(whole) >= 15:
        return int(whole)
    if len(whole) >= 12:
        return int(whole) * MILLISECOND
    return int(whole) * SECOND + int((fraction + "000000")[:6])


def year_or_instant(text: str, field: str) -> int | None:
    """The beginning of a year, or an instant; empty is unknown."""
    if not text:
        return None
    if _YEAR.fullmatch(text) and text != "0000":
        return from_rfc3339(f"{text}-01-01T00:00:00Z")
    return instant(text, field)
