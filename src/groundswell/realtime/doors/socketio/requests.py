"""Which acknowledgement of the client waits for which answer of the gateway."""

from __future__ import annotations

from itertools import count
from typing import Any, Final, NamedTuple

from groundswell.realtime.doors.socketio.translation import (
    ANSWERED,
    NotACommand,
    command_of,
    ref_of,
    with_ref,
)

MAX_WAITING: Final = 256
"""Requests of one client without an answer; more are refused."""


class _Waiting(NamedTuple):
    ack: int
    ref: str | None


class Requests:
    """Of one client. Its own ``ref`` gives way to one of ours and comes back in the answer."""

    def __init__(self) -> None:
        self._waiting: dict[str, _Waiting] = {}
        self._numbers = count(1)

    def command(self, arguments: list[Any], ack: int | None) -> tuple[bytes, bool]:
        """The message that an event stands for, and whether an answer will settle its ``ack``.

        Raises:
            NotACommand: it stands for none, or too many are waiting.
        """
        command = command_of(arguments)
        if ack is None or command.type not in ANSWERED:
            return command.encode(), False
        if len(self._waiting) >= MAX_WAITING:
            raise NotACommand("Too many requests wait for their answers.")
        ref = f"ack-{next(self._numbers)}"
        message = command.encode(ref)
        self._waiting[ref] = _Waiting(ack, command.ref)
        return message, True

    def answered_by(self, message: bytes) -> tuple[int, bytes] | None:
        """The acknowledgement that ``message`` is for, and what to say in it."""
        if not self._waiting or b'"ref"' not in message:
            return None
        ref = ref_of(message)
        waiting = None if ref is None else self._waiting.pop(ref, None)
        return None if waiting is None else (waiting.ack, with_ref(message, waiting.ref))
