"""Ids as types, so that one is not passed where another is meant."""

from __future__ import annotations

from hashlib import sha256
from typing import NewType

from uuid_utils import uuid7

MediaFileId = NewType("MediaFileId", int)
UserId = NewType("UserId", str)
EventId = NewType("EventId", str)
Topic = NewType("Topic", str)

ActorKey = NewType("ActorKey", str)
"""Who did something, without saying who: ``user:<id>`` or the keyed hash of an address."""

VoterKey = NewType("VoterKey", str)
"""The holder of one vote per file: ``user:<id>`` or the address hash made for votes."""


def event_id() -> EventId:
    """A new event id: ``msg-`` and a UUIDv7, so ids sort by time of creation."""
    return EventId(f"msg-{uuid7().hex}")


def derived_event_id(name: str, at: int) -> EventId:
    """The event id that ``name`` always gets: a UUIDv7 of the instant ``at`` (µs) and a digest."""
    digest = int.from_bytes(sha256(name.encode()).digest()[:16])
    value = (at // 1_000) << 80 | digest & ((1 << 80) - 1)
    value = value & ~(0xF << 76) | 7 << 76
    value = value & ~(0x3 << 62) | 2 << 62
    return EventId(f"msg-{value:032x}")


def user_actor(user_id: str) -> str:
    """The key under which a signed-in user acts; it cannot equal an address hash."""
    return f"user:{user_id}"
