"""The HTTP face of the network."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, delete, get, put
from litestar.di import NamedDependency, Provide
from litestar.params import PathParameter, QueryParameter

from groundswell.access.identity import USER_ID_PATTERN
from groundswell.access.principal import Principal
from groundswell.contract.paging import Page
from groundswell.domains.network.offering import Network
from groundswell.domains.network.views import (
    BlockView,
    FriendView,
    PersonSuggestion,
    Standing,
)
from groundswell.http.callers import require_user
from groundswell.http.openapi import USER_ONLY
from groundswell.http.parameters import CursorText, Limit

UserId = Annotated[str, PathParameter(pattern=USER_ID_PATTERN, description="The other user's id.")]
SuggestionId = Annotated[
    str, PathParameter(min_length=1, max_length=64, description="The suggestion's id.")
]
InState = Annotated[
    Standing,
    QueryParameter(
        name="state", description="Friends, requests the caller made, or requests to the caller."
    ),
]


@get("/me/friends", summary="The caller's friends", security=USER_ONLY)
async def get_friends(
    caller: NamedDependency[Principal],
    network: NamedDependency[Network],
    in_state: InState = "established",
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[FriendView]:
    """The latest first, with their presence as far as they show it."""
    return await network.queries.friends(require_user(caller), in_state, limit, cursor)


@put("/me/friends/{user_id:str}", summary="Ask, or agree, to be friends", security=USER_ONLY)
async def put_friend(
    user_id: UserId, caller: NamedDependency[Principal], network: NamedDependency[Network]
) -> FriendView:
    """Friends are who both did this. The same again changes nothing."""
    return await network.befriend(caller, user_id)


@delete("/me/friends/{user_id:str}", summary="End a friendship or a request", security=USER_ONLY)
async def delete_friend(
    user_id: UserId, caller: NamedDependency[Principal], network: NamedDependency[Network]
) -> None:
    """Also takes a request back, or declines one."""
    await network.unfriend(caller, user_id)


@get("/me/blocks", summary="Whom the caller blocks", security=USER_ONLY)
async def get_blocks(
    caller: NamedDependency[Principal],
    network: NamedDependency[Network],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[BlockView]:
    """The latest first."""
    return await network.queries.blocks(require_user(caller), limit, cursor)


@put("/me/blocks/{user_id:str}", summary="Block a user", security=USER_ONLY, status_code=204)
async def put_block(
    user_id: UserId, caller: NamedDependency[Principal], network: NamedDependency[Network]
) -> None:
    """Neither sees anything of the other; a friendship ends. The other one is not told."""
    await network.block(caller, user_id)


@delete("/me/blocks/{user_id:str}", summary="Unblock a user", security=USER_ONLY)
async def delete_block(
    user_id: UserId, caller: NamedDependency[Principal], network: NamedDependency[Network]
) -> None:
    """They may see each other again; friends they are not."""
    await network.unblock(caller, user_id)


@get("/me/people", summary="Whom the caller may want to know", security=USER_ONLY)
async def get_people(
    caller: NamedDependency[Principal],
    network: NamedDependency[Network],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[PersonSuggestion]:
    """Newest first, each with why it is suggested."""
    return await network.queries.suggestions(require_user(caller), limit, cursor)


@delete("/me/people/{suggestion_id:str}", summary="Dismiss a person", security=USER_ONLY)
async def delete_person(
    suggestion_id: SuggestionId,
    caller: NamedDependency[Principal],
    network: NamedDependency[Network],
) -> None:
    """They are not suggested again."""
    await network.dismiss(caller, suggestion_id)


def network_router(network: Network) -> Router:
    """The routes under ``/v1``. ``caller`` is provided by the application."""
    return Router(
        "/v1",
        route_handlers=[
            get_friends,
            put_friend,
            delete_friend,
            get_blocks,
            put_block,
            delete_block,
            get_people,
            delete_person,
        ],
        dependencies={"network": Provide(lambda: network, sync_to_thread=False)},
        tags=["People"],
    )
