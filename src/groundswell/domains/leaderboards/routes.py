"""The HTTP face of leaderboards."""

from __future__ import annotations

from typing import Annotated, Literal

from litestar import Router, get, patch, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, PathParameter, QueryParameter

from groundswell.access.principal import Principal
from groundswell.contract.paging import Page
from groundswell.domains.leaderboards import bodies
from groundswell.domains.leaderboards.offering import BoardActions
from groundswell.domains.leaderboards.queries import BoardQueries
from groundswell.domains.leaderboards.views import (
    ArchiveView,
    BoardView,
    ScoreView,
    Standings,
    VisibilityView,
)
from groundswell.http.callers import require_host, require_user
from groundswell.http.openapi import ANYONE, HOST_ONLY, USER_ONLY
from groundswell.http.parameters import CursorText, Limit
from groundswell.store.commands import Idempotency

BoardId = Annotated[str, PathParameter(max_length=64, description="The board's id.")]
WindowText = Annotated[
    str,
    QueryParameter(
        max_length=40,
        description="`current`, or an instant (RFC 3339) in the window.",
    ),
]
Around = Annotated[
    Literal["me"] | None,
    QueryParameter(description="`me`: those next to the caller."),
]

Actions = NamedDependency[BoardActions]
Queries = NamedDependency[BoardQueries]
Caller = NamedDependency[Principal]
Attempt = NamedDependency[Idempotency | None]


@post("/leaderboards", summary="Make a leaderboard (host only)", security=HOST_ONLY)
async def post_board(
    data: JSONBody[bodies.NewBoard], caller: Caller, actions: Actions, idempotency: Attempt
) -> BoardView:
    """It counts what happens from now on. The same definition again is the same board."""
    require_host(caller)
    return await actions.create(data, idempotency)


@get("/leaderboards", summary="All leaderboards", security=ANYONE)
async def get_boards(
    queries: Queries, limit: Limit = 20, cursor: CursorText = None
) -> Page[BoardView]:
    """As they are defined, by id."""
    return await queries.boards(limit, cursor)


@patch("/leaderboards/{board_id:str}", summary="Change a board (host only)", security=HOST_ONLY)
async def patch_board(
    board_id: BoardId,
    data: JSONBody[bodies.BoardChanges],
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
) -> BoardView:
    """Its name and prizes, or its end. What is counted, and in which windows, stays."""
    require_host(caller)
    return await actions.change(board_id, data, idempotency)


@get("/leaderboards/{board_id:str}", summary="A leaderboard", security=ANYONE)
async def get_board(
    board_id: BoardId,
    caller: Caller,
    queries: Queries,
    window: WindowText = "current",
    around: Around = None,
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Standings:
    """By score, then by who reached it first; equal scores have equal positions (1, 1, 3)."""
    user = require_user(caller) if around == "me" else caller.user_id
    return await queries.standings(
        board_id,
        window=window,
        limit=limit,
        cursor=cursor,
        user_id=user,
        around=around == "me",
        prizes_too=caller.kind == "host",
    )


@get("/leaderboards/{board_id:str}/archives", summary="A board's closed windows", security=ANYONE)
async def get_archives(
    board_id: BoardId, queries: Queries, limit: Limit = 20, cursor: CursorText = None
) -> Page[ArchiveView]:
    """Newest window first; of each the newest version first, which supersedes those before."""
    return await queries.archives(board_id, limit, cursor)


@post("/leaderboards/{board_id:str}/scores", summary="Post a score (host)", security=HOST_ONLY)
async def post_score(
    board_id: BoardId,
    data: JSONBody[bodies.NewScore],
    caller: Caller,
    actions: Actions,
    idempotency: Attempt,
) -> ScoreView:
    """Points on a board of metric `custom`, once per `eventId`; or an event taken back."""
    require_host(caller)
    return await actions.post_score(board_id, data, idempotency)


@get(
    "/me/leaderboards/{board_id:str}/visibility",
    summary="Whether the caller is shown",
    security=USER_ONLY,
)
async def get_visibility(board_id: BoardId, caller: Caller, queries: Queries) -> VisibilityView:
    """Everybody is, who does not say otherwise."""
    return await queries.visibility(board_id, require_user(caller))


@put(
    "/me/leaderboards/{board_id:str}/visibility",
    summary="Hide the caller, or show them",
    security=USER_ONLY,
)
async def put_visibility(
    board_id: BoardId, data: JSONBody[bodies.Visibility], caller: Caller, actions: Actions
) -> VisibilityView:
    """In all windows. Nobody's position changes; the hidden keep theirs and see it themselves."""
    return await actions.choose_visibility(board_id, require_user(caller), data.visible)


def leaderboard_router(actions: BoardActions, queries: BoardQueries) -> Router:
    """The routes under ``/v1``. ``caller`` and ``idempotency`` are provided by the application."""
    return Router(
        "/v1",
        route_handlers=[
            post_board,
            get_boards,
            patch_board,
            get_board,
            get_archives,
            post_score,
            get_visibility,
            put_visibility,
        ],
        dependencies={
            "actions": Provide(lambda: actions, sync_to_thread=False),
            "queries": Provide(lambda: queries, sync_to_thread=False),
        },
        tags=["Leaderboards"],
    )
