"""What can be done to boards."""

from __future__ import annotations

from typing import ClassVar, Final

import msgspec

from groundswell.domains.leaderboards.prizes import PrizePolicy
from groundswell.domains.leaderboards.views import BoardView, ScoreView, VisibilityView
from groundswell.domains.leaderboards.windows import Recurrence
from groundswell.store.commands import Command

PORTION: Final = 500
"""How many participants are archived by one transaction, in some 20 ms on SQLite."""


class Done(msgspec.Struct, frozen=True, rename="camel"):
    """How many rows, windows or boards it concerned. ``left``: the same is to be asked again."""

    count: int
    left: bool = False


class CreateBoard(Command, frozen=True, kw_only=True):
    """Make a board. What happened before ``starts_at`` does not count."""

    answer: ClassVar[type] = BoardView
    board_id: str
    name: str
    metric: str
    window: Recurrence
    time_zone: str
    program_id: str | None = None
    currency: str | None = None
    prize_places: int = 0
    prize_policy: PrizePolicy = "earliest"
    starts_at: int | None = None


class ChangeBoard(Command, frozen=True, kw_only=True):
    """Change what does not touch the scores, or ``end`` it; None leaves a field as it is."""

    answer: ClassVar[type] = BoardView
    board_id: str
    name: str | None = None
    prize_places: int | None = None
    prize_policy: PrizePolicy | None = None
    end: bool = False


class PostScore(Command, frozen=True, kw_only=True):
    """Count points of the host's on a board of metric ``custom``, or take an event back."""

    answer: ClassVar[type] = ScoreView
    board_id: str
    event_id: str
    user_id: str
    points: int
    occurred_at: int
    reverses: str | None = None


class CountPoints(Command, frozen=True, kw_only=True):
    """Something happened that counts on every board of a metric (and program, and currency).

    ``seq`` is its place in the log: a board counts what follows its definition.
    """

    answer: ClassVar[type] = Done
    seq: int
    metric: str
    event_key: str
    user_id: str
    points: int
    occurred_at: int
    program_id: str | None = None
    currency: str | None = None


class RevisePoints(Command, frozen=True, kw_only=True):
    """What was counted is worth ``points`` now: 0 if it is taken back altogether."""

    answer: ClassVar[type] = Done
    event_key: str
    points: int = 0


class ChooseVisibility(Command, frozen=True, kw_only=True):
    """Show a participant on a board, or do not."""

    answer: ClassVar[type] = VisibilityView
    board_id: str
    user_id: str
    visible: bool


class TellBoards(Command, frozen=True, kw_only=True):
    """Tell listeners how boards changed, each at most once a second."""

    answer: ClassVar[type] = Done
    board_ids: tuple[str, ...]


class CloseWindow(Command, frozen=True, kw_only=True):
    """Go on with archiving a window whose end and grace are over; once, whoever asks."""

    answer: ClassVar[type] = Done
    board_id: str
    window_start: int
    portion: int = PORTION


class AmendWindow(Command, frozen=True, kw_only=True):
    """Go on with superseding the archive of a window by one that has what came late."""

    answer: ClassVar[type] = Done
    board_id: str
    window_start: int
    portion: int = PORTION


COMMANDS: tuple[type[Command], ...] = (
    CreateBoard,
    ChangeBoard,
    PostScore,
    CountPoints,
    RevisePoints,
    ChooseVisibility,
    TellBoards,
    CloseWindow,
    AmendWindow,
)
