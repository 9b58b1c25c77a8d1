"""The load: thousands of subscribers in one small program in C, built when needed.

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

SOURCES = Path(__file__).parent / "client"
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


class Pace(msgspec.Struct, rename="camel", tag_field="phase", tag="pace"):
    """Publications at fixed moments, and the milliseconds from these moments to the subscribers."""

    publications: int
    deliveries: int
    p50: float
    p99: float
    longest: float
    client_busy: float


class Changes(msgspec.Struct, rename="camel", tag_field="phase", tag="change"):
    """Topics joined and left, each when the answer was there; milliseconds until it was."""

    seconds: float
    changes: int
    p50: float
    p99: float
    longest: float
    client_busy: float


class Listening(msgspec.Struct, tag_field="phase", tag="listening"):
    """From now on a delivery to each subscriber is waited for."""


class Heard(msgspec.Struct, tag_field="phase", tag="heard"):
    """The last subscriber has it; ``at`` is on the monotonic clock of the machine, in seconds."""

    at: float


def build(directory: Path) -> Path:
    """Compiles the program into ``directory``.

    Raises:
        BenchmarkError: there is no compiler, or it fails.
    """
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise BenchmarkError("No C compiler is installed (Debian: apt install gcc libc6-dev)")
    program = directory / "load"
    sources = sorted(str(path) for path in SOURCES.glob("*.c"))
    command = [compiler, "-O2", "-Wall", "-o", str(program), *sources]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"{' '.join(command)} failed:\n{done.stderr}")
    return program


class Audience:
    """The subscribers of one run, phase by phase; all of them leave with the block.

    ``first`` is the number of the first of them where several audiences share a server, and
    ``source`` the address they come from.
    """

    def __init__(
        self,
        program: Path,
        side: Listeners,
        *,
        subscribers: int,
        first: int = 0,
        source: str = "127.0.0.1",
        core: int = LOAD_CORE,
    ) -> None:
        given = {
            "port": side.service.port,
            "subscribers": subscribers,
            "first": first,
            "source": source,
        }
        command = [str(program), *_assigned(given), *side.arguments()]
        self._process = subprocess.Popen(
            pinned(command, core),
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
            self._process.communicate(timeout=PATIENCE_SECONDS)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            self._process.kill()
            self._process.wait()

    def begin(self) -> None:
        """Lets the subscribers come; ``connected`` waits for them."""
        self._ask("connect")

    def connected(self) -> Connected:
        """Waits until all are there."""
        return self._told(Connected)

    def connect(self) -> Connected:
        """Lets the subscribers come and waits until all are there."""
        self.begin()
        return self.connected()

    def single(self, publications: int) -> Single:
        """Publications one by one."""
        self._ask(f"single {publications}")
        return self._told(Single)

    def loop(self, seconds: float, window: int) -> Loop:
        """As many publications as possible, ``window`` of them on their way at once."""
        self._ask(f"loop {seconds} {window}")
        return self._told(Loop)

    def pace(self, seconds: float, rate: float) -> Pace:
        """So many publications a second, however long they take."""
        self._ask(f"pace {seconds} {rate}")
        return self._told(Pace)

    def change(self, seconds: float, window: int) -> Changes:
        """Changes of subscriptions, ``window`` of them unanswered at once."""
        self._ask(f"change {seconds} {window}")
        return self._told(Changes)

    def listen(self) -> None:
        """Waits for one delivery at each subscriber from now on; see ``heard``."""
        self._ask("listen")
        self._told(Listening)

    def heard(self) -> float:
        """When the last subscriber had it, on the monotonic clock."""
        return self._told(Heard).at

    def _ask(self, phase: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(phase + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise self._failure() from error

    def _told(self, kind: type[S]) -> S:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line.endswith("\n"):
            raise self._failure()
        return msgspec.json.decode(line, type=kind)

    def _failure(self) -> BenchmarkError:
        assert self._process.stderr is not None
        return BenchmarkError(f"the subscribers gave up: {self._process.stderr.read()}")


def _assigned(given: dict[str, object]) -> list[str]:
    return [f"{name}={value}" for name, value in given.items()]
