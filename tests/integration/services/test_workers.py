"""Workers that share the tests leave one that measures alone, and leave nothing running."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

from tests.services import alone, orphans

_SPAN = """
import time
from pathlib import Path

import pytest

def noted(name, seconds):
    begun = time.monotonic()
    time.sleep(seconds)
    with Path(__file__).with_name(f"{name}.spans").open("a") as spans:
        spans.write(f"{begun} {time.monotonic()}\\n")
"""
_MANY = (
    _SPAN
    + """
@pytest.mark.parametrize("number", range(40))
def test_something(number):
    noted("others", 0.02)
"""
)
_ALONE = (
    _SPAN
    + """
pytestmark = pytest.mark.alone

@pytest.mark.parametrize("number", range(2))
def test_how_long_it_takes(number):
    noted("alone", 0.2)
"""
)
_CRASHES = """
import os, subprocess
from pathlib import Path

def test_it_crashes():
    child = subprocess.Popen(["sleep", "600"])
    Path(__file__).with_name("pid").write_text(str(child.pid))
    os._exit(1)
"""


def _shared_out(folder: Path, plugin: ModuleType, **files: str) -> str:
    """What pytest said of these files, with this part of our own fixtures and two workers."""
    assert plugin.__file__ is not None
    shutil.copy(plugin.__file__, folder / "conftest.py")
    (folder / "pytest.ini").write_text("[pytest]\n")
    for name, text in files.items():
        (folder / f"test_{name}.py").write_text(text)
    options = [
        "-n",
        "2",
        "--dist",
        "loadfile",
        "--max-worker-restart",
        "0",
        "-p",
        "no:cacheprovider",
    ]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.stdout


def _spans(folder: Path, name: str) -> list[tuple[float, float]]:
    lines = (folder / f"{name}.spans").read_text().splitlines()
    return [(float(begun), float(ended)) for begun, ended in map(str.split, lines)]


def test_nothing_runs_beside_one_that_measures(tmp_path: Path) -> None:
    told = _shared_out(tmp_path, alone, alone=_ALONE, first=_MANY, second=_MANY)
    assert "82 passed" in told, told
    measured, others = _spans(tmp_path, "alone"), _spans(tmp_path, "others")
    assert (len(measured), len(others)) == (2, 80)
    begun, ended = min(measured)[0], max(measured)[1]
    # Not between two of them either.
    assert [one for one in others if one[0] < ended and begun < one[1]] == []


def test_what_a_worker_left_behind_has_ended(tmp_path: Path) -> None:
    told = _shared_out(tmp_path, orphans, crashes=_CRASHES)
    assert "crashed while running" in told, told
    assert not Path("/proc", (tmp_path / "pid").read_text()).exists()
