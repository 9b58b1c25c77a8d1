"""The summary of an import as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from groundswell.importing.summary import LISTED_BAD_LINES, Summary

TOP_REFERRERS = 5


def report(summary: Summary) -> RenderableType:
    """All counts, then the first bad lines."""
    table = Table(title="Imported", title_justify="left", show_header=False)
    table.add_column("what")
    table.add_column("count", justify="right")
    for name, count in _rows(summary):
        table.add_row(name, f"{count:,}")
    return Group(table, *_bad_lines(summary))


def _rows(summary: Summary) -> Iterator[tuple[str, int]]:
    if summary.resumed_at:
        yield "stored by earlier runs", summary.resumed_at
    yield "lines and counts", summary.steps
    yield "media files", summary.media
    yield "views", summary.views
    yield "downloads", summary.downloads
    yield "plays", summary.plays
    yield "plays counted before", summary.carried_plays
    yield "requests by bots", summary.bots
    for reason, count in summary.ignored.most_common():
        if reason != "bot":
            yield f"ignored: {reason}", count
    for code, count in summary.refused.most_common():
        yield f"refused: {code}", count
    yield "bad lines", summary.bad_lines
    for host, count in summary.referrers.most_common(TOP_REFERRERS):
        yield f"came from {host}", count


def _bad_lines(summary: Summary) -> Iterator[Text]:
    for line in summary.first_bad_lines:
        yield Text(f"line {line.number}: {line.reason}")
    if summary.bad_lines > LISTED_BAD_LINES:
        yield Text(f"and {summary.bad_lines - LISTED_BAD_LINES:,} more; --errors-to lists them all")
