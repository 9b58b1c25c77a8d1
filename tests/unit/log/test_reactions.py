"""Reactions: commands follow from events once, in order, and one refusal stops nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from groundswell.contract.errors import Conflict, Unavailable
from groundswell.contract.events import Event, LoggedEvent
from groundswell.log.reactions import Reactions
from groundswell.store.commands import Command, Idempotency


class Happened(Event, frozen=True, kw_only=True):
    """Something happened to somebody."""

    event_type: ClassVar[str] = "test.happened"
    whom: str

    @property
    def partition_key(self) -> str:
        return self.whom


class Do(Command, frozen=True, kw_only=True):
    """Do something about it."""

    answer: ClassVar[type] = str
    what: str


def logged(seq: int, whom: str) -> LoggedEvent:
    return LoggedEvent(seq, f"msg-{seq}", 0, 0, Happened(whom=whom))


def twice(event: LoggedEvent) -> Sequence[Command]:
    return [Do(at=0, what=f"{event.seq}-{part}") for part in ("a", "b")]


class Writer:
    """Executes slowly, each attempt once."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.known: dict[tuple[str, str], str] = {}
        self.failures: dict[str, Exception] = {}

    async def submit(self, command: Any, idempotency: Idempotency | None = None) -> str:
        assert idempotency is not None
        await asyncio.sleep(0)
        key = (idempotency.scope, idempotency.key)
        if key in self.known:
            return self.known[key]
        if failure := self.failures.get(command.what):
            raise failure
        self.known[key] = command.what
        self.done.append(command.what)
        return str(command.what)


async def test_commands_of_one_key_keep_their_order_and_a_repeat_does_nothing() -> None:
    writer = Writer()
    reactions = Reactions("tests", twice, writer.submit)
    events = [logged(1, "ada"), logged(2, "bob"), logged(3, "ada")]
    await reactions.consume(events)
    await reactions.consume(events)
    assert [one for one in writer.done if one[0] in "13"] == ["1-a", "1-b", "3-a", "3-b"]
    assert sorted(writer.done) == ["1-a", "1-b", "2-a", "2-b", "3-a", "3-b"]


async def test_a_refused_command_stops_no_other() -> None:
    writer = Writer()
    writer.failures["1-a"] = Conflict("no", "No.")
    reactions = Reactions("tests", twice, writer.submit)
    await reactions.consume([logged(1, "ada")])
    assert writer.done == ["1-b"]
    assert reactions.statistics() == {
        "reactions_executed_total": 1.0,
        "reactions_refused_total": 1.0,
    }


async def test_what_cannot_be_done_now_is_handed_over_again() -> None:
    writer = Writer()
    writer.failures["1-b"] = Unavailable("Later.", retry_after=1)
    reactions = Reactions("tests", twice, writer.submit)
    with pytest.raises(Unavailable):
        await reactions.consume([logged(1, "ada"), logged(2, "bob")])
    writer.failures.clear()
    await reactions.consume([logged(1, "ada"), logged(2, "bob")])
    assert sorted(writer.done) == ["1-a", "1-b", "2-a", "2-b"]
