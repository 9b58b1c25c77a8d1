"""A service under stress, and the table of what was found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.soak.report import Report
from tests.soak.scale import Scale, scale
from tests.soak.service import START, StartStressed, Stressed

_FOUND = "found under stress"


class Told:
    """What all tests found, in whichever worker they ran."""

    def __init__(self) -> None:
        self._report = Report()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take over what one test found."""
        if report.when == "teardown":
            for name, rows in report.user_properties:
                if name == _FOUND:
                    self._report.rows += rows

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The table, after the tests; as a page too where `SOAK_REPORT` names a file."""
        if not self._report.rows:
            return
        terminalreporter.section("under stress")
        terminalreporter.write_line(f"seed {scale().seed}")
        terminalreporter.write_line(self._report.table())
        if path := os.environ.get("SOAK_REPORT"):
            self._report.write(Path(path), scale())


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Told())


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Iterator[Report]:
    """Where figures go."""
    one = Report()
    yield one
    request.node.user_properties.append((_FOUND, one.rows))


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
