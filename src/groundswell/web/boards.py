"""The page of a leaderboard: a window of it, from the top or further down."""

from __future__ import annotations

from typing import Protocol

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.enums import MediaType
from litestar.params import FromPath, FromQuery

from groundswell.access.principal import Principal
from groundswell.contract import times
from groundswell.contract.paging import Page
from groundswell.contract.times import Clock
from groundswell.domains.leaderboards.views import ArchiveView, BoardView, Standings
from groundswell.web.surface import AnyRequest, Surface, page_router, surface_of

SHOWN = 20
"""As many as listeners are told."""

PAST = 6

_WINDOWS = {
    "all_time": "All time",
    "daily": "Today",
    "weekly": "This week",
    "monthly": "This month",
}
_COUNTED = {
    "referrals": ("referral", "referrals"),
    "rewards": ("earned", "earned"),
    "shares": ("share", "shares"),
    "plays": ("play", "plays"),
    "custom": ("point", "points"),
}


class Boards(Protocol):
    """What the page asks of the leaderboards."""

    async def board(self, board_id: str) -> BoardView:
        """How a board is defined; raises NotFound."""
        ...

    async def standings(
        self,
        board_id: str,
        *,
        window: str,
        limit: int,
        cursor: str | None,
        user_id: str | None,
    ) -> Standings:
        """A part of a board; raises NotFound or Invalid."""
        ...

    async def archives(self, board_id: str, limit: int, cursor: str | None) -> Page[ArchiveView]:
        """Its closed windows, newest first."""
        ...


class BoardPage(msgspec.Struct, frozen=True):
    """A board as it is shown. ``live``: it is the present top, which listeners are told."""

    board: BoardView
    standings: Standings
    past: list[ArchiveView]
    window: str
    live: bool

    @property
    def title(self) -> str:
        """Which window it is."""
        if self.standings.window.state == "closed":
            return "Final"
        return _WINDOWS[self.board.window]

    def counted(self, score: int) -> str:
        """What a score is of: ``play``, ``plays``."""
        one, many = _COUNTED[self.board.metric]
        return one if score == 1 else many


class BoardSite(msgspec.Struct, frozen=True):
    """Everything the route needs."""

    boards: Boards
    surface: Surface


def board_router(
    *,
    boards: Boards,
    csrf_key: bytes,
    notice: str | None = None,
    clock: Clock = times.now,
) -> Router:
    """The router of the page. ``csrf_key`` is that of the other pages."""
    surface = surface_of(csrf_key, notice, clock)
    return page_router(
        "/leaderboards", [leaderboard], surface, board_site=BoardSite(boards, surface)
    )


@get("/{board_id:str}", media_type=MediaType.HTML)
async def leaderboard(
    request: AnyRequest,
    board_site: NamedDependency[BoardSite],
    caller: NamedDependency[Principal],
    board_id: FromPath[str],
    window: FromQuery[str] = "current",
    after: FromQuery[str | None] = None,
) -> Response[str]:
    """One window of a board, ``after`` a place in it; live where that is the present top."""
    page = await _page_of(board_site.boards, board_id, window, after, caller.user_id)
    return board_site.surface.page(request, caller, "leaderboard.html", {"page": page})


async def _page_of(
    boards: Boards, board_id: str, window: str, after: str | None, user_id: str | None
) -> BoardPage:
    board = await boards.board(board_id)
    standings = await boards.standings(
        board_id, window=window, limit=SHOWN, cursor=after, user_id=user_id
    )
    past = await boards.archives(board_id, PAST, None)
    return BoardPage(
        board=board,
        standings=standings,
        past=_newest_of_each(past.items),
        window=window,
        live=window == "current" and after is None and standings.window.state == "open",
    )


def _newest_of_each(archives: list[ArchiveView]) -> list[ArchiveView]:
    """Archives that are superseded are not shown."""
    newest: dict[str, ArchiveView] = {}
    for one in archives:
        newest.setdefault(one.window_start, one)
    return list(newest.values())
