"""What the load tool reports, and the visitors it is given."""

from __future__ import annotations

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.load import VISITORS_PER_RUN, Run, Visitors, parse

REPORT = (
    '{"requests":300,"seconds":2.0,"p50":1.5,"p99":9.25,"longest":20.0,'
    '"refused":100,"timeouts":0,"socketErrors":3}'
)


def test_the_last_line_is_what_was_measured() -> None:
    run = parse(f"Running 2s test\n  1 threads and 16 connections\n{REPORT}\n")
    assert run == Run(300, 2.0, 1.5, 9.25, 20.0, 100, 0, 3)


def test_refused_requests_are_no_throughput() -> None:
    run = parse(REPORT)
    assert run.accepted == 200
    assert run.throughput == 100.0


@pytest.mark.parametrize("output", ["", "Running 2s test\nunable to connect", REPORT[:-5]])
def test_a_run_without_a_report_is_an_error(output: str) -> None:
    with pytest.raises(BenchmarkError):
        parse(output)


def test_no_two_runs_share_a_visitor() -> None:
    visitors = Visitors()
    first, second = visitors.block(), visitors.block()
    assert second - first == VISITORS_PER_RUN
