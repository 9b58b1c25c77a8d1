"""The benchmarks run against real servers: books balance, and every subscriber is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.comparing import Comparison
from benchmarks.report import text
from benchmarks.results import Fanout, Writes, load

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


def test_every_door_tells_every_subscriber_once(tmp_path: Path) -> None:
    """The load itself fails where a message is lost, doubled or refused."""
    doors = ["groundswell-broker", "groundswell-socketio", "groundswell-sse"]
    wanted = ["fanout", "changes", "fleet", "latency"]
    command = ["-m", "benchmarks", "--quick", *(f"--only={name}" for name in wanted)]
    # Plots need what only the benchmarks install; the page's words need nothing.
    kept = ["--results", str(tmp_path), "--no-page"]
    done = subprocess.run(
        [sys.executable, *command, *(f"--side={name}" for name in doors), *kept],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    fanout = load(Fanout, "fanout", tmp_path)
    assert fanout is not None
    assert {cell.side for cell in fanout.cells} == set(doors)
    assert all(cell.figure("deliveries_per_second") > 0 for cell in fanout.cells)
    live = {name: load(Comparison, name, tmp_path) for name in wanted[1:]}
    for compared in live.values():
        assert compared is not None
        assert all(run for case in compared.cases for run in case.runs)
    page = text(None, None, fanout=fanout, live=live)
    assert "300 connections over 3 processes" in page
    assert "From a play to those who are told" in page


def test_leaderboards_and_conversions_are_measured_on_both_databases(tmp_path: Path) -> None:
    """Conversions fail by themselves where a reward is missing, or the books do not balance."""
    wanted = ("boards", "conversions")
    command = ["-m", "benchmarks", "--quick", *(f"--only={name}" for name in wanted)]
    done = subprocess.run(
        [sys.executable, *command, "--results", str(tmp_path), "--no-page"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    live = {name: load(Comparison, name, tmp_path) for name in wanted}
    boards, conversions = live.values()
    assert boards is not None
    assert conversions is not None
    for engine in ("SQLite", "PostgreSQL"):
        board, conversion = boards.case(engine), conversions.case(f"Groundswell, {engine}")
        assert board is not None
        assert conversion is not None
        copy = boards.case(f"{engine}, a copy in Redis")
        assert copy is not None
        for side in (board, copy):
            assert all(side.figure(name) > 0 for name in ("rank", "rankP99", "update", "around"))
        assert conversion.figure("perSecond") > 0
        assert boards.settings[f"{engine.lower()}CloseSeconds"] > 0
    page = text(None, None, live=live)
    assert "A leaderboard of 20,000" in page
    assert "100 people register through the codes of 10 referrers" in page
