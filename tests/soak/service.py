"""The service as these tests run it: open to their network, with its figures at hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.end_to_end.service import Service
from tests.services.server import WITHOUT_TLS

START = {
    "GROUNDSWELL_HEARTBEAT_SECONDS": "1",
    "GROUNDSWELL_SOCKETIO_PING_INTERVAL_MS": "1000",
    "GROUNDSWELL_LOG_REQUESTS": "false",
}
"""Signs of life so often that clients notice soon when there are none."""


class Stressed(Service):
    """A service on every address of this machine, also of networks that a test makes."""

    def __init__(self, database_url: str, *, log: Path, **settings: str) -> None:
        super().__init__(database_url, log=log, arguments=["--host", "0.0.0.0"], **settings)

    def figures(self) -> dict[str, float]:
        """All of `/metrics` without labels, those with labels summed."""
        answer = httpx.get(f"{self.url}/metrics", trust_env=False, verify=WITHOUT_TLS, timeout=10)
        found: dict[str, float] = {}
        for family in text_string_to_metric_families(answer.text):
            for sample in family.samples:
                found[sample.name] = found.get(sample.name, 0.0) + sample.value
        return found

    def figure(self, name: str) -> float:
        """One of them; 0 where nothing was counted yet."""
        return self.figures().get(f"groundswell_{name}", 0.0)

    def resident_bytes(self) -> int:
        """Memory that the process has in use."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    def descriptors(self) -> int:
        """Files and sockets that the process has open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))


StartStressed = Callable[..., Stressed]
