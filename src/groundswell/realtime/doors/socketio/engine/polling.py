"""The long-polling transport of one session: what waits for the next poll, and who is waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from groundswell.realtime.doors.socketio.engine.packets import (
    CLOSE,
    NOOP,
    Outgoing,
    encode_payload,
)
from groundswell.realtime.doors.socketio.engine.wire import Carrier, PacketOf
from groundswell.realtime.messages import Envelope


class PollingTransport:
    """Keeps packets until polls take them; ``pending_bytes`` is what it keeps.

    A poll takes ``max_packets`` at most; ``drained`` is called each time nothing is left.
    """

    name: Final = "polling"

    def __init__(self, drained: Callable[[], None], max_packets: int) -> None:
        self.pending_bytes = 0
        self.polling = False
        self.posting = False
        self._drained = drained
        self._max_packets = max_packets
        self._queue: list[Outgoing] = []
        self._arrival = asyncio.Event()
        self._closing = False
        self._over = False

    @property
    def carrier(self) -> Carrier:
        """Where events for many receivers are written."""
        return self

    @property
    def has_told_end(self) -> bool:
        """Whether a poll took the end of the session."""
        return self._over and self._closing

    @property
    def is_idle(self) -> bool:
        """Whether a poll waits and has nothing to take."""
        return self.polling and not (self._queue or self._closing or self._over)

    def send(self, packet: Outgoing) -> None:
        """Keep ``packet`` for the poll that waits, or the next one."""
        self._queue.append(packet)
        self.pending_bytes += len(packet.data)
        self._arrival.set()

    def send_shared(self, envelope: Envelope, packet_of: PacketOf) -> None:
        """Keep what every receiver gets."""
        packet = envelope.encoded(packet_of)
        if packet is not None:
            self.send(Outgoing(packet))

    def close(self, code: int, reason: str) -> None:
        """Let a poll of its own end the session, after those that take what waits.

        In one payload with it the last messages would be lost: the JavaScript client hears of the
        end at once and of messages a moment later.
        """
        self._closing = True
        self._arrival.set()

    def end(self, *, politely: bool) -> None:
        """Nothing will come any more: answer the poll that waits.

        ``politely``: the client ended the session itself and needs no word about it.
        """
        if self.polling and not self._over:
            self.send(NOOP if politely else CLOSE)
        self._drained = _nobody
        self._over = True
        self._arrival.set()

    def hand_over(self) -> list[Outgoing]:
        """End in favour of another transport, which gets what nobody has taken."""
        left, self._queue = self._queue, []
        self.pending_bytes = 0
        self._over = True
        self._arrival.set()
        return left

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The time of one poll, until its answer is written."""
        self.polling = True
        try:
            yield
        finally:
            self.polling = False

    async def payload(self) -> bytes | None:
        """What waits, as soon as anything does; None if nothing ever will."""
        while not self._queue:
            if self._over:
                return None
            if self._closing:
                self._over = True
                return CLOSE.data
            self._arrival.clear()
            await self._arrival.wait()
        taken = self._queue[: self._max_packets]
        del self._queue[: self._max_packets]
        self.pending_bytes -= sum(len(packet.data) for packet in taken)
        if not self._queue:
            self._drained()
        return encode_payload(taken)


def _nobody() -> None:
    """The session is over, and holds on to this transport: it need not be told."""
