"""From the messages of a session to whole packets: binary parts are collected first."""

from __future__ import annotations

from groundswell.realtime.doors.socketio.packets import (
    Head,
    InvalidPacket,
    Packet,
    decode,
    with_attachments,
)


class Decoder:
    """Of one session."""

    def __init__(self) -> None:
        self._head: Head | None = None
        self._parts: list[bytes] = []

    @property
    def is_between_packets(self) -> bool:
        """Whether no packet is half read."""
        return self._head is None

    def add(self, data: str | bytes) -> Packet | None:
        """The packet that ``data`` completes, if it completes one.

        Raises:
            InvalidPacket: it is no packet, or not what has to come now.
        """
        if isinstance(data, bytes):
            return self._add_part(data)
        if self._head is not None:
            raise InvalidPacket("Text came where an attachment was announced.")
        head = decode(data)
        if head.attachments == 0:
            return head.packet
        self._head = head
        return None

    def _add_part(self, data: bytes) -> Packet | None:
        head = self._head
        if head is None:
            raise InvalidPacket("An attachment came that was not announced.")
        self._parts.append(data)
        if len(self._parts) < head.attachments:
            return None
        parts, self._parts, self._head = self._parts, [], None
        return with_attachments(head.packet, parts)
