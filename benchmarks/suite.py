"""The benchmarks of the live parts by name: how much each measures, in full and quickly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks import boards, conversions, crowd, latency, topics
from benchmarks.comparing import Comparison, Tell

Measure = Callable[[Any, Path, Tell], Comparison]


@dataclass(frozen=True)
class Live:
    """A benchmark: what its plan is made of, what measures it, and what differs in a quick run."""

    kind: type[msgspec.Struct]
    measure: Measure
    quick: dict[str, Any]

    def plan(self, given: dict[str, Any], *, quick: bool) -> Any:
        """The plan, with those of the given options that it knows."""
        known = {name: value for name, value in given.items() if name in self.fields}
        return self.kind(**{**(self.quick if quick else {}), **known})

    @property
    def sides(self) -> tuple[str, ...]:
        """Those it compares; none if it measures only us."""
        return tuple(getattr(self.kind(), "sides", ()))

    @property
    def fields(self) -> tuple[str, ...]:
        """What can be chosen."""
        return self.kind.__struct_fields__


LIVE: Final[dict[str, Live]] = {
    "boards": Live(
        boards.Plan,
        boards.measure,
        {"members": 20_000, "calls": 30, "callers": 16, "seconds": 0.2, "rounds": 1},
    ),
    "conversions": Live(
        conversions.Plan,
        conversions.measure,
        {"people": 100, "referrers": 10, "per_request": 20, "alone": 2, "rounds": 1},
    ),
    "topics": Live(
        topics.Delivering,
        topics.measure_delivering,
        {"rounds": 1, "topics": 20, "subscribers": 100, "seconds": 0.2, "warm_up_seconds": 0.1},
    ),
    "changes": Live(
        topics.Changing,
        topics.measure_changing,
        {"rounds": 1, "topics": 20, "subscribers": 200, "seconds": 0.3, "warm_up_seconds": 0.1},
    ),
    "crowd": Live(
        crowd.OneProcess,
        crowd.measure_one,
        {"connections": 200, "idle_seconds": 0.2, "publications": 2, "settle_seconds": 0.1},
    ),
    "fleet": Live(
        crowd.ManyProcesses,
        crowd.measure_many,
        {"connections": 300, "idle_seconds": 0.2, "publications": 2, "settle_seconds": 0.1},
    ),
    "latency": Live(
        latency.Plan,
        latency.measure,
        {
            "situations": (latency.Situation("busy", plays=50, listening=5, present=50),),
            "rounds": 1,
            "seconds": 0.5,
        },
    ),
}
