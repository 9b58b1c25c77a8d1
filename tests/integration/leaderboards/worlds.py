"""Boards on a running core, and short ways to say what happens on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events.leaderboards import LeaderboardClosed, LeaderboardUpdated
from groundswell.domains.leaderboards.audit import audit_boards
from groundswell.domains.leaderboards.commands import (
    PORTION,
    ChooseVisibility,
    CountPoints,
    CreateBoard,
    PostScore,
    RevisePoints,
)
from groundswell.domains.leaderboards.handling import leaderboard_handler
from groundswell.domains.leaderboards.keeping import BoardKeeper
from groundswell.domains.leaderboards.queries import BoardQueries
from groundswell.domains.leaderboards.views import ScoreView, Standings
from tests.support.core import Core, ManualClock, running_core

BOARD = "makers"


@dataclass
class Boards:
    """Boards on a running core."""

    core: Core
    queries: BoardQueries
    keeper: BoardKeeper
    ids: Any = field(default_factory=lambda: count(1))

    @property
    def clock(self) -> ManualClock:
        return self.core.clock

    async def create(self, board_id: str = BOARD, **details: Any) -> None:
        """Make a board of points that the host posts."""
        given = {"name": "Makers", "metric": "custom", "window": "all_time", "time_zone": "UTC"}
        await self.core.submit(
            CreateBoard(at=self.clock(), board_id=board_id, **{**given, **details})
        )

    async def score(self, user: str, points: int = 1, **details: Any) -> ScoreView:
        """Post points, at the present instant if no other is given."""
        given = {
            "board_id": BOARD,
            "event_id": f"e{next(self.ids)}",
            "occurred_at": self.clock(),
            **details,
        }
        command = PostScore(at=self.clock(), user_id=user, points=points, **given)
        answer: ScoreView = await self.core.submit(command)
        return answer

    async def reverse(self, user: str, event_id: str, **details: Any) -> ScoreView:
        """Take an event back."""
        return await self.score(user, 0, reverses=event_id, **details)

    async def count(self, key: str, user: str, metric: str = "referrals", **details: Any) -> None:
        """Something that another slice told of; it stands at the end of the log."""
        given = {"points": 1, "occurred_at": self.clock(), "seq": await self.core.log.head() + 1}
        await self.core.submit(
            CountPoints(
                at=self.clock(), metric=metric, event_key=key, user_id=user, **{**given, **details}
            )
        )

    async def revise(self, key: str, points: int = 0) -> None:
        """What another slice told is worth something else."""
        await self.core.submit(RevisePoints(at=self.clock(), event_key=key, points=points))

    async def hide(self, user: str, *, visible: bool = False, board_id: str = BOARD) -> None:
        """Hide a participant, or show them again."""
        await self.core.submit(
            ChooseVisibility(at=self.clock(), board_id=board_id, user_id=user, visible=visible)
        )

    async def standings(self, **asked: Any) -> Standings:
        """A part of the board."""
        return await self.queries.standings(**{"board_id": BOARD, "limit": 50, **asked})

    async def table(self, **asked: Any) -> list[tuple[str, int, int]]:
        """(user, position, score) in the order of display."""
        found = await self.standings(**asked)
        return [(one.user_id, one.position, one.score) for one in found.entries]

    async def keep(self) -> None:
        """One look of the keeper; what is due to be closed is closed at the second."""
        for _ in range(2):
            await self.keeper.tell()
            await self.keeper.archive()

    async def told(self) -> list[LeaderboardUpdated]:
        """What listeners were told, oldest first."""
        events = await self.core.events()
        return [one.event for one in events if isinstance(one.event, LeaderboardUpdated)]

    async def closings(self) -> list[LeaderboardClosed]:
        """The closings, oldest first."""
        events = await self.core.events()
        return [one.event for one in events if isinstance(one.event, LeaderboardClosed)]

    async def assert_consistent(self) -> None:
        """Entries and counts are what the events amount to."""
        differences = await audit_boards(self.core.store, self.core.log)
        assert not [one for one in differences if " event " not in one], differences[:5]


def names(events: Sequence[LoggedEvent]) -> list[str]:
    """The types of events."""
    return [one.event.event_type for one in events]


def boards_on(core: Core, portion: int = PORTION) -> Boards:
    """Boards on a core that runs; everything in the log counts as counted."""
    queries = BoardQueries(core.store, core.clock)
    keeper = BoardKeeper(
        *(core.store, core.log, core.writer.submit, core.clock, lambda: 2**62),
        tick_seconds=0.01,
        portion=portion,
    )
    return Boards(core, queries, keeper)


@asynccontextmanager
async def running_boards(
    url: str, clock: ManualClock | None = None, *, portion: int = PORTION
) -> AsyncIterator[Boards]:
    """Boards on a database that has the schema; ``portion`` is how many it archives at once."""
    async with running_core(url, clock, handlers=(leaderboard_handler(),)) as core:
        yield boards_on(core, portion)
