"""Groundswell's live part in processes of its own, alone or several on one Redis."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.machine import LOAD_CORE, SERVER_CORE, pinned
from benchmarks.processes import Service, free_port

ROOT = Path(__file__).parent.parent


def start(directory: Path, *, name: str = "live", redis_url: str | None = None) -> Service:
    """One process.

    Raises:
        BenchmarkError: it does not start.
    """
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.broker_server", str(port)]
    service = Service(
        name,
        pinned([*command, *([redis_url] if redis_url else [])], SERVER_CORE),
        port=port,
        log=directory / f"{name}.log",
        cwd=ROOT,
    )
    service.wait_until_open()
    return service


def start_redis(directory: Path) -> Service:
    """A Redis that writes nothing to the disk, on the load's core.

    Raises:
        BenchmarkError: it is not installed, or does not start.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise BenchmarkError("Redis is not installed (Debian: apt install redis-server)")
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(directory)]
    service = Service(
        "redis",
        pinned([program, *options, "--save", "", "--appendonly", "no"], LOAD_CORE),
        port=port,
        log=directory / "redis.log",
    )
    service.wait_until_open()
    return service
