"""What one answer to a polling client holds."""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.realtime.doors.device import Device
from groundswell.realtime.doors.polling.cursor import Cursor
from groundswell.realtime.doors.polling.reading import Told


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

    async def add_due(self, device: Device) -> None:
        """Add what the device has not acknowledged, without what it is just being told."""
        due = await device.due(self.cursor.log.seq, self.ids)
        self.messages += due.events
        self.ids += due.ids
        self.next_at = due.next_at
