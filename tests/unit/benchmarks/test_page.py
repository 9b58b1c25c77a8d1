"""The page says what the results say."""

from __future__ import annotations

from benchmarks import report, tables
from benchmarks.load import Run
from benchmarks.machine import Machine
from benchmarks.results import Cell, ListRead, Ranking, Writes

MACHINE = Machine("A processor", 2, 24, "Linux", "3.11", "v20", "PostgreSQL 15", "3.40", 0.1)


def run(requests: int, *, p99: float = 9.0, refused: int = 0) -> Run:
    return Run(requests, 1.0, 1.0, p99, 20.0, refused, 0, 0)


def cell(side: str, *runs: Run, connections: int = 16) -> Cell:
    return Cell(side, "plays", "uniform", connections, list(runs), [50.0] * len(runs))


def writes(*cells: Cell) -> Writes:
    return Writes("2026-01-02T03:04:05Z", MACHINE, 1_000, 0.8, 3, 3, 1, list(cells))


def test_a_table_is_markdown_with_figures_to_the_right() -> None:
    assert tables.table(["a", "b"], [["x", "1"]]) == "| a | b |\n| --- | ---: |\n| x | 1 |"


def test_a_cell_shows_the_medians_of_its_rounds() -> None:
    measured = writes(
        cell("groundswell-sqlite", run(10, p99=1), run(9_000, p99=8), run(9_500, p99=9))
    )
    assert "| Groundswell, SQLite | **9,000** (1.0, 8.0) |" in tables.throughput(
        measured, "plays", "uniform"
    )


def test_failures_are_shown_and_never_counted_as_throughput() -> None:
    measured = writes(cell("trpc-drizzle", run(100, refused=40)))
    assert "**60** (1.0, 9.0, 40 failed)" in tables.throughput(measured, "plays", "uniform")


def test_a_ratio_is_ours_over_the_peers_at_the_same_connections() -> None:
    measured = writes(
        cell("groundswell-sqlite", run(8_000)),
        cell("groundswell-sqlite", run(600), connections=1),
        cell("trpc-drizzle", run(500)),
    )
    row = "| Groundswell, SQLite against tRPC + drizzle |  | 16.0 |"
    assert row in tables.ratios(measured, "plays", "uniform")


def test_the_page_leaves_out_what_was_not_measured() -> None:
    page = report.text(writes(cell("trpc-drizzle", run(500))), None)
    assert "Measured 2026-01-02T03:04:05Z on 2 cores of A processor" in page
    assert "medians of 3 rounds" in page
    assert "Ranked lists" not in page


def test_the_page_shows_how_long_the_lists_took_and_the_query_they_save() -> None:
    read = ListRead("groundswell-sqlite", "/v1/hot", 16, run(4_000), [210.0, 190.4])
    ranking = Ranking(
        "2026-01-02T03:04:05Z", MACHINE, 10_000, 5_000_000, [read], {"groundswell-sqlite": 2.5}
    )
    page = report.text(None, ranking)
    assert "over 10,000 files and 5,000,000 plays" in page
    assert "| Groundswell, SQLite: `/v1/hot` | 16 | 4,000 | 1.0 | 9.0 | 190 to 210 |" in page
    assert "within 2.5 s (Groundswell, SQLite)" in page
    assert "Durable votes" not in page
