"""What the broker falls back on: the event log, from which everything was published."""

from __future__ import annotations

from typing import Final, Protocol

from groundswell.realtime.recovery import Replayed

PORTION: Final = 1_000
"""About how many publications are read at once."""


class Source(Protocol):
    """Reads the log through the same routing as live events, for all topics."""

    async def newest(self) -> int:
        """The highest ``seq`` of the log."""

    async def publications(self, after_seq: int, limit: int) -> Replayed:
        """About ``limit`` publications that follow ``after_seq``.

        Raises:
            GroundswellError: the log cannot be read now.
        """


def end_of_hole(past: Replayed) -> int:
    """Up to where an incomplete reading may have lost something."""
    return past.publications[0].seq - 1 if past.publications else past.top_seq
