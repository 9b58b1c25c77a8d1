"""What was measured of the live parts, as Markdown tables."""

from __future__ import annotations

from typing import NamedTuple

from benchmarks import listeners
from benchmarks.comparing import Case, Comparison
from benchmarks.tables import table


class Column(NamedTuple):
    """A figure of every run: its name, its heading and its form."""

    figure: str
    heading: str
    form: str = ",.0f"


TOPICS = (
    Column("deliveriesPerSecond", "deliveries/s"),
    Column("publicationsPerSecond", "publications/s"),
    Column("processorPerPublication", "CPU µs per publication"),
    Column("clientBusy", "load's core", ".0%"),
)
CHANGES = (
    Column("changesPerSecond", "changes/s"),
    Column("p50", "p50 ms", ",.1f"),
    Column("p99", "p99 ms", ",.1f"),
    Column("processorPerChange", "CPU µs per change"),
    Column("clientBusy", "load's core", ".0%"),
)
BOARDS = (
    Column("rank", "a position, µs"),
    Column("rankP99", "p99, µs"),
    Column("top", "the first 20, µs"),
    Column("around", "20 around one, µs"),
    Column("ranksPerSecond", "positions/s"),
    Column("update", "an update, µs"),
    Column("updatesPerSecond", "updates/s"),
    Column("loadedPerSecond", "loaded/s"),
)
CONVERSIONS = (
    Column("perSecond", "conversions/s"),
    Column("alone", "one alone, ms"),
    Column("longest", "longest, ms"),
    Column("processorPerConversion", "CPU µs per conversion"),
)
_COMING_AND_STAYING = (
    Column("connectsPerSecond", "connects/s"),
    Column("processorPerConnect", "CPU µs per connect"),
    Column("kilobytesPerConnection", "kB per connection", ",.1f"),
    Column("idleProcessorPerMinute", "CPU µs per idle minute"),
    Column("last", "a message to all, ms", ",.0f"),
)
CROWD = _COMING_AND_STAYING
FLEET = _COMING_AND_STAYING
LATENCY = (
    Column("plays", "plays/s"),
    Column("listening", "told each"),
    Column("present", "others connected"),
    Column("p50", "p50 ms", ",.1f"),
    Column("p99", "p99 ms", ",.1f"),
    Column("longest", "longest ms", ",.1f"),
    Column("serverBusy", "server's core", ".0%"),
    Column("clientBusy", "load's core", ".0%"),
)


def compared(result: Comparison, columns: tuple[Column, ...]) -> str:
    """A row for each case, with the medians of its runs."""
    header = ["", *(column.heading for column in columns)]
    return table(header, [[_label(case), *_figures(case, columns)] for case in _ordered(result)])


def ratio(result: Comparison, ours: str, peer: str, figure: str) -> float | None:
    """How many times the peer's figure ours is."""
    left, right = result.case(ours), result.case(peer)
    if left is None or right is None or not right.figure(figure):
        return None
    return left.figure(figure) / right.figure(figure)


def _ordered(result: Comparison) -> list[Case]:
    """Sides in the order of their labels, situations as they were measured."""
    known = [case for name in listeners.LABELS if (case := result.case(name))]
    return known or result.cases


def _label(case: Case) -> str:
    return listeners.LABELS.get(case.name, case.name)


def _figures(case: Case, columns: tuple[Column, ...]) -> list[str]:
    return [format(case.figure(column.figure), column.form) for column in columns]
