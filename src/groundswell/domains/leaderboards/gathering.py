"""Answering many askers together: who comes while others are answered waits for the next round."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class Gathering(Generic[Question, Answer]):
    """Asks one round at a time.

    Every question is answered by a round that began after it was asked, so that an answer is never
    older than its question.

    Args:
        ask: answers questions in their order; what it raises is raised to all who asked.
        most: how many questions a round takes.
    """

    def __init__(
        self, ask: Callable[[Sequence[Question]], Awaitable[Sequence[Answer]]], most: int = 128
    ) -> None:
        self._ask = ask
        self._most = most
        self._waiting: list[tuple[Question, asyncio.Future[Answer]]] = []
        self._asking: asyncio.Task[None] | None = None

    async def __call__(self, question: Question) -> Answer:
        """The answer to one question."""
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answered))
        if self._asking is None:
            self._asking = asyncio.create_task(self._rounds())
        return await answered

    async def _rounds(self) -> None:
        try:
            while self._waiting:
                taken, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
                await self._round(taken)
        finally:
            self._asking = None

    async def _round(self, taken: Sequence[tuple[Question, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._ask([question for question, _ in taken])
        except Exception as error:
            for _, answered in taken:
                if not answered.done():
                    answered.set_exception(error)
            return
        for (_, answered), answer in zip(taken, answers, strict=True):
            if not answered.done():
                answered.set_result(answer)
