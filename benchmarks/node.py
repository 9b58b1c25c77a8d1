"""The Node peers: installed from their lock files, run in production mode on the server's core."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.machine import SERVER_CORE, pinned
from benchmarks.processes import Service, free_port

PEERS = Path(__file__).parent / "peers"
SCHEMA = PEERS / "schema.sql"


def serve(name: str, database_url: str, directory: Path) -> Service:
    """Starts a peer that has a database, installing it before if need be.

    Raises:
        BenchmarkError: it cannot be installed or does not start.
    """
    return start(name, directory, {"DATABASE_URL": database_url, "SECRET": secrets.token_hex(32)})


def start(name: str, directory: Path, environment: Mapping[str, str] | None = None) -> Service:
    """Starts a peer, installing it before if need be.

    Raises:
        BenchmarkError: it cannot be installed or does not start.
    """
    install(PEERS / name)
    port = free_port()
    service = Service(
        name,
        pinned(["node", "server.js"], SERVER_CORE),
        port=port,
        log=directory / f"{name}.log",
        env={"NODE_ENV": "production", "PORT": str(port), **(environment or {})},
        cwd=PEERS / name,
    )
    service.wait_until_open()
    return service


def install(peer: Path) -> None:
    """Installs what the peer's lock file names, unless that was done since the file changed.

    Raises:
        BenchmarkError: npm is missing or fails.
    """
    if shutil.which("npm") is None:
        raise BenchmarkError("Node is not installed, and the peers need it")
    installed = peer / "node_modules" / ".package-lock.json"
    lock = peer / "package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return
    done = subprocess.run(["npm", "ci"], cwd=peer, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"npm ci failed in {peer.name}:\n{done.stderr}")
