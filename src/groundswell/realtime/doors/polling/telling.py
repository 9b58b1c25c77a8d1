"""What one answer to a polling client holds."""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.realtime.doors.device import Device
from groundswell.realtime.doors.polling.cursor import Cursor
from groundswell.realtime.doors.polling.reading import Told
from groundswell.realtime.messages import Gap, Message


class Answered:
    """A reading with what is told besides: farewells before it, the inbox after it.

    ``ids`` are those of critical messages in it; ``next_at`` is when a device is to be told again.
    """

    def __init__(self, told: Told, farewells: Sequence[bytes] = ()) -> None:
        self.messages = [*farewells, *told.messages]
        self.cursor: Cursor = told.cursor
        self.more = told.more
        self.gaps = told.gaps
        self.ids = list(told.critical)
        self.next_at: int | None = None

    def add_missed(self, missed: Sequence[Message]) -> None:
        """Add what a device missed and cannot be told in full any more."""
        self.messages[:0] = [one.encode() for one in missed]
        self.gaps += sum(isinstance(one, Gap) for one in missed)

    async def add_due(self, device: Device) -> None:
        """Add what the device has not acknowledged, without what it is just being told."""
        due = await device.due(self.cursor.log.seq, self.ids)
        self.messages += due.events
        self.ids += due.ids
        self.next_at = due.next_at
