"""What a place that keeps copies of boards offers, so that the database need not be asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from groundswell.domains.leaderboards.changes import Step
from groundswell.domains.leaderboards.standing_pages import Asked, Part
from groundswell.domains.leaderboards.standing_rows import Row


class CopiesGone(Exception):
    """Copies cannot be read or written now."""


class Copied(NamedTuple):
    """A part of a window as a copy has it, and the stamp of the board that is copied."""

    stamp: int
    part: Part


class At(NamedTuple):
    """How far a copy has come."""

    version: int
    stamp: int


class Copies(Protocol):
    """Copies of boards, shared by all processes. All methods raise ``CopiesGone``."""

    async def read(self, asked: Sequence[Asked]) -> list[Copied | None]:
        """Parts of windows; None where a copy is missing, damaged, or cannot say."""
        ...

    async def at(self, board_ids: Sequence[str]) -> dict[str, At]:
        """How far copies have come; boards without one are missing."""
        ...

    async def names(self) -> set[str]:
        """The boards that have been copied."""
        ...

    async def apply(self, steps: Sequence[Step]) -> bool:
        """Let a copy follow steps of one board; False if it does not stand where they begin."""
        ...

    async def begin(self, board_id: str) -> str | None:
        """Begin a new copy, under the name that is answered; None if another process makes one."""
        ...

    async def put(self, board_id: str, name: str, window_start: int, rows: Sequence[Row]) -> bool:
        """Put participants into a new copy; False if they cannot be held, or it took too long."""
        ...

    async def give_up(self, board_id: str, name: str) -> None:
        """A new copy will not be finished; somebody else may begin one."""
        ...

    async def finish(
        self, board_id: str, name: str, at: At, windows: Sequence[int], hidden: Iterable[str]
    ) -> bool:
        """Let the new copy take the place of the old one; False if it is no longer there."""
        ...

    async def drop(self, board_id: str) -> None:
        """Keep no copy of a board."""
        ...
