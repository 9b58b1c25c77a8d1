"""What the scenarios found, as one table: on the screen, and as a page if one is asked for."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from pathlib import Path

from tests.soak.scale import Scale

HEADS = ("scenario", "what", "found", "wanted")

PAGE = """\
# Under stress

Written by `make soak`, which runs what is told here against real processes and counts every event
of every client. How to run it, and what the scenarios do: [operations](operations.md#under-stress).

{scale}; {machine}.

{table}
"""


class Report:
    """Rows in the order in which the scenarios ended."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str, str]] = []

    def add(self, scenario: str, what: str, found: str, wanted: str = "") -> None:
        """One figure, and what it had to be."""
        self.rows.append((scenario, what, found, wanted))

    def table(self) -> str:
        """In Markdown, which reads well as text."""
        rows = [HEADS, *self.rows]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
        lines = [_line(row, widths) for row in rows]
        lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
        return "\n".join(lines)

    def page(self, scale: Scale) -> str:
        """The whole page."""
        told = (
            f"{scale.seconds:g} s of events for {scale.clients} clients, {scale.broadcast:,} in "
            f"the broadcast, {scale.storm:,} in the storm, {scale.kills} kills, seed {scale.seed}"
        )
        machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
        return PAGE.format(scale=told, machine=machine, table=self.table())

    def write(self, path: Path, scale: Scale) -> None:
        """Keep it as a page."""
        path.write_text(self.page(scale), encoding="utf-8")


def percentile(values: Sequence[float], part: float) -> float:
    """The value that this part of all does not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else 0.0


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
    return "| " + " | ".join(cells) + " |"
