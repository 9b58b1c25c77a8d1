"""Groundswell as a user runs it: the installed command, configured by the environment."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from benchmarks.errors import BenchmarkError
from benchmarks.machine import SERVER_CORE, pinned
from benchmarks.processes import Service, free_port

API_KEY = "gsk_" + "benchmark" * 4


class Program:
    """One installation over one database, of which the tables exist afterwards.

    Raises:
        BenchmarkError: the tables could not be made.
    """

    def __init__(self, name: str, database_url: str, directory: Path) -> None:
        self._name = name
        self._directory = directory
        self._environment = {
            "GROUNDSWELL_DATABASE_URL": database_url,
            "GROUNDSWELL_SECRET": secrets.token_hex(32),
            "GROUNDSWELL_API_KEY": API_KEY,
            "GROUNDSWELL_RATE_LIMITS": "off",
            "GROUNDSWELL_TRUSTED_PROXIES": "127.0.0.1",
            # The peers write no line per request either.
            "GROUNDSWELL_LOG_REQUESTS": "false",
        }
        self._run("migrate")

    def serve(self, environment: Mapping[str, str] | None = None) -> Service:
        """Starts the service on a core of its own; ``environment`` adds to its settings."""
        port = free_port()
        service = Service(
            self._name,
            pinned(_command("serve", "--host", "127.0.0.1", "--port", str(port)), SERVER_CORE),
            port=port,
            log=self._directory / f"{self._name}.log",
            env={**self._environment, **(environment or {})},
            cwd=self._directory,
        )
        service.wait_until_open()
        return service

    def audit(self) -> None:
        """Recomputes every counter from the log.

        Raises:
            BenchmarkError: one differs.
        """
        self._run("audit")

    def _run(self, *arguments: str) -> None:
        command = _command(*arguments)
        environment = {**os.environ, **self._environment}
        done = subprocess.run(
            command,
            env=environment,
            cwd=self._directory,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise BenchmarkError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def register(service: Service, titles: list[str]) -> list[int]:
    """Registers media files as a host application does; their ids."""
    headers = {"Authorization": f"Bearer {API_KEY}"}
    found = []
    with httpx.Client(base_url=service.url, headers=headers, timeout=30) as client:
        for title in titles:
            answer = client.post("/v1/media", json={"title": title})
            if answer.status_code != httpx.codes.CREATED:
                raise BenchmarkError(f"{service.name} refused a file: {answer.text}")
            found.append(answer.json()["mediaFileId"])
    return found


def _command(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("groundswell")), *arguments]
