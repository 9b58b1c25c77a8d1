"""The HTTP face of the engagement slice."""

from __future__ import annotations

from typing import Annotated, cast

from litestar import Response, Router, delete, get, patch, post, put
from litestar.di import NamedDependency, Provide
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, QueryParameter

from groundswell.access.principal import Principal
from groundswell.contract.errors import Invalid
from groundswell.contract.paging import Page
from groundswell.contract.times import Clock
from groundswell.domains.engagement.actions import Actions
from groundswell.domains.engagement.bodies import (
    MediaChanges,
    NewComment,
    NewMedia,
    Occurrence,
    Play,
    Vote,
    instant,
)
from groundswell.domains.engagement.commands import RegisterMedia, UpdateMedia
from groundswell.domains.engagement.lists import RankedLists
from groundswell.domains.engagement.queries import EngagementQueries
from groundswell.domains.engagement.views import (
    ActivityItem,
    Comment,
    HeldComment,
    ListName,
    MediaFile,
    Period,
    PostedComment,
    RankedMedia,
    Recorded,
    Stats,
    VoteStatus,
)
from groundswell.http.callers import require_host
from groundswell.http.openapi import HOST_ONLY
from groundswell.http.parameters import CursorText, Limit, MediaFileIdInPath
from groundswell.store.commands import Idempotency

Explain = Annotated[bool, QueryParameter(description="Show each term of the score.")]
TrendingPeriod = Annotated[Period, QueryParameter(description="The period that ends now.")]


@post("/media", summary="Register a media file (host only)", security=HOST_ONLY)
async def register_media(
    data: JSONBody[NewMedia],
    caller: NamedDependency[Principal],
    actions: NamedDependency[Actions],
    clock: NamedDependency[Clock],
    idempotency: NamedDependency[Idempotency | None],
) -> MediaFile:
    """Make a file known. The same `source` and `externalId` answer with the same file."""
    require_host(caller)
    if (data.source is None) != (data.external_id is None):
        raise Invalid.at("externalId", "Goes together with source")
    command = RegisterMedia(
        at=clock(),
        title=data.title,
        artist=data.artist,
        owner_id=data.owner_id,
        duration_seconds=data.duration_seconds,
        url=data.url,
        published_at=instant(data.published_at, "publishedAt"),
        draft=data.draft,
        media_file_id=data.media_file_id,
        source=data.source,
        external_id=data.external_id,
    )
    return await actions.register(command, idempotency)


@patch("/media/{media_file_id:str}", summary="Change a media file (host only)", security=HOST_ONLY)
async def update_media(
    media_file_id: MediaFileIdInPath,
    data: JSONBody[MediaChanges],
    caller: NamedDependency[Principal],
    actions: NamedDependency[Actions],
    clock: NamedDependency[Clock],
    idempotency: NamedDependency[Idempotency | None],
) -> MediaFile:
    """Change a file, hide it (`state: hidden`), show it again, or opt it out of the rankings."""
    require_host(caller)
    changes = {name: getattr(data, name) for name in data.__struct_fields__}
    changes["published_at"] = instant(data.published_at, "publishedAt")
    command = UpdateMedia(at=clock(), media_file_id=media_file_id, **changes)
    return await actions.update(command, idempotency)


@delete("/media/{media_file_id:str}", summary="Delete a media file (host only)", security=HOST_ONLY)
async def delete_media(
    media_file_id: MediaFileIdInPath,
    caller: NamedDependency[Principal],
    actions: NamedDependency[Actions],
    idempotency: NamedDependency[Idempotency | None],
) -> None:
    """Take a file out of every list and feed, at once and for good."""
    require_host(caller)
    await actions.delete(media_file_id, idempotency)


@get("/media/{media_file_id:str}", summary="One media file")
async def get_media(
    media_file_id: MediaFileIdInPath,
    caller: NamedDependency[Principal],
    queries: NamedDependency[EngagementQueries],
) -> MediaFile:
    """The file with its counters. The host also sees drafts and hidden files."""
    return await queries.media(media_file_id, unpublished=caller.kind == "host")


@get("/media", summary="Media files, newest first")
async def list_media(
    queries: NamedDependency[EngagementQueries], limit: Limit = 20, cursor: CursorText = None
) -> Page[MediaFile]:
    """All published files with their counters."""
    return await queries.media_page(limit, cursor)


@put("/media/{media_file_id:str}/vote", summary="Vote")
async def put_vote(
    media_file_id: MediaFileIdInPath,
    data: JSONBody[Vote],
    caller: NamedDependency[Principal],
    actions: NamedDependency[Actions],
    idempotency: NamedDependency[Idempotency | None],
) -> VoteStatus:
    """Cast the caller's vote, or change it. The same vote again changes nothing."""
    return await actions.vote(caller, media_file_id, data.vote_type, idempotency)


@delete("/media/{media_file_id:str}/vote", summary="Take a vote back", status_code=200)
async def delete_vote(
    media_file_id: MediaFileIdInPath,
    caller: NamedDependency[Principal],
    actions: NamedDependency[Actions],
    idempotency: NamedDependency[Idempotency | None],
) -> VoteStatus:
    """Remove the caller's vote; if there is none, nothing changes."""
    return await actions.vote(caller, media_file_id, None, idempotency)


@get("/media/{media_file_id:str}/vote", summary="The caller's vote")
async def get_vote(
    media_file_id: MediaFileIdInPath,
    caller: NamedDependency[Principal],
    actions: NamedDependency[Actions],
    queries: NamedDependency[EngagementQueries],
) -> VoteStatus:
    """The caller's vote on the file, and the totals."""
    return await queries.vote_status(media_file_id, actions.voter(caller, media_file_id))


@post("/media/{media_file_id:str}/plays", summary="Record a play")
async def post_play(
    media_file_id: MediaFileIdInPath,
    caller: NamedDependency[Principal],
    actions: NamedDependency[Actions],
    idempotency: NamedDependency[Idempotency | None],
    data: JSONBody[Play | None] = None,
) -> Recorded:
    """Count a play. It qualifies for the rankings after 30 s or half of the file, once an hour."""
    play = data or Play()
    return await actions.play(
        caller,
        media_file_id,
        play_duration=play.play_duration,
        occurred_at=instant(play.occurred_at, "occurredAt"),
        idempotency=idempotency,
    )


@post("/media/{media_file_id:str}/downloads", summary="Record a download")
async def post_download(
    media_file_id: MediaFileIdInPath,
    caller: NamedDependency[Principal],
    actions: NamedDependency[Actions],
    idempotency: NamedDependency[Idempotency | None],
    data: JSONBody[Occurrence | None] = None,
) -> Recorded:
    """Count a download. It qualifies for the rankings once a day per person."""
    at = None if data is None else instant(data.occurred_at, "occurredAt")
    return await actions.download(caller, media_file_id, occurred_at=at, idempotency=idempotency)


@post("/media/{media_file_id:str}/views", summary="Record a view")
async def post_view(
    media_file_id: MediaFileIdInPath,
    caller: NamedDependency[Principal],
    actions: NamedDependency[Actions],
    idempotency: NamedDependency[Idempotency | None],
    data: JSONBody[Occurrence | None] = None,
) -> Recorded:
    """Count a view of the file's page. Views rank nothing and appear in no feed."""
    at = None if data is None else instant(data.occurred_at, "occurredAt")
    return await actions.view(caller, media_file_id, occurred_at=at, idempotency=idempotency)


@post(
    "/media/{media_file_id:str}/comments",
    summary="Comment",
    responses={202: ResponseSpec(HeldComment, description="It waits for a review.")},
)
async def post_comment(
    media_file_id: MediaFileIdInPath,
    data: JSONBody[NewComment],
    caller: NamedDependency[Principal],
    actions: NamedDependency[Actions],
    idempotency: NamedDependency[Idempotency | None],
) -> Response[PostedComment]:
    """Leave a comment in plain text. One that has to be looked at first is answered with 202."""
    posted = await actions.comment(caller, media_file_id, data.body, idempotency)
    if isinstance(posted, HeldComment):
        return cast("Response[PostedComment]", Response(posted, status_code=202))
    return Response(posted, status_code=201)


@get("/media/{media_file_id:str}/comments", summary="Comments, newest first")
async def list_comments(
    media_file_id: MediaFileIdInPath,
    queries: NamedDependency[EngagementQueries],
    limit: Limit = 20,
    cursor: CursorText = None,
) -> Page[Comment]:
    """The comments on a file."""
    return await queries.comments(media_file_id, limit, cursor)


@get("/media/{media_file_id:str}/stats", summary="Everything countable about a file")
async def get_stats(
    media_file_id: MediaFileIdInPath, queries: NamedDependency[EngagementQueries]
) -> Stats:
    """All counters, and the plays in the last 24 hours, 7 and 30 days."""
    return await queries.stats(media_file_id)


@get("/trending", summary="Trending: engagement velocity")
async def trending(
    lists: NamedDependency[RankedLists],
    period: TrendingPeriod = "24h",
    limit: Limit = 10,
    explain: Explain = False,
) -> Response[Page[RankedMedia]]:
    """Weighted qualified engagement per hour in the period, by at least three people."""
    return await _ranked(lists, "trending", period, limit, explain)


@get("/popular", summary="Popular: plays in the period")
async def popular(
    lists: NamedDependency[RankedLists],
    period: TrendingPeriod = "7d",
    limit: Limit = 10,
    explain: Explain = False,
) -> Response[Page[RankedMedia]]:
    """Most played in the period."""
    return await _ranked(lists, "popular", period, limit, explain)


@get("/hot", summary="Hot: recent engagement that fades with age")
async def hot(
    lists: NamedDependency[RankedLists], limit: Limit = 10, explain: Explain = False
) -> Response[Page[RankedMedia]]:
    """Weighted engagement of the last day, halved for every day of the file's age."""
    return await _ranked(lists, "hot", "24h", limit, explain)


@get("/rising", summary="Rising: more people than usual")
async def rising(
    lists: NamedDependency[RankedLists], limit: Limit = 10, explain: Explain = False
) -> Response[Page[RankedMedia]]:
    """Today's distinct people against the mean of the seven days before."""
    return await _ranked(lists, "rising", "24h", limit, explain)


@get("/top-rated", summary="Top rated: share of up-votes, with doubt")
async def top_rated(
    lists: NamedDependency[RankedLists], limit: Limit = 10, explain: Explain = False
) -> Response[Page[RankedMedia]]:
    """Lower bound of the Wilson interval of the share of up-votes."""
    return await _ranked(lists, "top-rated", "all", limit, explain)


@get("/controversial", summary="Controversial: many votes both ways")
async def controversial(
    lists: NamedDependency[RankedLists], limit: Limit = 10, explain: Explain = False
) -> Response[Page[RankedMedia]]:
    """Many votes, evenly split."""
    return await _ranked(lists, "controversial", "all", limit, explain)


@get("/activity", summary="What happened, newest first")
async def activity(
    queries: NamedDependency[EngagementQueries], limit: Limit = 20, cursor: CursorText = None
) -> Page[ActivityItem]:
    """The public feed: plays, downloads, uploads, comments and votes."""
    return await queries.activity(limit, cursor)


async def _ranked(
    lists: RankedLists, name: ListName, period: Period, limit: int, explain: bool
) -> Response[Page[RankedMedia]]:
    page = await lists.get(name, period=period, limit=limit, explain=explain)
    return Response(page, headers={"cache-control": "no-cache"})


def engagement_router(
    actions: Actions, queries: EngagementQueries, lists: RankedLists, clock: Clock
) -> Router:
    """The routes under ``/v1``. ``caller`` and ``idempotency`` are provided by the application."""
    return Router(
        "/v1",
        route_handlers=[
            register_media,
            update_media,
            delete_media,
            get_media,
            list_media,
            put_vote,
            delete_vote,
            get_vote,
            post_play,
            post_download,
            post_view,
            post_comment,
            list_comments,
            get_stats,
            trending,
            popular,
            hot,
            rising,
            top_rated,
            controversial,
            activity,
        ],
        dependencies={
            "actions": Provide(lambda: actions, sync_to_thread=False),
            "queries": Provide(lambda: queries, sync_to_thread=False),
            "lists": Provide(lambda: lists, sync_to_thread=False),
            "clock": Provide(lambda: clock, sync_to_thread=False),
        },
        tags=["Engagement"],
    )
