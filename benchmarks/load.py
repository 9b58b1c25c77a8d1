"""Load by wrk: the same tool, script and settings for every side."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Literal

import msgspec

from benchmarks.errors import BenchmarkError
from benchmarks.machine import LOAD_CORE, pinned

SCRIPTS = Path(__file__).parent / "wrk"
REQUEST_TIMEOUT = "10s"
VISITORS_PER_RUN = 1_000_000

Style = Literal["rest", "trpc"]
Action = Literal["plays", "votes"]


class Run(msgspec.Struct, rename="camel", frozen=True):
    """What wrk saw. Latencies in milliseconds; ``refused`` counts answers of 400 and above."""

    requests: int
    seconds: float
    p50: float
    p99: float
    longest: float
    refused: int
    timeouts: int
    socket_errors: int

    @property
    def accepted(self) -> int:
        return self.requests - self.refused

    @property
    def throughput(self) -> float:
        """Accepted requests per second."""
        return self.accepted / self.seconds


class Visitors:
    """Numbers of visitors, in blocks that no two runs share; the script makes addresses of them."""

    def __init__(self) -> None:
        self._next = 1

    def block(self) -> int:
        first, self._next = self._next, self._next + VISITORS_PER_RUN
        return first


def write(
    url: str,
    *,
    style: Style,
    action: Action,
    hot_share: float,
    media_ids: Path,
    first_visitor: int,
    connections: int,
    seconds: int,
) -> Run:
    """Plays or votes for some seconds, each by a visitor of its own."""
    arguments = [style, action, str(hot_share), str(first_visitor), str(media_ids)]
    return _wrk(url, "writes.lua", arguments, connections, seconds)


def read(url: str, *, connections: int, seconds: int) -> Run:
    """The same GET over and over."""
    return _wrk(url, "report.lua", [], connections, seconds)


def require() -> None:
    """Makes sure that wrk is there.

    Raises:
        BenchmarkError: wrk is not installed.
    """
    if shutil.which("wrk") is None:
        raise BenchmarkError("wrk is not installed (Debian: apt install wrk)")


def _wrk(url: str, script: str, arguments: list[str], connections: int, seconds: int) -> Run:
    options = ["-t", "1", "-c", str(connections), "-d", f"{seconds}s", "-T", REQUEST_TIMEOUT]
    command = ["wrk", *options, "-s", str(SCRIPTS / script), url, "--", *arguments]
    done = subprocess.run(pinned(command, LOAD_CORE), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"wrk failed: {done.stdout}{done.stderr}")
    return parse(done.stdout)


def parse(output: str) -> Run:
    """The JSON in the last line of wrk's output.

    Raises:
        BenchmarkError: there is none, as when a script has a fault.
    """
    try:
        return msgspec.json.decode(output.strip().splitlines()[-1], type=Run)
    except (IndexError, msgspec.DecodeError) as error:
        raise BenchmarkError(f"wrk reported nothing: {output!r}") from error
