"""What was measured, as kept in ``benchmarks/results``: one JSON file per benchmark."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Literal, TypeVar

import msgspec

from benchmarks.load import Action, Run
from benchmarks.machine import Machine

DIRECTORY = Path(__file__).parent / "results"

Shape = Literal["uniform", "hot"]
S = TypeVar("S", bound=msgspec.Struct)


class Cell(msgspec.Struct, rename="camel", frozen=True):
    """One side under one load, round by round.

    ``processor`` is what the server process and its children used, in microseconds per request;
    the database server's time is not in it.
    """

    side: str
    action: Action
    shape: Shape
    connections: int
    runs: list[Run]
    processor: list[float]

    @property
    def throughput(self) -> float:
        return median(run.throughput for run in self.runs)

    @property
    def p50(self) -> float:
        return median(run.p50 for run in self.runs)

    @property
    def p99(self) -> float:
        return median(run.p99 for run in self.runs)

    @property
    def failures(self) -> int:
        """Requests that were refused, timed out or lost their connection, over all rounds."""
        return sum(run.refused + run.timeouts + run.socket_errors for run in self.runs)

    @property
    def processor_per_request(self) -> float:
        return median(self.processor)


class Writes(msgspec.Struct, rename="camel", frozen=True):
    """Durable writes over HTTP. ``media`` is the number of files, ``seconds`` of one run."""

    taken_at: str
    machine: Machine
    media: int
    hot_share: float
    rounds: int
    seconds: int
    warm_up_seconds: int
    cells: list[Cell]

    def cell(self, side: str, action: Action, shape: Shape, connections: int) -> Cell | None:
        wanted = (side, action, shape, connections)
        for cell in self.cells:
            if (cell.side, cell.action, cell.shape, cell.connections) == wanted:
                return cell
        return None


class ListRead(msgspec.Struct, rename="camel", frozen=True):
    """One list, read through the server at so many connections, and as a query of its own.

    ``query`` is the time in milliseconds of the plain GROUP BY that answers the same question,
    each time it was run.
    """

    side: str
    path: str
    connections: int
    run: Run
    query: list[float]


class Ranking(msgspec.Struct, rename="camel", frozen=True):
    """Ranked lists over a large catalogue.

    ``fresh`` is the seconds from a server's start until it served them all, by side.
    """

    taken_at: str
    machine: Machine
    media: int
    plays: int
    reads: list[ListRead]
    fresh: dict[str, float]


class BatchingCell(msgspec.Struct, rename="camel", frozen=True):
    """One policy of the writer: plays per second, and the median wait in milliseconds."""

    engine: str
    callers: int
    limit: int
    delay: float
    rate: float
    wait: float


class Batching(msgspec.Struct, rename="camel", frozen=True):
    """How the writer should group, measured without HTTP."""

    taken_at: str
    machine: Machine
    seconds: float
    rounds: int
    cells: list[BatchingCell]


class FanoutRun(msgspec.Struct, rename="camel", frozen=True):
    """One server with so many subscribers.

    ``last`` is by publication the milliseconds until the last subscriber had it, ``p50`` and
    ``p99`` are of all deliveries. Processor seconds are the server's, per million deliveries;
    ``client_busy`` is the part of its core that the load used.
    """

    connects_per_second: float
    kilobytes_per_connection: float
    last: list[float]
    p50: float
    p99: float
    deliveries_per_second: float
    processor_per_million: float
    client_busy: float

    @property
    def last_ms(self) -> float:
        """The median publication's."""
        return median(self.last)


class FanoutCell(msgspec.Struct, rename="camel", frozen=True):
    """One side with one number of subscribers, round by round."""

    side: str
    subscribers: int
    runs: list[FanoutRun]

    def figure(self, name: str) -> float:
        """The median over the rounds of what a run calls ``name``."""
        figures: list[float] = [getattr(run, name) for run in self.runs]
        return median(figures)


class Fanout(msgspec.Struct, rename="camel", frozen=True):
    """One message to many subscribers."""

    taken_at: str
    machine: Machine
    rounds: int
    publications: int
    seconds: float
    window: int
    message_bytes: int
    cells: list[FanoutCell]

    def cell(self, side: str, subscribers: int) -> FanoutCell | None:
        """What was measured of a side."""
        for cell in self.cells:
            if (cell.side, cell.subscribers) == (side, subscribers):
                return cell
        return None

    @property
    def most(self) -> int:
        """The largest number of subscribers."""
        return max(cell.subscribers for cell in self.cells)


def now() -> str:
    """The time of a measurement, RFC 3339."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def save(result: msgspec.Struct, name: str, directory: Path = DIRECTORY) -> Path:
    """Keeps a result as indented JSON."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(result), indent=2) + b"\n")
    return path


def load(kind: type[S], name: str, directory: Path = DIRECTORY) -> S | None:
    """A result that was kept, or None."""
    path = directory / f"{name}.json"
    return msgspec.json.decode(path.read_bytes(), type=kind) if path.exists() else None
