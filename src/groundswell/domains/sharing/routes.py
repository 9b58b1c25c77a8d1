"""The HTTP face of sharing."""

from __future__ import annotations

from typing import Annotated, Any, cast

from litestar import MediaType, Request, Response, Router, delete, get, post, route
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody, PathParameter

from groundswell.access.principal import Principal
from groundswell.contract.paging import Page
from groundswell.domains.sharing.bodies import Failure, NewShare, PublishedPost
from groundswell.domains.sharing.offering import Sharing
from groundswell.domains.sharing.pages import gone_page, preview_page
from groundswell.domains.sharing.refusals import ShareNotFound
from groundswell.domains.sharing.views import HeldShare, ShareView, SuggestionView
from groundswell.http.callers import require_host, require_user
from groundswell.http.openapi import HOST_ONLY, USER_ONLY
from groundswell.http.parameters import CursorText, Limit
from groundswell.http.visits import Visit
from groundswell.store.commands import Idempotency

ShareId = Annotated[
    str, PathParameter(min_length=1, max_length=64, description="The share's id, `share-…`.")
]
SuggestionId = Annotated[
    str, PathParameter(min_length=1, max_length=64, description="The suggestion's id.")
]
UNKEPT = {"cache-control": "no-store"}


@post(
    "/shares",
    summary="Share something",
    security=USER_ONLY,
    responses={202: ResponseSpec(HeldShare, description="It waits for a review.")},
)
async def post_share(
    data: JSONBody[NewShare],
    caller: NamedDependency[Principal],
    sharing: NamedDependency[Sharing],
    idempotency: NamedDependency[Idempotency | None],
) -> Response[ShareView]:
    """Durable when this answers. The confirmation also arrives on `user.{id}.social`, and in the
    inbox. `url` is the tracked link to post. One that has to be looked at first is answered with
    202.
    """
    shared = await sharing.share(caller, data, idempotency)
    if isinstance(shared, HeldShare):
        return cast("Response[ShareView]", Response(shared, status_code=202))
    return Response(shared, status_code=201)


@get("/shares/{share_id:str}", summary="A share")
async def get_share(
    share_id: ShareId,
    caller: NamedDependency[Principal],
    sharing: NamedDependency[Sharing],
) -> ShareView:
    """Public shares to anybody, those for friends to friends, private ones to the sharer and the
    host. What the sharer wishes of their shares counts as well."""
    return await sharing.show(caller, share_id)


@delete("/shares/{share_id:str}", summary="Take a share back", status_code=200, security=USER_ONLY)
async def delete_share(
    share_id: ShareId,
    caller: NamedDependency[Principal],
    sharing: NamedDependency[Sharing],
    idempotency: NamedDependency[Idempotency | None],
) -> ShareView:
    """Its link ends, and what happens on the platform afterwards is not counted any more."""
    return await sharing.delete(caller, share_id, idempotency)


@post(
    "/shares/{share_id:str}/published",
    summary="A platform took a share (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_published(
    share_id: ShareId,
    data: JSONBody[PublishedPost],
    caller: NamedDependency[Principal],
    sharing: NamedDependency[Sharing],
    idempotency: NamedDependency[Idempotency | None],
) -> ShareView:
    """A pending share is out; `externalId` is how the platform's webhooks call the post."""
    require_host(caller)
    return await sharing.published(share_id, data.external_id, idempotency)


@post(
    "/shares/{share_id:str}/failed",
    summary="A platform did not take a share (host only)",
    status_code=200,
    security=HOST_ONLY,
)
async def post_failed(
    share_id: ShareId,
    data: JSONBody[Failure],
    caller: NamedDependency[Principal],
    sharing: NamedDependency[Sharing],
    idempotency: NamedDependency[Idempotency | None],
) -> ShareView:
    """A pending share is not out and will not be."""
    require_host(caller)
    return await sharing.failed(share_id, data.reason, idempotency)


@get("/me/shares", summary="The caller's shares", security=USER_ONLY)
async def get_shares(
    caller: NamedDependency[Principal],
    sharing: NamedDependency[Sharing],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[ShareView]:
    """Newest first."""
    return await sharing.shares(caller, limit, cursor)


@get("/me/suggestions", summary="What the caller may want to do", security=USER_ONLY)
async def get_suggestions(
    caller: NamedDependency[Principal],
    sharing: NamedDependency[Sharing],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[SuggestionView]:
    """Newest first, each with why it is suggested."""
    return await sharing.queries.suggestions(require_user(caller), limit, cursor)


@delete("/me/suggestions/{suggestion_id:str}", summary="Dismiss a suggestion", security=USER_ONLY)
async def delete_suggestion(
    suggestion_id: SuggestionId,
    caller: NamedDependency[Principal],
    sharing: NamedDependency[Sharing],
) -> None:
    """It is not shown again, nor made again."""
    await sharing.dismiss(caller, suggestion_id)


@route(
    "/s/{share_id:str}",
    http_method=["GET", "HEAD"],
    summary="Follow the link of a share",
    media_type=MediaType.HTML,
    include_in_schema=False,
)
async def follow_link(
    share_id: ShareId,
    request: Request[Any, Any, Any],
    caller: NamedDependency[Principal],
    sharing: NamedDependency[Sharing],
) -> Response[str]:
    """People are led on; whoever makes a card of the link gets a page with what to show."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    try:
        there = await sharing.follow(
            caller, share_id, Visit(method=request.method, headers=headers)
        )
    except ShareNotFound:
        return _page(gone_page("There is nothing at this address."), 404)
    if there.kind == "redirect":
        return Response("", status_code=302, headers={**UNKEPT, "location": there.url})
    if there.preview is None:
        return _page(gone_page("What was shared here was taken back."), 410)
    return _page(preview_page(there.preview, there.url), 200)


def _page(text: str, status: int) -> Response[str]:
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=UNKEPT)


def sharing_routers(sharing: Sharing) -> list[Router]:
    """The routes, of which the links are not under ``/v1``. ``caller`` and ``idempotency`` are
    provided by the application."""
    dependencies = {"sharing": Provide(lambda: sharing, sync_to_thread=False)}
    handlers = [
        post_share,
        get_share,
        delete_share,
        post_published,
        post_failed,
        get_shares,
        get_suggestions,
        delete_suggestion,
    ]
    return [
        Router("/v1", route_handlers=handlers, dependencies=dependencies, tags=["Sharing"]),
        Router("/", route_handlers=[follow_link], dependencies=dependencies),
    ]
