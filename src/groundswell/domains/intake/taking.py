"""The one command of the intake, and how it is executed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec

from groundswell.contract.events.intake import HostEvent
from groundswell.store import BIGINT, TEXT, Statement, Transaction
from groundswell.store.commands import Command, EventTail, Handler

FIND = Statement(
    """
    SELECT i.source, i.source_id, i.seq
    FROM intake_events i JOIN {rows} r ON i.source = r.source AND i.source_id = r.source_id
    """,
    rows={"source": TEXT, "source_id": TEXT},
)
ADD = Statement(
    "INSERT INTO intake_events (source, source_id, event_type, seq, received_at) {values}",
    rows={
        "source": TEXT,
        "source_id": TEXT,
        "event_type": TEXT,
        "seq": BIGINT,
        "received_at": BIGINT,
    },
)


class Taken(msgspec.Struct, frozen=True, rename="camel"):
    """An event of the host is in the log at ``seq``; ``repeated`` if it already was."""

    source: str
    id: str
    seq: int
    repeated: bool


class TakenIn(msgspec.Struct, frozen=True, rename="camel"):
    """What became of the events of one call, in their order."""

    accepted: int
    repeated: int
    events: list[Taken]


class TakeIn(Command, frozen=True, kw_only=True):
    """Write events of the host into the log, each once. ``events`` come with their times."""

    answer: ClassVar[type] = TakenIn
    events: tuple[tuple[HostEvent, int], ...]


async def take_in(
    transaction: Transaction, commands: Sequence[TakeIn], tail: EventTail
) -> list[object]:
    """Execute a batch. An event that is there already stays as it came first."""
    keys = {(event.source, event.source_id) for one in commands for event, _ in one.events}
    rows = await transaction.fetch(FIND, rows=sorted(keys))
    known: dict[tuple[str, str], int] = {(source, name): seq for source, name, seq in rows}
    fresh: list[tuple[str, str, str, int, int]] = []
    answers: list[object] = []
    for one in commands:
        taken: list[Taken] = []
        for event, at in one.events:
            key = (event.source, event.source_id)
            repeated = key in known
            if not repeated:
                known[key] = tail.append(event, at)
                fresh.append((*key, event.event_type, known[key], one.at))
            taken.append(Taken(*key, known[key], repeated))
        repeats = sum(each.repeated for each in taken)
        answers.append(TakenIn(len(taken) - repeats, repeats, taken))
    if fresh:
        await transaction.write(ADD, rows=fresh)
    return answers


def intake_handler() -> Handler:
    """The handler of the intake."""
    return Handler((TakeIn,), take_in)
