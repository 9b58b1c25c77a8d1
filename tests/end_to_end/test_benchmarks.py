"""The benchmark of writes runs against real servers, and every side keeps its books."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.results import Writes, load

ROOT = Path(__file__).parents[2]


def test_every_side_takes_plays_and_votes_without_a_failure(tmp_path: Path) -> None:
    command = ["-m", "benchmarks", "--quick", "--only", "writes", "--no-page"]
    done = subprocess.run(
        [sys.executable, *command, "--results", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = load(Writes, "writes", tmp_path)
    assert result is not None
    assert {(cell.side, cell.action) for cell in result.cells} == {
        (side, action)
        for side in (
            "groundswell-sqlite",
            "groundswell-postgresql",
            "fastify-postgres",
            "trpc-drizzle",
        )
        for action in ("plays", "votes")
    }
    assert all(cell.runs[0].accepted > 0 and cell.failures == 0 for cell in result.cells)
