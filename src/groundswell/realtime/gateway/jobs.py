"""What one connection has asked for: carried out in order, by a task that lives while it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Job = Callable[[], Awaitable[None]]


class Jobs:
    """The jobs of one connection.

    ``failed`` is called with the error of a job; the next one is carried out nevertheless.
    """

    __slots__ = ("_failed", "_jobs", "_task")

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        self._failed = failed
        # A deque that is empty takes more memory than all else of an idle connection's session.
        self._jobs: list[Job] = []
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """How many wait."""
        return len(self._jobs)

    def add(self, job: Job) -> None:
        """Carry out a job after all that wait."""
        self._jobs.append(job)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    def stop(self) -> None:
        """Forget the jobs that wait."""
        self._jobs.clear()

    def cancel(self) -> None:
        """End also the one that is being carried out."""
        self.stop()
        if self._task is not None:
            self._task.cancel()

    async def _work(self) -> None:
        while self._jobs:
            job = self._jobs.pop(0)
            try:
                await job()
            except Exception as error:
                self._failed(error)
        self._task = None
