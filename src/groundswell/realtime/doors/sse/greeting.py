"""What a stream tells before it is live: where it starts, what is lost, that the past is over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from groundswell.realtime.broker.base import Position
from groundswell.realtime.doors.sse.blocks import message_block
from groundswell.realtime.doors.sse.connection import Connection
from groundswell.realtime.gaps import gap_of
from groundswell.realtime.messages import CaughtUp
from groundswell.realtime.recovery import Page


@dataclass(frozen=True, slots=True)
class Start:
    """Where a connection's live events begin: in the log, in each topic, and in which state."""

    target: int
    positions: dict[str, Position]
    states: dict[str, bytes]


def gap_blocks(
    page: Page, feeds: frozenset[str], positions: dict[str, Position]
) -> Iterator[bytes]:
    """A GAP for each topic, if the page has a hole; and those of single topics."""
    for gap in page.gaps:
        if gap.topic in feeds:
            yield message_block(gap)
    if page.hole is not None:
        for topic in sorted(feeds):
            yield message_block(gap_of(topic, page.hole, positions[topic]))


def caught_up_block(
    connection: Connection, positions: dict[str, Position], *, complete: bool
) -> bytes:
    """One for each topic; the last has the id, for only then all of them are told."""
    *others, last = [
        CaughtUp(
            topic=topic,
            epoch=position.epoch,
            offset=position.offset,
            seq=connection.position,
            complete=complete,
        )
        for topic, position in positions.items()
    ]
    blocks = [message_block(message) for message in others]
    return b"".join([*blocks, message_block(last, connection.told(connection.position))])
