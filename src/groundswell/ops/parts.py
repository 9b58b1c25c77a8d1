"""The health of each part of a process: whether it works, and since when."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

import msgspec
import structlog

from groundswell.contract.times import Clock, to_rfc3339

_log = structlog.get_logger("groundswell.ops")

Status = Literal["ok", "degraded", "down"]
RANK: Mapping[Status, int] = {"ok": 0, "degraded": 1, "down": 2}

PROBE_SECONDS = 2.0


class Finding(msgspec.Struct, frozen=True):
    """What a look at a part found, and in a few words why."""

    status: Status
    detail: str


class PartHealth(msgspec.Struct, frozen=True, rename="camel"):
    """A part of the service; ``since`` is when it came to be as it is."""

    part: str
    status: Status
    since: str
    detail: str


Probe = Callable[[], Awaitable[Finding]]


class PartsWatch:
    """Looks at every part when it is told to, and remembers since when each is as it is."""

    def __init__(self, probes: Mapping[str, Probe], clock: Clock) -> None:
        self._probes = probes
        self._clock = clock
        self._found: dict[str, tuple[Finding, int]] = {}

    async def look(self) -> None:
        """Look at all parts at once; what takes too long or fails is down."""
        findings = await asyncio.gather(*(_finding(probe) for probe in self._probes.values()))
        now = self._clock()
        for part, finding in zip(self._probes, findings, strict=True):
            before = self._found.get(part)
            if before is None or before[0].status != finding.status:
                self._tell(part, finding, first=before is None)
                self._found[part] = (finding, now)
            else:
                self._found[part] = (finding, before[1])

    def all(self) -> list[PartHealth]:
        """Every part as it was when it was last looked at."""
        return [
            PartHealth(part, finding.status, to_rfc3339(since), finding.detail)
            for part, (finding, since) in self._found.items()
        ]

    def overall(self) -> Status:
        """As bad as the worst part."""
        worst = max((RANK[found.status] for found, _ in self._found.values()), default=0)
        return next(status for status, rank in RANK.items() if rank == worst)

    def statistics(self) -> Mapping[str, float]:
        """0 is well, 1 degraded, 2 down."""
        return {
            f'status{{part="{part}"}}': float(RANK[finding.status])
            for part, (finding, _) in self._found.items()
        }

    def _tell(self, part: str, finding: Finding, *, first: bool) -> None:
        if first and finding.status == "ok":
            return
        tell = _log.info if finding.status == "ok" else _log.warning
        tell("part_changed", part=part, status=finding.status, detail=finding.detail)


async def _finding(probe: Probe) -> Finding:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            return await probe()
    except TimeoutError:
        return Finding("down", "does not answer")
    except Exception as error:
        _log.warning("probe_failed", error=type(error).__name__)
        return Finding("down", "fails; the log says why")
