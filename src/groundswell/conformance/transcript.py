"""Everything a check said and heard, for the report of a failure."""

from __future__ import annotations

import re
import time
from collections import deque

LONGEST = 600
MOST = 400
_SECRET = re.compile(r"eyJ[\w-]+(?:\.[\w-]*)*|\bgs[kr]_[\w-]+")


class Transcript:
    """The newest lines, each with its second, its connection and its direction."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._lines: deque[str] = deque(maxlen=MOST)
        self._names = 0

    def name(self, kind: str) -> str:
        """A name for one more connection."""
        self._names += 1
        return f"{kind}-{self._names}"

    def note(self, connection: str, sign: str, text: str | bytes) -> None:
        """One frame: ``→`` to the server, ``←`` from it, ``■`` the end."""
        shown = text if isinstance(text, str) else text.decode("utf-8", "replace")
        shown = _SECRET.sub("(secret)", shown)
        if len(shown) > LONGEST:
            shown = f"{shown[:LONGEST]}… ({len(shown)} characters)"
        self._lines.append(f"{time.monotonic() - self._began:7.3f} {connection} {sign} {shown}")

    def newest(self, count: int) -> list[str]:
        """The last lines."""
        return list(self._lines)[-count:]
