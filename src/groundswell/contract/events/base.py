"""What all events have in common."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Event(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
    omit_defaults=True,
    gc=False,
):
    """A fact. Its fields carry what readers need as it stood then, so that nobody looks back."""

    event_type: ClassVar[str]

    @property
    def partition_key(self) -> str:
        """Events with equal keys stay in order wherever the log is partitioned."""
        raise NotImplementedError


class LoggedEvent(msgspec.Struct, frozen=True, gc=False):
    """An event at its place in the log. Instants are in microseconds."""

    seq: int
    event_id: str
    at: int
    recorded_at: int
    event: Event
