"""A child process tells why it failed, and is always ended."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from tests.services.process import ChildProcess, NotReady

_DEAF = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)
"""


def _python(tmp_path: Path, program: str, *arguments: str) -> ChildProcess:
    return ChildProcess([sys.executable, "-c", program, *arguments], log=tmp_path / "log")


def test_one_that_ends_before_it_is_ready_shows_its_log(tmp_path: Path) -> None:
    process = _python(tmp_path, "raise SystemExit('no such database')")
    process.start()
    with pytest.raises(NotReady, match="no such database"):
        process.wait_until(lambda: False, seconds=20)
    assert not process.running


def test_one_that_does_not_heed_the_signal_is_killed_and_reported(tmp_path: Path) -> None:
    started = tmp_path / "started"
    process = _python(tmp_path, _DEAF, str(started))
    process.start()
    process.wait_until(started.exists, seconds=20)
    with pytest.raises(AssertionError, match="did not end"):
        process.end(signal.SIGTERM, seconds=0.1)
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_one_can_be_started_again_and_keeps_its_log(tmp_path: Path) -> None:
    process = _python(tmp_path, "print('here')")
    for _ in range(2):
        process.start()
        assert process.wait(seconds=20) == 0
    assert process.logs() == "here\nhere\n"
