"""From events to commands: how slices meet without knowing each other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import structlog

from groundswell.contract.errors import GroundswellError, Unavailable
from groundswell.contract.events import LoggedEvent
from groundswell.store.commands import Command, Idempotency

_log = structlog.get_logger(__name__)

React = Callable[[LoggedEvent], Sequence[Command]]
"""What is to be done about an event: a plain function, the same whenever it is asked."""


class Submit(Protocol):
    """The writer's ``submit``."""

    def __call__(self, command: Command, idempotency: Idempotency | None = None) -> Awaitable[Any]:
        """Execute durably and answer."""
        ...


class Reactions:
    """Has done what events ask for; the ``consume`` of a consumer group.

    Events of one partition key are taken care of in their order, those of different keys together.
    A portion may come again after a crash: each command is known by its event and its place, and is
    executed once. One that is refused stays refused; the others go on.

    Args:
        group: the consumer group, under whose name commands are known.
        react: what to do about an event.
        submit: the writer's.
    """

    def __init__(self, group: str, react: React, submit: Submit) -> None:
        self._group = group
        self._react = react
        self._submit = submit
        self._executed = 0
        self._refused = 0

    async def consume(self, events: Sequence[LoggedEvent]) -> None:
        """React to a portion of the log; returns when all of it is durable.

        Raises:
            Unavailable: the writer takes nothing now; the portion is to be handed over again.
        """
        lines: dict[str, list[tuple[Command, Idempotency]]] = {}
        for logged in events:
            for place, command in enumerate(self._react(logged)):
                attempt = Idempotency(self._group, f"{logged.event_id}:{place}", "")
                lines.setdefault(logged.event.partition_key, []).append((command, attempt))
        outcomes = await asyncio.gather(*map(self._execute, lines.values()), return_exceptions=True)
        for failure in filter(None, outcomes):
            raise failure

    def statistics(self) -> Mapping[str, float]:
        """Commands since the start."""
        return {
            "reactions_executed_total": float(self._executed),
            "reactions_refused_total": float(self._refused),
        }

    async def _execute(self, line: Sequence[tuple[Command, Idempotency]]) -> None:
        for command, attempt in line:
            try:
                await self._submit(command, attempt)
                self._executed += 1
            except Unavailable:
                raise
            except GroundswellError as error:
                self._refused += 1
                name = type(command).__name__
                _log.info("reaction refused", group=self._group, command=name, error=str(error))
