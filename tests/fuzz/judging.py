"""What a server may answer to nonsense, and what it may not."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

INTERNAL = 1_000
SECRET = "user.victim"
"""Nobody may hear of what is somebody else's."""
TELLING = {"EVENT", "BATCH", "SNAPSHOT", "HISTORY_PAGE", "DIGEST", "PRESENCE_STATE"}
CLOSE_CODES = {1000, 1001, 1002, 1003, 1007, 1009, *range(4000, 4300)}
"""Not 1011: that would be an error of the server's own."""


@dataclass
class Verdict:
    """Counts of what was sent and answered; ``failures`` has what may not be."""

    sent: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    closes: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    cut: int = 0
    failures: list[str] = field(default_factory=list)

    def fail(self, about: str, what: object) -> None:
        """Note what went wrong, the first of many."""
        if len(self.failures) < 50:
            self.failures.append(f"{about}: {what!r}"[:800])

    def text(self, about: str, payload: bytes) -> None:
        """A text message of the gateway."""
        try:
            message = json.loads(payload)
        except ValueError:
            self.fail(about, payload)
        else:
            self.message(about, message)

    def message(self, about: str, message: Any) -> None:
        """A message of the gateway, decoded."""
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            self.fail(about, message)
            return
        self.answers[message["type"]] += 1
        if "Traceback" in str(message):
            self.fail(about, message)
        if message["type"] == "ERROR":
            self.errors[message["name"]] += 1
            if message["code"] == INTERNAL:
                self.fail(about, message)
        if message["type"] in TELLING and str(message.get("topic", "")).startswith(SECRET):
            self.fail(about, message)

    def close(self, about: str, code: int) -> None:
        """A close frame."""
        self.closes[code] += 1
        if code not in CLOSE_CODES:
            self.fail(about, f"closed by {code}")

    def status(self, about: str, status: int, body: bytes) -> None:
        """An HTTP answer."""
        self.statuses[status] += 1
        if (status >= 500 and status != 503) or b"Traceback" in body:
            self.fail(about, (status, body))
