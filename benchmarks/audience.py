"""The load of the fan-out: thousands of subscribers in one small program in C, built when needed.

A client in Python or Node would be busier than the servers it is to measure.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from benchmarks.errors import BenchmarkError
from benchmarks.listeners import Listeners
from benchmarks.machine import LOAD_CORE, pinned

SOURCE = Path(__file__).parent / "client" / "fanout.c"
PATIENCE_SECONDS = 10.0

S = TypeVar("S", bound=msgspec.Struct)


class Connected(msgspec.Struct, rename="camel", tag_field="phase", tag="connected"):
    """All subscribers are there; ``seconds`` since the first began to connect."""

    seconds: float


class Single(msgspec.Struct, rename="camel", tag_field="phase", tag="single"):
    """Milliseconds until a message was there: at the last client, by publication; p50 and p99 of
    all deliveries.
    """

    last: list[float]
    p50: float
    p99: float


class Loop(msgspec.Struct, rename="camel", tag_field="phase", tag="loop"):
    """The closed loop. ``client_busy`` is the part of a core that the load itself used."""

    seconds: float
    publications: int
    deliveries: int
    client_busy: float


def build(directory: Path) -> Path:
    """Compiles the program into ``directory``.

    Raises:
        BenchmarkError: there is no compiler, or it fails.
    """
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise BenchmarkError("No C compiler is installed (Debian: apt install gcc libc6-dev)")
    program = directory / "fanout"
    command = [compiler, "-O2", "-o", str(program), str(SOURCE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"{' '.join(command)} failed:\n{done.stderr}")
    return program


class Audience:
    """The subscribers of one run, phase by phase; all of them leave with the block."""

    def __init__(
        self,
        program: Path,
        side: Listeners,
        *,
        subscribers: int,
        publications: int,
        seconds: float,
        window: int,
    ) -> None:
        numbers = [str(publications), str(seconds), str(window)]
        texts = [side.hello, side.ready, side.event]
        command = [str(program), str(side.service.port), side.path, str(subscribers)]
        self._process = subprocess.Popen(
            pinned([*command, *texts, *numbers, *side.requests], LOAD_CORE),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._process.communicate("\n", PATIENCE_SECONDS)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self._process.kill()
            self._process.wait()

    def connected(self) -> Connected:
        """Waits until all are there."""
        return self._told(Connected)

    def single(self) -> Single:
        """Publications one by one."""
        self._go_on()
        return self._told(Single)

    def loop(self) -> Loop:
        """As many publications as possible."""
        self._go_on()
        return self._told(Loop)

    def _go_on(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def _told(self, kind: type[S]) -> S:
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        line = self._process.stdout.readline()
        if not line.endswith("\n"):
            raise BenchmarkError(f"the subscribers gave up: {self._process.stderr.read()}")
        return msgspec.json.decode(line, type=kind)
