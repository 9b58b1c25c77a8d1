"""Bar charts of the results, as SVG that comes out the same for the same figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

from benchmarks import listeners
from benchmarks.colours import COLOURS
from benchmarks.results import Fanout, Shape, Writes
from benchmarks.services import LABELS

mpl.use("svg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "groundswell",
    "font.family": "sans-serif",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
}
TITLES: dict[Shape, str] = {"uniform": "spread evenly", "hot": "80 % to one file"}
BARS_WIDTH = 0.8


def throughput(writes: Writes, path: Path) -> None:
    """Plays per second by number of connections, one panel per shape of load."""
    with mpl.rc_context(STYLE):
        figure, panels = plt.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
        for panel, shape in zip(panels, TITLES, strict=True):
            _bars(panel, writes, shape)
        panels[0].set_ylabel("durable plays per second")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})
        plt.close(figure)


def fanout(result: Fanout, path: Path) -> None:
    """Time to the last client, and deliveries per second, by number of subscribers."""
    figures = {
        "last_ms": "ms until the last client has a message",
        "deliveries_per_second": "deliveries per second",
    }
    with mpl.rc_context(STYLE):
        figure, panels = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
        for panel, (name, title) in zip(panels, figures.items(), strict=True):
            _fanout_bars(panel, result, name)
            panel.set_title(title, fontsize="medium")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})
        plt.close(figure)


def _fanout_bars(panel: Axes, result: Fanout, name: str) -> None:
    counts = sorted({cell.subscribers for cell in result.cells})
    sides = [side for side in listeners.LABELS if any(cell.side == side for cell in result.cells)]
    width = BARS_WIDTH / max(len(sides), 1)
    for place, side in enumerate(sides):
        cells = [result.cell(side, count) for count in counts]
        middle = place * width - (BARS_WIDTH - width) / 2
        panel.bar(
            [number + middle for number in range(len(counts))],
            [cell.figure(name) if cell else 0 for cell in cells],
            width=width,
            color=COLOURS[side],
            label=listeners.LABELS[side].replace("`", ""),
        )
    panel.set_xticks(range(len(counts)), [f"{count:,}" for count in counts])
    panel.set_xlabel("subscribers")
    panel.yaxis.grid(visible=True, color="#e4e4e4")
    panel.yaxis.set_major_formatter("{x:,.0f}")


def _bars(panel: Axes, writes: Writes, shape: Shape) -> None:
    cells = [cell for cell in writes.cells if cell.action == "plays" and cell.shape == shape]
    counts = sorted({cell.connections for cell in cells})
    sides = [name for name in LABELS if any(cell.side == name for cell in cells)]
    width = BARS_WIDTH / max(len(sides), 1)
    for place, side in enumerate(sides):
        heights = {cell.connections: cell.throughput for cell in cells if cell.side == side}
        middle = place * width - (BARS_WIDTH - width) / 2
        panel.bar(
            [number + middle for number in range(len(counts))],
            [heights.get(count, 0) for count in counts],
            width=width,
            color=COLOURS[side],
            label=LABELS[side],
        )
    panel.set_xticks(range(len(counts)), [str(count) for count in counts])
    panel.set_xlabel("connections")
    panel.set_title(TITLES[shape], fontsize="medium")
    panel.yaxis.grid(visible=True, color="#e4e4e4")
    panel.yaxis.set_major_formatter("{x:,.0f}")
