"""The GAP that names what could not be read back."""

from __future__ import annotations

from msgspec import UNSET

from groundswell.realtime.broker.base import Position
from groundswell.realtime.messages import Gap
from groundswell.realtime.recovery import Hole
from groundswell.realtime.topics import refetch_url


def gap_of(topic: str, hole: Hole, position: Position) -> Gap:
    """What a hole in the log's order means for one topic, which now stands at ``position``."""
    url = refetch_url(topic)
    return Gap(
        topic=topic,
        epoch=position.epoch,
        reason=hole.reason,
        from_seq=UNSET if hole.from_seq is None else hole.from_seq,
        to_seq=hole.to_seq,
        fallback="refetch" if url else "none",
        url=url or UNSET,
    )
