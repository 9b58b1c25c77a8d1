"""Clients in JavaScript: the scripts of tests/js, run by Node."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

_SCRIPTS = Path(__file__).parent.parent / "js"

RunScript = Callable[..., str]


@pytest.fixture
def run_node() -> RunScript:
    """Runs `run_node("name.mjs", *arguments, seconds=30)` and answers what it printed."""
    node = shutil.which("node")
    if node is None:
        pytest.fail("Node 20 is not installed.", pytrace=False)
    if not (_SCRIPTS / "node_modules").is_dir():
        pytest.fail("The npm clients are not installed: make test.", pytrace=False)

    def run(script: str, *arguments: str, seconds: float = 30) -> str:
        done = subprocess.run(
            [node, script, *arguments],
            cwd=_SCRIPTS,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == 0, f"{script} failed:\n{done.stdout}{done.stderr}"
        return done.stdout

    return run
