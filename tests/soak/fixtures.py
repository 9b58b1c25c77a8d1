"""A service under stress, and the table of what was found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.soak.report import Report
from tests.soak.scale import Scale, scale
from tests.soak.service import START, StartStressed, Stressed

_REPORT = pytest.StashKey[Report]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_REPORT] = Report()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """The table, after the tests; as a page too where `SOAK_REPORT` names a file."""
    report = config.stash[_REPORT]
    if not report.rows:
        return
    terminalreporter.section("under stress")
    terminalreporter.write_line(f"seed {scale().seed}")
    terminalreporter.write_line(report.table())
    if path := os.environ.get("SOAK_REPORT"):
        report.write(Path(path), scale())


@pytest.fixture
def report(pytestconfig: pytest.Config) -> Report:
    """Where figures go."""
    return pytestconfig.stash[_REPORT]


@pytest.fixture
def stress() -> Scale:
    """How long and how large."""
    return scale()


@pytest.fixture
def stressed(tmp_path: Path) -> Iterator[StartStressed]:
    """A factory of services for one test, each killed at its end."""
    started: list[Stressed] = []

    def start(database_url: str, **settings: str) -> Stressed:
        log = tmp_path / f"stressed-{len(started)}.log"
        one = Stressed(database_url, log=log, **(START | settings))
        started.append(one)
        one.start()
        return one

    yield start
    for one in started:
        one.kill()
