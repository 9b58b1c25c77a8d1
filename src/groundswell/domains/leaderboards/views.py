"""What is answered about boards."""

from __future__ import annotations

import msgspec

from groundswell.contract.events.leaderboards import BoardEntry
from groundswell.contract.times import to_rfc3339
from groundswell.domains.leaderboards.prizes import PrizePolicy
from groundswell.domains.leaderboards.windows import FOREVER, Recurrence, Window

__all__ = ["BoardEntry"]


class View(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of the answers."""


class BoardView(View, frozen=True, kw_only=True):
    """A board as it is defined."""

    board_id: str
    name: str
    metric: str
    window: Recurrence
    time_zone: str
    program_id: str | None
    currency: str | None
    prize_places: int
    prize_policy: PrizePolicy
    state: str
    starts_at: str
    created_at: str
    updated_at: str


class WindowView(View, frozen=True, kw_only=True):
    """A window: ``start`` is in it, ``end`` is not. Both are null for all time.

    ``open``: it runs, or has ended and waits for what is late. ``closed``: it is archived.
    """

    start: str | None
    end: str | None
    state: str


class PrizeView(View, frozen=True, kw_only=True):
    """``share`` (such as ``1/2``) of the prizes of the places ``first`` to ``last``."""

    user_id: str
    first: int
    last: int
    share: str


class Standings(View, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a board in its order: by score, then who was there first.

    ``version`` is the board's, or the archive's of a window that is closed. ``me`` is the caller's
    own place where somebody is signed in. ``prizes`` are those of a closed window.
    """

    board_id: str
    window: WindowView
    version: int
    members: int
    entries: list[BoardEntry]
    next_cursor: str | None
    me: BoardEntry | None = None
    hidden: bool = False
    archive_id: str | None = None
    prizes: list[PrizeView] = []
    prize_review: bool = False


class ArchiveView(View, frozen=True, kw_only=True):
    """A closed window as one version of its archive holds it."""

    archive_id: str
    window_start: str
    window_end: str
    version: int
    members: int
    archived_at: str
    prize_review: bool


class ScoreView(View, frozen=True, kw_only=True):
    """What a posted score came to: the participant's place in the window it counts in.

    All three are null where the participant is on the board no more. ``repeated``: it was known.
    """

    board_id: str
    event_id: str
    user_id: str
    score: int | None
    position: int | None
    reached_at: str | None
    repeated: bool


class VisibilityView(View, frozen=True, kw_only=True):
    """Whether a participant is shown on a board."""

    board_id: str
    visible: bool


def window_view(window: Window, *, closed: bool) -> WindowView:
    """A window as it is answered."""
    if window.end == FOREVER:
        return WindowView(start=None, end=None, state="open")
    return WindowView(
        start=to_rfc3339(window.start),
        end=to_rfc3339(window.end),
        state="closed" if closed else "open",
    )


def entry(user_id: str, position: int, score: int, reached_at: int) -> BoardEntry:
    """One participant's place."""
    return BoardEntry(
        user_id=user_id, position=position, score=score, reached_at=to_rfc3339(reached_at)
    )
