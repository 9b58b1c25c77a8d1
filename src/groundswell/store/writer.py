"""Group commit: everything that waits becomes one durable transaction.

There is no timer. While one transaction is on its way, commands gather; the next takes up to
``batch`` of them. An idle service commits a single command at once, a busy one pays for one
commit per batch. A caller is answered only after the commit.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import structlog

from groundswell.contract.errors import DatabaseUnavailable, GroundswellError, Overloaded
from groundswell.contract.times import Clock
from groundswell.store.commands import Command, EventTail, Handler, Idempotency, Journal
from groundswell.store.idempotency import known_answers, remember, repeat
from groundswell.store.transaction import Store, Transaction

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Waiting:
    command: Command
    idempotency: Idempotency | None
    answered: asyncio.Future[Any]

    def settle(self, outcome: object) -> None:
        if self.answered.done():  # the caller went away
            return
        if isinstance(outcome, BaseException):
            self.answered.set_exception(outcome)
        else:
            self.answered.set_result(outcome)


@dataclass(slots=True)
class _Figures:
    commands: int = 0
    commits: int = 0
    failures: int = 0
    isolated: int = 0
    refused: int = 0
    recent_sizes: deque[int] = field(default_factory=lambda: deque(maxlen=512))
    recent_seconds: deque[float] = field(default_factory=lambda: deque(maxlen=512))


class Writer:
    """Executes commands in groups.

    Args:
        store: where to write.
        handlers: who executes which commands; their order is the order within a transaction.
        journal: the event log.
        clock: the time, for keys kept for repeated calls.
        capacity: how many commands may wait; beyond it callers are told to come back.
        batch: how many commands one transaction takes at most.
        on_commit: called after every commit, to wake the readers of the log.
    """

    def __init__(
        self,
        store: Store,
        handlers: Sequence[Handler],
        journal: Journal,
        *,
        clock: Clock,
        capacity: int = 10_000,
        batch: int = 256,
        on_commit: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._handlers = tuple(handlers)
        self._family = {
            command: place for place, one in enumerate(handlers) for command in one.commands
        }
        self._journal = journal
        self._clock = clock
        self._capacity = capacity
        self._batch = batch
        self._on_commit = on_commit
        self._queue: deque[_Waiting] = deque()
        self._arrived = asyncio.Event()
        self._closing = False
        self._figures = _Figures()

    async def submit(self, command: Command, idempotency: Idempotency | None = None) -> Any:
        """Execute a command; the answer comes after it is durable.

        Raises:
            Overloaded: too many commands wait, or the service is stopping.
            GroundswellError: the command was refused.
        """
        if self._closing or len(self._queue) >= self._capacity:
            self._figures.refused += 1
            raise Overloaded
        answered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(command, idempotency, answered))
        self._arrived.set()
        return await answered

    async def run(self) -> None:
        """Work until ``close()`` was called and nothing waits any more."""
        while True:
            await self._arrived.wait()
            if not self._queue:
                if self._closing:
                    return
                self._arrived.clear()
                continue
            await self._execute(self._take())

    def close(self) -> None:
        """Accept no more commands; ``run()`` ends when those that wait are done."""
        self._closing = True
        self._arrived.set()

    def _take(self) -> list[_Waiting]:
        """The next batch. A key used twice waits for the answer of its first use."""
        batch: list[_Waiting] = []
        held_back: list[_Waiting] = []
        keys: set[tuple[str, str]] = set()
        while self._queue and len(batch) < self._batch:
            one = self._queue.popleft()
            if one.idempotency is not None:
                key = (one.idempotency.scope, one.idempotency.key)
                if key in keys:
                    held_back.append(one)
                    continue
                keys.add(key)
            batch.append(one)
        self._queue.extendleft(reversed(held_back))
        return batch

    async def _execute(self, batch: list[_Waiting]) -> None:
        try:
            outcomes = await self._commit(batch)
        except DatabaseUnavailable as error:
            self._figures.failures += 1
            _log.warning("database unavailable", waiting=len(batch), cause=repr(error.__cause__))
            for one in batch:
                one.settle(DatabaseUnavailable())
        except Exception as error:
            self._figures.failures += 1
            await self._isolate(batch, error)
        else:
            for one, outcome in zip(batch, outcomes, strict=True):
                one.settle(outcome)
            self._on_commit()

    async def _isolate(self, batch: list[_Waiting], error: Exception) -> None:
        """Nothing of the batch was stored: find the command that fails by running each alone."""
        if len(batch) == 1:
            _log.error("command failed", command=type(batch[0].command).__name__, exc_info=error)
            batch[0].settle(GroundswellError("Internal server error"))
            return
        self._figures.isolated += 1
        for one in batch:
            await self._execute([one])

    async def _commit(self, batch: list[_Waiting]) -> list[object]:
        started = perf_counter()
        outcomes, tail = await self._store.transact(
            lambda transaction: self._work(transaction, batch)
        )
        self._journal.committed(tail)
        figures = self._figures
        figures.recent_seconds.append(perf_counter() - started)
        figures.recent_sizes.append(len(batch))
        figures.commits += 1
        figures.commands += len(batch)
        return outcomes

    async def _work(
        self, transaction: Transaction, batch: list[_Waiting]
    ) -> tuple[list[object], EventTail]:
        tail = await self._journal.begin(transaction)
        outcomes: list[object] = [None] * len(batch)
        keyed = [place for place, one in enumerate(batch) if one.idempotency is not None]
        repeated = await self._answer_repeats(transaction, batch, keyed, outcomes)
        for family, handler in enumerate(self._handlers):
            places = [
                place
                for place, one in enumerate(batch)
                if place not in repeated and self._family[type(one.command)] == family
            ]
            if places:
                commands = [batch[place].command for place in places]
                answers = await handler.handle(transaction, commands, tail)
                for place, answer in zip(places, answers, strict=True):
                    outcomes[place] = answer
        fresh = [
            (idempotency, outcomes[place])
            for place in keyed
            if place not in repeated and (idempotency := batch[place].idempotency) is not None
        ]
        await remember(transaction, fresh, self._clock())
        await tail.flush(transaction)
        return outcomes, tail

    async def _answer_repeats(
        self,
        transaction: Transaction,
        batch: list[_Waiting],
        keyed: list[int],
        outcomes: list[object],
    ) -> set[int]:
        """Fill in the answers that were given before, and say where."""
        keys = [one for place in keyed if (one := batch[place].idempotency) is not None]
        known = await known_answers(transaction, keys)
        repeated: set[int] = set()
        for place, idempotency in zip(keyed, keys, strict=True):
            answer = known.get((idempotency.scope, idempotency.key))
            if answer is not None:
                outcomes[place] = repeat(batch[place].command, idempotency, answer)
                repeated.add(place)
        return repeated

    def statistics(self) -> Mapping[str, float]:
        """Queue depth, totals, and the recent batch sizes and commit times (seconds)."""
        figures = self._figures
        seconds = sorted(figures.recent_seconds)
        sizes = figures.recent_sizes
        return {
            "queue_depth": float(len(self._queue)),
            "queue_capacity": float(self._capacity),
            "commands_total": float(figures.commands),
            "commits_total": float(figures.commits),
            "failures_total": float(figures.failures),
            "isolated_batches_total": float(figures.isolated),
            "refused_total": float(figures.refused),
            "batch_size_mean": sum(sizes) / len(sizes) if sizes else 0.0,
            "batch_size_max": float(max(sizes, default=0)),
            "commit_seconds_p50": _quantile(seconds, 0.5),
            "commit_seconds_p99": _quantile(seconds, 0.99),
        }


def _quantile(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0
