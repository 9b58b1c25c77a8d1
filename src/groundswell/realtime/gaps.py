"""The GAP that names what could not be read back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from groundswell.realtime.broker.base import Position
from groundswell.realtime.messages import Gap
from groundswell.realtime.topics import refetch_url

if TYPE_CHECKING:
    from groundswell.realtime.recovery import Hole


INBOX_URL: Final = "/v1/me/inbox"
"""Where what is kept of an inbox is read."""


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


def lost_epoch(topic: str, position: Position) -> Gap:
    """The stream began anew, now at ``position``: what came before cannot be told from it."""
    url = refetch_url(topic)
    return Gap(
        topic=topic,
        epoch=position.epoch,
        to=position.offset,
        reason="epoch_changed",
        fallback="refetch" if url else "none",
        url=url or UNSET,
    )


def lost_range(topic: str, position: Position, first: int, last: int) -> Gap:
    """The offsets from ``first`` to ``last`` are not kept any more, or too many."""
    url = refetch_url(topic)
    return Gap(
        topic=topic,
        epoch=position.epoch,
        from_=first,
        to=last,
        reason="trimmed",
        missed=last - first + 1,
        fallback="refetch" if url else "none",
        url=url or UNSET,
    )


def forgotten_texts(topic: str, position: Position, seqs: Sequence[int]) -> Gap:
    """The messages of an inbox at these places of the log are not kept in full any more."""
    return Gap(
        topic=topic,
        epoch=position.epoch,
        reason="retention",
        from_seq=min(seqs),
        to_seq=max(seqs),
        missed=len(seqs),
        fallback="refetch",
        url=INBOX_URL,
    )
