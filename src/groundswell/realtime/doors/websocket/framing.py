"""RFC 6455 as the library does it, but a message beyond the limit is skipped and not fatal."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Sequence
from typing import Final, NamedTuple

from websockets.extensions import ServerExtensionFactory
from websockets.frames import Frame, Opcode
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol
from websockets.streams import StreamReader

from groundswell.contract.tracebacks import forget_frames

MASK_BYTES: Final = 4
FIRST_CONTROL: Final = 8
"""Opcodes from here on are control frames."""

# The library tells every opening and closing; so many lines would bury all others.
_quiet = logging.getLogger(__name__).getChild("library")
_quiet.setLevel(logging.WARNING)


class TooLarge:
    """An event: a message was skipped because it is larger than allowed."""


Event = Request | Frame | TooLarge


class Head(NamedTuple):
    """The beginning of a frame; ``header`` bytes come before ``length`` bytes of payload."""

    opcode: int
    final: bool
    masked: bool
    header: int
    length: int


class BoundedReader(StreamReader):
    """Hands the parser only frames of messages within ``limit`` bytes.

    The parser asks ``at_eof`` between two frames: that is where a frame can be dropped unseen, as
    its bytes come, without keeping them. The rest of its message is dropped with it.
    """

    def __init__(self, limit: int, on_too_large: Callable[[], None]) -> None:
        super().__init__()
        self.limit = limit
        self._on_too_large = on_too_large
        self._message = 0
        self._skipping = False

    def release(self) -> None:
        """Nothing more is read: let go of who was to be told."""
        self._on_too_large = _nobody

    def at_eof(self) -> Generator[None, None, bool]:
        """Whether the stream ended; before answering no, drop what is too large."""
        while True:
            while not self.buffer:
                if self.eof:
                    return True
                yield
            head = yield from self._head()
            if head is None or not self._is_to_skip(head):
                return False
            yield from self._skip(head.header + head.length)

    def _head(self) -> Generator[None, None, Head | None]:
        """The next frame's head, left in the buffer; None if the stream ends within it."""
        while True:
            head = _parse_head(self.buffer)
            if head is not None:
                return head
            if self.eof:
                return None
            yield

    def _is_to_skip(self, head: Head) -> bool:
        if head.opcode >= FIRST_CONTROL or not head.masked:
            return False
        if head.opcode != Opcode.CONT:
            self._message, self._skipping = 0, False
        if not self._skipping:
            self._message += head.length
            if self._message <= self.limit:
                return False
            self._on_too_large()
        self._skipping = not head.final
        return True

    def _skip(self, size: int) -> Generator[None, None, None]:
        while size > 0 and not self.eof:
            dropped = min(size, len(self.buffer))
            del self.buffer[:dropped]
            size -= dropped
            if size > 0:
                yield


def _nobody() -> None:
    """Hears nothing."""


def _parse_head(buffer: bytearray) -> Head | None:
    if len(buffer) < 2:
        return None
    short = buffer[1] & 0x7F
    extended = {126: 2, 127: 8}.get(short, 0)
    if len(buffer) < 2 + extended:
        return None
    length = int.from_bytes(buffer[2 : 2 + extended], "big") if extended else short
    masked = bool(buffer[1] & 0x80)
    return Head(
        opcode=buffer[0] & 0x0F,
        final=bool(buffer[0] & 0x80),
        masked=masked,
        header=2 + extended + (MASK_BYTES if masked else 0),
        length=length,
    )


class Framing(ServerProtocol):
    """One connection's bytes to events and back; performs no I/O."""

    def __init__(
        self, extensions: Sequence[ServerExtensionFactory] | None, max_message: int
    ) -> None:
        # What is compressed may still be larger than its frame says: that is the library's limit.
        super().__init__(extensions=extensions, max_size=max_message, logger=_quiet)
        self.reader = BoundedReader(max_message, self._skipped)
        self.parser = self.parse()
        next(self.parser)

    def accept(self, request: Request) -> Response:
        """What to answer to ``request``; why it is refused is said there, and held no further."""
        response = super().accept(request)
        if self.handshake_exc is not None:
            forget_frames(self.handshake_exc)
        return response

    def allow(self, max_message: int) -> None:
        """Let messages have so many bytes from now on."""
        self.max_message_size = max_message
        self._bounded.limit = max_message

    def received(self) -> list[Event]:
        """What came since the last call, in order."""
        if not self.events:
            return []
        events = list(self.events)
        self.events.clear()
        return events  # type: ignore[return-value]

    def release(self) -> None:
        """Let go of the parser, which holds on to this object as this does to it.

        So does what went wrong, by the frames of its traceback. What compresses goes at once: it
        takes more than all else, and who spoke here may know this object for a while yet.
        """
        self.parser.close()
        self.parser_exc = self.handshake_exc = None
        self.extensions = []
        self._bounded.release()

    def _skipped(self) -> None:
        """The rest of the message will not be seen either, so the parser must not wait for it."""
        self.events.append(TooLarge())  # type: ignore[arg-type]
        self.current_size = None

    @property
    def _bounded(self) -> BoundedReader:
        assert isinstance(self.reader, BoundedReader)  # noqa: S101 - set by the constructor
        return self.reader
