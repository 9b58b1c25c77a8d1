"""The base of what the server says."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from groundswell.realtime.messages import Message


class Reply(Message, kw_only=True):
    """Said to one connection, as an answer or by itself; what is unset is not written."""


def or_unset(value: str | None) -> str | UnsetType:
    """``value``, or nothing on the wire."""
    return UNSET if value is None else value
