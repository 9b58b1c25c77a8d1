"""What one connection has asked for: carried out in order, by a task that lives while it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

Job = Callable[[], Awaitable[None]]


class Jobs:
    """The jobs of one connection.

    ``failed`` is called with the error of a job; the next one is carried out nevertheless. A job
    that ``lasts`` is carried out although the connection is over.
    """

    __slots__ = ("_done", "_failed", "_jobs", "_lasts", "_task")

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        self._failed = failed
        self._done: Callable[[], None] | None = None
        # A deque that is empty takes more memory than all else of an idle connection's session.
        self._jobs: list[tuple[Job, bool]] = []
        self._lasts: bool | None = None
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """How many wait."""
        return len(self._jobs)

    def add(self, job: Job, *, lasts: bool = False) -> None:
        """Carry out a job after all that wait."""
        self._jobs.append((job, lasts))
        self._start()

    def stop(self) -> None:
        """Forget the jobs that wait."""
        self._jobs.clear()

    def keep_lasting(self) -> None:
        """Forget the jobs that wait, but for those that last."""
        self._jobs[:] = [one for one in self._jobs if one[1]]

    def finish(self, done: Callable[[], None]) -> None:
        """The connection is over: end what does not last, carry out what does, then ``done``."""
        self._done = done
        self.keep_lasting()
        if self._task is not None and self._lasts is False:
            self._task.cancel()
            self._task = self._lasts = None
            if self._jobs:
                self._start()
        if self._task is None:
            self._end(done)

    def _start(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    async def _work(self) -> None:
        while self._jobs:
            job, self._lasts = self._jobs.pop(0)
            try:
                await job()
            except Exception as error:
                self._failed(error)
        self._task = self._lasts = None
        if self._done is not None:
            self._end(self._done)

    def _end(self, done: Callable[[], None]) -> None:
        """Let go of those who were to be told: they hold on to this object."""
        self._done, self._failed = None, _unheard
        done()


def _unheard(_: Exception) -> None:
    """Nobody waits for an answer."""
