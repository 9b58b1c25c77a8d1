"""What the writer and the parts that give it work agree on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import msgspec

from groundswell.contract.events import Event
from groundswell.store.transaction import Transaction


class Command(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A wish to change something. ``at`` is when it was received, in microseconds."""

    answer: ClassVar[type]
    """The type of what a successful command answers."""

    at: int


class EventTail(Protocol):
    """The end of the event log, held by one transaction."""

    def append(self, event: Event, at: int) -> int:
        """Add an event that happened at ``at``; the result is its sequence number."""
        ...

    async def flush(self, transaction: Transaction) -> None:
        """Write what was added."""
        ...


class Journal(Protocol):
    """Gives a transaction the turn to append to the event log."""

    async def begin(self, transaction: Transaction) -> EventTail:
        """Wait for the turn, which ends with the transaction."""
        ...

    def committed(self, tail: Any, /) -> None:
        """The transaction that held this tail is durable."""
        ...


Handle = Callable[[Transaction, Sequence[Any], EventTail], Awaitable[Sequence[object]]]


@dataclass(frozen=True, slots=True)
class Handler:
    """Executes a family of commands, a batch at a time.

    ``handle`` gets the commands in the order they came and returns for each an answer, or a
    ``GroundswellError`` as a value: one raised instead would roll back its neighbours. A refused
    command must have written nothing.
    """

    commands: tuple[type[Command], ...]
    handle: Handle


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A caller's promise that equal keys mean the same write.

    ``scope`` separates callers, ``fingerprint`` is a digest of what was asked.
    """

    scope: str
    key: str
    fingerprint: str
