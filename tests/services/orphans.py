"""What a worker leaves behind, because it was interrupted or crashed, ends with the test run.

A worker ends its own services. Those it could not end become children of the process that shares
out the tests, as Linux makes that the reaper of its descendants, and are killed at the end.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PR_SET_CHILD_SUBREAPER = 36


def _shares_out(config: pytest.Config) -> bool:
    """Whether this process has workers; the option is there as long as the plugin is."""
    return bool(config.getoption("tx", None)) and sys.platform == "linux"


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    if _shares_out(config):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    if _shares_out(config):
        end_children()


def end_children() -> None:
    """Kill all children and, as they are handed over, the children of these."""
    while alive := list(_children()):
        for child in alive:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _children() -> Iterator[int]:
    for thread in Path("/proc/self/task").iterdir():
        yield from map(int, (thread / "children").read_text().split())
