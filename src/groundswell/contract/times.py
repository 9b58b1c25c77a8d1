"""Instants as integers: microseconds since the Unix epoch, UTC.

Integers compare, index and store alike on every database, and keep the microsecond that decides
whether an event lies inside a half-open window.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

Clock = Callable[[], int]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def now() -> int:
    """The present instant in microseconds."""
    return time.time_ns() // 1_000


def to_datetime(instant: int) -> datetime:
    """The instant as an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=instant)


def to_rfc3339(instant: int) -> str:
    """The instant as RFC 3339 in UTC with ``Z``, milliseconds kept."""
    seconds, rest = divmod(instant, SECOND)
    return f"{_to_the_second(seconds)}.{rest // MILLISECOND:03d}Z"


@lru_cache(maxsize=1024)
def _to_the_second(seconds: int) -> str:
    """Instants come in clusters, and formatting is the dear part."""
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def from_datetime(moment: datetime) -> int:
    """The instant of a datetime; one without a zone is taken as UTC."""
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def from_rfc3339(text: str) -> int:
    """The instant of an RFC 3339 text.

    Raises:
        ValueError: the text is not such a time.
    """
    return from_datetime(datetime.fromisoformat(text))
