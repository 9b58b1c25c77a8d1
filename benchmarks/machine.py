"""The machine that is measured on: how its cores are shared out, and how it describes itself."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

import msgspec

SERVER_CORE = 0
LOAD_CORE = 1


class Machine(msgspec.Struct, rename="camel", frozen=True):
    """What a reader needs to know to place the figures. Memory in GiB, load over one minute."""

    processor: str
    cores: int
    memory: int
    system: str
    python: str
    node: str | None
    postgresql: str | None
    sqlite: str
    load_before: float


def pinned(command: list[str], core: int) -> list[str]:
    """The command bound to one core, where the machine has more than one and can bind."""
    if (os.cpu_count() or 1) < 2 or shutil.which("taskset") is None:
        return command
    return ["taskset", "-c", str(core), *command]


def describe(postgresql: str | None) -> Machine:
    """This machine, with the version of PostgreSQL that was found."""
    import sqlite3  # noqa: PLC0415 - only for its version

    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory=round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
        system=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        node=_first_line(["node", "--version"]),
        postgresql=postgresql,
        sqlite=sqlite3.sqlite_version,
        load_before=round(os.getloadavg()[0], 2),
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return platform.processor()
    names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.machine()


def _first_line(command: list[str]) -> str | None:
    if shutil.which(command[0]) is None:
        return None
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[0]
