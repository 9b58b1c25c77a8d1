"""Counting: who was told what, over all clients; no sampling."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass

from tests.soak.following import Follower
from tests.soak.publishing import Votes
from tests.soak.report import percentile


@dataclass(frozen=True)
class Verdict:
    """Deliveries of one kind of client. Latencies in seconds, from asking for the vote."""

    clients: int
    expected: int
    delivered: int
    lost: int
    twice: int
    disordered: int
    gaps: int
    latencies: list[float]

    @property
    def line(self) -> str:
        """Figures for the table."""
        late = [percentile(self.latencies, part) * 1000 for part in (0.5, 0.95, 0.99, 1.0)]
        return (
            f"{self.delivered:,} of {self.expected:,} to {self.clients}, {self.twice} twice; "
            f"p50 {late[0]:.0f}, p95 {late[1]:.0f}, p99 {late[2]:.0f}, worst {late[3]:.0f} ms"
        )

    @property
    def flawless(self) -> bool:
        """Everything once and in order."""
        return not (self.lost or self.twice or self.disordered or self.gaps)


async def until_told(followers: list[Follower], votes: Votes, *, seconds: float) -> None:
    """Wait until all have as many as there are, or time is up: then counting tells what lacks."""
    total = len(votes.sent)
    deadline = asyncio.get_running_loop().time() + seconds
    while any(len(set(one.heard.numbers)) < total for one in followers):
        if asyncio.get_running_loop().time() > deadline:
            return
        await asyncio.sleep(0.05)


def judge(followers: list[Follower], votes: Votes) -> Verdict:
    """Count for all of these together."""
    wanted = set(votes.sent)
    delivered = lost = twice = disordered = gaps = 0
    latencies: list[float] = []
    for one in followers:
        counts = Counter(one.heard.numbers)
        assert counts.keys() <= wanted, "told of a vote that nobody cast"
        delivered += len(counts)
        lost += len(wanted) - len(counts)
        twice += sum(counts.values()) - len(counts)
        disordered += one.heard.numbers != sorted(one.heard.numbers)
        gaps += len(one.heard.gaps) + len(one.heard.strange)
        latencies += [one.heard.at[number] - votes.sent[number] for number in counts]
    return Verdict(
        clients=len(followers),
        expected=len(wanted) * len(followers),
        delivered=delivered,
        lost=lost,
        twice=twice,
        disordered=disordered,
        gaps=gaps,
        latencies=latencies,
    )
