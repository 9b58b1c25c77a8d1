"""What happens on leaderboards.

Instants in fields are in microseconds; listeners are told them as RFC 3339.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import msgspec

from groundswell.contract.events.base import Event, Privacy
from groundswell.contract.times import to_rfc3339
from groundswell.contract.units import Instant


def board_topic(board_id: str) -> str:
    """Where everybody hears of a board."""
    return f"leaderboard.{board_id}"


class BoardEntry(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One participant's place: ``position`` by competition ranking, 1-1-3."""

    user_id: str
    position: int
    score: int
    reached_at: str


class PositionChange(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who moved: ``delta`` is the old position minus the new one, None if there was none.

    ``position`` is None for one who is on the board no more, or hidden.
    """

    user_id: str
    position: int | None
    delta: int | None


class _OfBoard(Event, frozen=True, kw_only=True):
    """Something about one board."""

    board_id: str

    @property
    def partition_key(self) -> str:
        """What happens on a board stays in order."""
        return board_topic(self.board_id)


class BoardDefined(_OfBoard, frozen=True, kw_only=True):
    """The host made a board, or changed how it looks."""

    event_type: ClassVar[str] = "referral.leaderboard.defined"
    name: str
    metric: str
    window: str
    time_zone: str
    state: str
    program_id: str | None = None
    currency: str | None = None
    prize_places: int = 0
    prize_policy: str = "earliest"
    starts_at: Instant


class ScorePosted(_OfBoard, frozen=True, kw_only=True):
    """The host told what somebody did, for a board with a metric of its own.

    ``reverses`` is the event that does not count any more.
    """

    event_type: ClassVar[str] = "referral.leaderboard.scored"
    score_event_id: str
    user_id: str
    points: int
    reverses: str | None = None


class VisibilityChosen(_OfBoard, frozen=True, kw_only=True):
    """A participant wants to be shown on a board, or not."""

    event_type: ClassVar[str] = "referral.leaderboard.visibility"
    privacy: ClassVar[Privacy] = "personal"
    user_id: str
    visible: bool


class LeaderboardUpdated(_OfBoard, frozen=True, kw_only=True):
    """The top of a board is another one.

    ``changes`` are the moves since the version told before, ``entries`` the whole top as it is now.
    """

    event_type: ClassVar[str] = "referral.leaderboard.updated"
    privacy: ClassVar[Privacy] = "public"
    is_state: ClassVar[bool] = True
    changes: tuple[PositionChange, ...]
    version: int
    window_start: Instant | None
    window_end: Instant | None
    members: int
    entries: tuple[BoardEntry, ...]

    def topics(self) -> Sequence[str]:
        """Whoever looks at the board."""
        return (board_topic(self.board_id),)

    def told(self) -> dict[str, Any]:
        """All of it; the window as answers write it."""
        return {
            "boardId": self.board_id,
            "changes": msgspec.to_builtins(self.changes),
            "version": self.version,
            "window": window_told(self.window_start, self.window_end),
            "members": self.members,
            "entries": msgspec.to_builtins(self.entries),
        }


class LeaderboardClosed(_OfBoard, frozen=True, kw_only=True):
    """A window is over and archived; ``version`` 2 and later supersede the archive before."""

    event_type: ClassVar[str] = "referral.leaderboard.closed"
    privacy: ClassVar[Privacy] = "public"
    window_start: Instant
    window_end: Instant
    archive_id: str
    version: int
    members: int
    prize_review: bool = False

    def topics(self) -> Sequence[str]:
        """Whoever looks at the board."""
        return (board_topic(self.board_id),)

    def told(self) -> dict[str, Any]:
        """Which window, and where it is kept."""
        return {
            "boardId": self.board_id,
            "windowStart": to_rfc3339(self.window_start),
            "windowEnd": to_rfc3339(self.window_end),
            "archiveId": self.archive_id,
            "version": self.version,
        }


def window_told(start: int | None, end: int | None) -> dict[str, str | None]:
    """A window as listeners read it; both ends are None for all time."""
    return {
        "start": None if start is None else to_rfc3339(start),
        "end": None if end is None else to_rfc3339(end),
    }


EVENTS: tuple[type[Event], ...] = (
    BoardDefined,
    ScorePosted,
    VisibilityChosen,
    LeaderboardUpdated,
    LeaderboardClosed,
)
