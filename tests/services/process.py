"""A child process with its output in a file, ended by its own pid alone."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class NotReady(AssertionError):
    """The process ended, or was not ready in time; the message holds the end of its log."""


class ChildProcess:
    """One program, started and ended any number of times with the same arguments."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        user: str | None = None,
    ) -> None:
        self._arguments = list(arguments)
        self._environment = dict(os.environ if environment is None else environment)
        self._user = user
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The pid of the process started last."""
        assert self._process is not None, "not started"
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process has been started and not ended."""
        return self._process is not None and self._process.poll() is None

    def logs(self) -> str:
        """All that it wrote to standard output and error, over all its starts."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def start(self) -> None:
        """Start it; it must not be running."""
        assert not self.running, "already running"
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._arguments,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
            )

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait for the condition.

        Raises:
            NotReady: the process ended first, or the seconds passed.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if not self.running:
                raise NotReady(f"{self._arguments[0]} ended:\n{self.logs()[-4000:]}")
            if time.monotonic() > deadline:
                raise NotReady(f"not ready in {seconds:g} s:\n{self.logs()[-4000:]}")
            time.sleep(0.02)

    def end(self, signal_number: int = signal.SIGTERM, *, seconds: float = 20) -> int | None:
        """Send the signal and `wait`; the exit status, or None where it was not started."""
        if self._process is None:
            return None
        if self.running:
            self._process.send_signal(signal_number)
        return self.wait(seconds=seconds)

    def wait(self, *, seconds: float) -> int:
        """Wait until it has ended of itself; the exit status.

        A process that has not ended when the seconds have passed is killed, and the test failed.
        """
        assert self._process is not None, "not started"
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise AssertionError(f"did not end in {seconds:g} s:\n{self.logs()[-4000:]}") from None
