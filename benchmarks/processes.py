"""Server processes of a measurement: started on their core, paused while others are measured."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from benchmarks.errors import BenchmarkError

START_SECONDS = 30.0
STOP_SECONDS = 10.0


def free_port() -> int:
    """A TCP port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Service:
    """One server in a session of its own, so that it can be paused and timed with its children."""

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        port: int,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
    ) -> None:
        self.name = name
        self.port = port
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                user=user,
                group=user,
                extra_groups=[] if user else None,
            )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait_until_open(self) -> None:
        """Returns once the port accepts connections.

        Raises:
        BenchmarkError: the process ended, or does not listen within 30 s.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        self.stop()
        raise BenchmarkError(f"{self.name} did not start:\n{self._end_of_log()}")

    def pause(self) -> None:
        """Takes the processor away from it, so that its background work burdens nobody."""
        os.killpg(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self._process.pid, signal.SIGCONT)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Asks it to end; after 10 s, makes it end."""
        if self._process.poll() is not None:
            return
        self.resume()
        self._process.send_signal(how)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def processor_seconds(self) -> float:
        """Processor time used so far by the process and its children; 0 where /proc is missing."""
        times = (_session_ticks(stat, self._process.pid) for stat in _stats())
        return sum(times) / os.sysconf("SC_CLK_TCK")

    def own_kilobytes(self) -> int:
        """Memory that the process and its children have for themselves now: not that of programs
        and libraries. 0 where /proc is missing.
        """
        return sum(_own_kilobytes(pid) for pid in _session_members(self._process.pid))

    def _end_of_log(self) -> str:
        return self._log.read_text(errors="replace")[-2000:]


def _stats() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            found.append(path.read_text())
        except OSError:  # ended meanwhile
            continue
    return found


def _session_members(session: int) -> list[int]:
    stats = (stat for stat in _stats() if int(_fields(stat)[3]) == session)
    return [int(stat.partition(" ")[0]) for stat in stats]


def _session_ticks(stat: str, session: int) -> int:
    """User and system ticks of a process, if it is of the session; see proc(5), "stat"."""
    fields = _fields(stat)
    return int(fields[11]) + int(fields[12]) if int(fields[3]) == session else 0


def _fields(stat: str) -> list[str]:
    """What follows the name, which may hold anything."""
    return stat.rpartition(")")[2].split()


def _own_kilobytes(pid: int) -> int:
    """Anonymous memory, and the process's share of what it shares with others on purpose."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # ended meanwhile
        return 0
    return own_of(text)


def own_of(rollup: str) -> int:
    """Pss_Anon and Pss_Shmem, in kB; see proc(5), "smaps_rollup"."""
    lines = (line.split() for line in rollup.splitlines())
    return sum(int(line[1]) for line in lines if line[0] in ("Pss_Anon:", "Pss_Shmem:"))
