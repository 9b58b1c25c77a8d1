"""Messages of the host application's own making: how they are named, and what they may hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from groundswell.contract.errors import Invalid, TooLarge

LARGEST_DATA = 32 * 1024
"""The most bytes that the data of a message may have, as JSON."""

EventType = Annotated[
    str, msgspec.Meta(max_length=100, pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$")
]


def checked_data(data: dict[str, Any], reserved: Sequence[str]) -> dict[str, Any]:
    """The data of a message.

    Args:
        data: what the host sent.
        reserved: fields that the service sets itself when it tells the message.

    Raises:
        Invalid: it has a reserved field.
        TooLarge: it has too many bytes.
    """
    for field in reserved:
        if field in data:
            raise Invalid.at(f"data.{field}", "Is set by the service")
    if len(msgspec.json.encode(data)) > LARGEST_DATA:
        raise TooLarge(f"The data must be at most {LARGEST_DATA} bytes as JSON.")
    return data
