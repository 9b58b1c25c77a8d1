"""The slice as procedures ``engagement.*``, for clients that speak tRPC."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from groundswell.access.principal import Principal
from groundswell.contract.paging import BIGGEST
from groundswell.domains.engagement.actions import Actions
from groundswell.domains.engagement.bodies import CommentText, PlayedSeconds
from groundswell.domains.engagement.lists import RankedLists
from groundswell.domains.engagement.queries import EngagementQueries
from groundswell.domains.engagement.views import Period, VoteType
from groundswell.http.parameters import LARGEST_PAGE
from groundswell.http.trpc import Procedure, mutation, query

FileId = Annotated[int, msgspec.Meta(ge=1, le=BIGGEST)]
Count = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_PAGE)]


class Input(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of inputs."""


class OfFile(Input, frozen=True, kw_only=True):
    """Names a file."""

    media_file_id: FileId


class VoteInput(OfFile, frozen=True, kw_only=True):
    """A vote."""

    vote_type: VoteType


class PlayInput(OfFile, frozen=True, kw_only=True):
    """A play; seconds."""

    play_duration: PlayedSeconds | None = None


class CommentInput(OfFile, frozen=True, kw_only=True):
    """A comment."""

    body: CommentText


class TrendingInput(Input, frozen=True, kw_only=True):
    """Which trending list, and how much of it."""

    period: Period = "24h"
    limit: Count = 10


class PopularInput(Input, frozen=True, kw_only=True):
    """Which popular list, and how much of it."""

    period: Period
    limit: Count = 10


class ListInput(Input, frozen=True, kw_only=True):
    """How much of a list."""

    limit: Count = 10


class ActivityInput(Input, frozen=True, kw_only=True):
    """How much of the feed."""

    limit: Count = 20


def engagement_procedures(
    actions: Actions, queries: EngagementQueries, lists: RankedLists
) -> list[Procedure]:
    """The router ``engagement`` of the specification, and comments beside it."""

    async def vote(given: VoteInput, caller: Principal) -> Any:
        return await actions.vote(caller, given.media_file_id, given.vote_type)

    async def remove_vote(given: OfFile, caller: Principal) -> Any:
        return await actions.vote(caller, given.media_file_id, None)

    async def get_vote_status(given: OfFile, caller: Principal) -> Any:
        voter = actions.voter(caller, given.media_file_id)
        return await queries.vote_status(given.media_file_id, voter)

    async def record_play(given: PlayInput, caller: Principal) -> Any:
        return await actions.play(caller, given.media_file_id, play_duration=given.play_duration)

    async def record_download(given: OfFile, caller: Principal) -> Any:
        return await actions.download(caller, given.media_file_id)

    async def record_view(given: OfFile, caller: Principal) -> Any:
        return await actions.view(caller, given.media_file_id)

    async def record_comment(given: CommentInput, caller: Principal) -> Any:
        return await actions.comment(caller, given.media_file_id, given.body)

    async def get_trending(given: TrendingInput, _: Principal) -> Any:
        return (await lists.get("trending", period=given.period, limit=given.limit)).items

    async def get_popular(given: PopularInput, _: Principal) -> Any:
        return (await lists.get("popular", period=given.period, limit=given.limit)).items

    async def get_hot(given: ListInput, _: Principal) -> Any:
        return (await lists.get("hot", period="24h", limit=given.limit)).items

    async def get_recent_activity(given: ActivityInput, _: Principal) -> Any:
        return (await queries.activity(given.limit)).items

    async def get_stats(given: OfFile, _: Principal) -> Any:
        return await queries.stats(given.media_file_id)

    return [
        mutation("engagement.vote", VoteInput, vote),
        mutation("engagement.removeVote", OfFile, remove_vote),
        query("engagement.getVoteStatus", OfFile, get_vote_status),
        mutation("engagement.recordPlay", PlayInput, record_play),
        mutation("engagement.recordDownload", OfFile, record_download),
        mutation("engagement.recordView", OfFile, record_view),
        mutation("engagement.recordComment", CommentInput, record_comment),
        query("engagement.getTrending", TrendingInput, get_trending),
        query("engagement.getPopular", PopularInput, get_popular),
        query("engagement.getHot", ListInput, get_hot),
        query("engagement.getRecentActivity", ActivityInput, get_recent_activity),
        query("engagement.getStats", OfFile, get_stats),
    ]
