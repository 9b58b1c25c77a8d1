"""What an import did, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from groundswell.importing.entries import BadLine, Ignored, Kind, Listen, Visit
from groundswell.importing.steps import Carried, Listed, Step

LISTED_BAD_LINES = 20


@dataclass
class Summary:
    """Counts of one run; nothing in it identifies anybody."""

    resumed_at: int = 0
    """Steps that earlier runs had stored."""
    steps: int = 0
    media: int = 0
    """Distinct files this run met."""
    views: int = 0
    downloads: int = 0
    plays: int = 0
    carried_plays: int = 0
    """Plays that a catalogue counted before."""
    refused: Counter[str] = field(default_factory=Counter)
    """Steps the service refused, by code."""
    ignored: Counter[str] = field(default_factory=Counter)
    referrers: Counter[str] = field(default_factory=Counter)
    """Hosts that visitors came from."""
    bad_lines: int = 0
    first_bad_lines: list[BadLine] = field(default_factory=list)

    @property
    def bots(self) -> int:
        """Requests by robots, which count for nothing."""
        return self.ignored["bot"]

    def count(self, step: Step) -> None:
        """Add one step that was stored, or needed no storing."""
        match step:
            case BadLine():
                self._count_bad(step)
            case Ignored(reason=reason):
                self.ignored[reason] += 1
            case Visit(kind=kind, referrer_host=host):
                self._count_event(kind)
                self.referrers.update([host] if host else [])
            case Carried(kind=kind):
                self._count_event(kind)
            case Listen():
                self.plays += 1
            case Listed(plays=plays):
                self.carried_plays += plays
        self.steps += 1

    def refuse(self, code: str) -> None:
        """Add one step that the service refused."""
        self.refused[code] += 1
        self.steps += 1

    def _count_event(self, kind: Kind) -> None:
        if kind == "download":
            self.downloads += 1
        else:
            self.views += 1

    def _count_bad(self, line: BadLine) -> None:
        self.bad_lines += 1
        if len(self.first_bad_lines) < LISTED_BAD_LINES:
            self.first_bad_lines.append(line)
