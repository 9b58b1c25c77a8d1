"""Reading what others send, which may be anything."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from groundswell.contract.errors import Invalid
from groundswell.contract.events.sharing import Engager
from groundswell.contract.times import SECOND, from_datetime
from groundswell.http.decoding import decode_json

LONGEST_ID = 512
LONGEST_NAME = 200
LONGEST_URL = 2048


def json_object(body: bytes) -> dict[str, Any]:
    """The body.

    Raises:
        Invalid: it is no JSON object.
    """
    found: dict[str, Any] = decode_json(body, dict[str, Any])
    return found


def part(value: object, *path: str) -> Any:
    """What lies at a path of names; None as soon as one is missing."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def identifier(value: object) -> str | None:
    """A text or number that names something, in a length that can be kept."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    return text if 0 < len(text) <= LONGEST_ID else None


def required(value: object, field: str) -> str:
    """An identifier that must be there.

    Raises:
        Invalid: it is not.
    """
    found = identifier(value)
    if found is None:
        raise Invalid.at(field, f"Must be a text of 1 to {LONGEST_ID} characters")
    return found


def engager(name_of: object, *, id_: object = None, url: object = None) -> Engager:
    """Who did it, as far as it is said in a form that can be kept."""
    return Engager(
        id=identifier(id_),
        name=name_of[:LONGEST_NAME] if isinstance(name_of, str) and name_of else None,
        url=_web_address(url),
    )


def instant(value: object, now: int) -> int:
    """A time in RFC 3339 or in seconds since 1970, microseconds; ``now`` if it says none."""
    try:
        if isinstance(value, str):
            return min(now, from_datetime(datetime.fromisoformat(value)))
        if isinstance(value, int) and not isinstance(value, bool):
            return min(now, max(0, value * SECOND))
    except (ValueError, OverflowError):
        pass
    return now


def _web_address(url: object) -> str | None:
    """Whoever shows it may make a link of it, so that it must be one to a page."""
    if not isinstance(url, str) or len(url) > LONGEST_URL:
        return None
    return url if url.startswith(("https://", "http://")) else None
