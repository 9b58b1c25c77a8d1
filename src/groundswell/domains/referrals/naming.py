"""Ids of what referral programs make: a prefix and a UUIDv7, so that they sort by time."""

from __future__ import annotations

from uuid_utils import uuid7


def new_id(prefix: str) -> str:
    """A new id, such as ``ref-0195…``."""
    return f"{prefix}-{uuid7().hex}"
