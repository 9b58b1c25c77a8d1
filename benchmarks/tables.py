"""Results as Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks import listeners
from benchmarks.load import Action
from benchmarks.results import (
    Batching,
    BatchingCell,
    Cell,
    Fanout,
    FanoutCell,
    ListRead,
    Ranking,
    Shape,
    Writes,
)
from benchmarks.services import LABELS, OURS, PEERS


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are aligned to the right."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *rows])


def throughput(writes: Writes, action: Action, shape: Shape) -> str:
    """Requests per second, and p99, by side and number of connections."""
    counts = _connections(writes, action, shape)
    header = ["requests per second (p50, p99 ms)", *(_plural(count) for count in counts)]
    rows = []
    for side in _sides(writes):
        cells = [writes.cell(side, action, shape, count) for count in counts]
        rows.append([LABELS[side], *(_figure(cell) for cell in cells)])
    return table(header, rows)


def ratios(writes: Writes, action: Action, shape: Shape) -> str:
    """How many times a peer's throughput ours is, by number of connections."""
    counts = _connections(writes, action, shape)
    header = ["times", *(_plural(count) for count in counts)]
    rows = []
    for ours in OURS:
        for peer in PEERS:
            figures = [_ratio(writes, ours, peer, action, shape, count) for count in counts]
            if any(figures):
                rows.append([f"{LABELS[ours]} against {LABELS[peer]}", *figures])
    return table(header, rows)


def processor(writes: Writes) -> str:
    """Microseconds of the server's processor time per play."""
    counts = _connections(writes, "plays", "uniform")
    header = ["µs of processor time per play", *(_plural(count) for count in counts)]
    rows = []
    for side in _sides(writes):
        cells = [writes.cell(side, "plays", "uniform", count) for count in counts]
        figures = (f"{cell.processor_per_request:,.0f}" if cell else "" for cell in cells)
        rows.append([LABELS[side], *figures])
    return table(header, rows)


def lists(ranking: Ranking) -> str:
    """Latency of the ranked lists, and of the query they save."""
    header = ["list", "connections", "reads per second", "p50 ms", "p99 ms", "GROUP BY ms"]
    return table(header, [_list_row(read) for read in ranking.reads])


def batching(result: Batching) -> str:
    """Plays per second and the callers' median wait, by policy."""
    callers = sorted({cell.callers for cell in result.cells})
    header = ["plays per second (median wait ms)", *(f"{count} callers" for count in callers)]
    rows: dict[str, list[str]] = {}
    for cell in result.cells:
        rows.setdefault(_policy(cell), []).append(f"{cell.rate:,.0f} ({cell.wait:,.1f})")
    return table(header, [[name, *figures] for name, figures in rows.items()])


def fanout(result: Fanout, subscribers: int) -> str:
    """What became of one message to so many subscribers, by side."""
    header = [
        f"{subscribers:,} subscribers",
        "last ms",
        "p99 ms",
        "deliveries/s",
        "CPU s per million",
        "kB per connection",
        "connects/s",
        "load's core",
    ]
    cells = [result.cell(side, subscribers) for side in listeners.LABELS]
    return table(header, [_fanout_row(cell) for cell in cells if cell is not None])


def fanout_ratios(result: Fanout) -> str:
    """How many times a peer's figures ours are: time to the last client, and deliveries."""
    counts = subscriber_counts(result)
    header = ["times", *(f"{count:,} subscribers" for count in counts)]
    rows = []
    for ours in listeners.OURS:
        for peer in listeners.PEERS:
            name = f"{listeners.LABELS[ours]} against {listeners.LABELS[peer]}"
            figures = [_fanout_ratio(result, ours, peer, count) for count in counts]
            if any(figures):
                rows.append([name, *figures])
    return table(header, rows)


def subscriber_counts(result: Fanout) -> list[int]:
    """The numbers of subscribers that were measured."""
    return sorted({cell.subscribers for cell in result.cells})


def _fanout_row(cell: FanoutCell) -> list[str]:
    return [
        listeners.LABELS[cell.side],
        f"**{cell.figure('last_ms'):,.1f}**",
        f"{cell.figure('p99'):,.1f}",
        f"**{cell.figure('deliveries_per_second'):,.0f}**",
        f"{cell.figure('processor_per_million'):,.1f}",
        f"{cell.figure('kilobytes_per_connection'):,.1f}",
        f"{cell.figure('connects_per_second'):,.0f}",
        f"{cell.figure('client_busy'):.0%}",
    ]


def _fanout_ratio(result: Fanout, ours: str, peer: str, subscribers: int) -> str:
    left, right = (result.cell(side, subscribers) for side in (ours, peer))
    if left is None or right is None:
        return ""
    sooner = right.figure("last_ms") / left.figure("last_ms")
    more = left.figure("deliveries_per_second") / right.figure("deliveries_per_second")
    return f"{sooner:.1f} as soon, {more:.1f} as many"


def _policy(cell: BatchingCell) -> str:
    delay = f", after waiting {cell.delay * 1000:.0f} ms" if cell.delay else ""
    return f"{cell.engine}, at most {cell.limit}{delay}"


def _list_row(read: ListRead) -> list[str]:
    run = read.run
    query = f"{min(read.query):,.0f} to {max(read.query):,.0f}" if read.query else ""
    latencies = [f"{run.p50:.1f}", f"{run.p99:.1f}"]
    name = f"{LABELS[read.side]}: `{read.path}`"
    return [name, str(read.connections), f"{run.throughput:,.0f}", *latencies, query]


def _connections(writes: Writes, action: Action, shape: Shape) -> list[int]:
    matching = (cell for cell in writes.cells if (cell.action, cell.shape) == (action, shape))
    return sorted({cell.connections for cell in matching})


def _sides(writes: Writes) -> list[str]:
    measured = {cell.side for cell in writes.cells}
    return [side for side in LABELS if side in measured]


def _plural(count: int) -> str:
    return "1 connection" if count == 1 else f"{count} connections"


def _figure(cell: Cell | None) -> str:
    if cell is None:
        return ""
    failed = f", {cell.failures} failed" if cell.failures else ""
    return f"**{cell.throughput:,.0f}** ({cell.p50:,.1f}, {cell.p99:,.1f}{failed})"


def _ratio(writes: Writes, ours: str, peer: str, action: Action, shape: Shape, count: int) -> str:
    left, right = (writes.cell(side, action, shape, count) for side in (ours, peer))
    if left is None or right is None or not right.throughput:
        return ""
    return f"{left.throughput / right.throughput:.1f}"
