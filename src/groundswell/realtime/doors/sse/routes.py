"""The HTTP face of the event streams."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.params import HeaderParameter, QueryParameter
from litestar.types import ASGIApp

from groundswell.realtime.doors.signing import Signed
from groundswell.realtime.doors.sse.door import SseDoor
from groundswell.realtime.doors.tickets import ClientIdText, TicketText, Viewers

_STREAM = {
    200: ResponseSpec(
        data_container=str,
        description="Events for as long as the client listens.",
        media_type="text/event-stream",
    )
}
_Topics = Annotated[
    str,
    QueryParameter(
        max_length=40_000,
        description="Topics, separated by commas: `activity`, `media.{id}`, "
        "`trending.{24h|7d|30d|all}`, `hot`, `leaderboard.{boardId}`, `testimonials.recent`, "
        "`program.{programId}.updates`, `presence.{scope}`, `user.{id}.{part}`.",
    ),
]
_LastEventIdHeader = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID",
        max_length=128,
        description="The id seen last: what followed is replayed. Browsers send it by themselves.",
    ),
]
_LastEventIdQuery = Annotated[
    str | None,
    QueryParameter(max_length=128, description="The same for a first connect; the header wins."),
]


ResumeText = Annotated[
    str | None,
    QueryParameter(
        max_length=40_000,
        description="Where topics were left at another door, as `topic:epoch:offset` separated by "
        "commas. A last event id wins.",
    ),
]


def sse_routes(door: SseDoor, viewers: Viewers) -> list[HTTPRouteHandler]:
    """The routes of ``door``; ``viewers`` knows who a request is from."""

    @get(
        "/v1/stream",
        media_type="text/event-stream",
        responses=_STREAM,
        tags=["live"],
        summary="Topics, live",
    )
    async def stream(
        request: Request[Any, Any, Any],
        topics: _Topics,
        last_event_id: _LastEventIdQuery = None,
        last_event_id_header: _LastEventIdHeader = None,
        resume: ResumeText = None,
        client_id: ClientIdText = None,
        signed: Signed = False,
        ticket: TicketText = None,
    ) -> ASGIApp:
        """Tell the events of topics as server-sent events, from a position on."""
        viewer = await viewers.of(request.scope, ticket)
        return await door.stream(
            topics,
            viewer,
            last_event_id_header or last_event_id,
            resume=resume,
            client_id=client_id,
            signed=signed,
        )

    @get(
        "/v1/activity/stream",
        media_type="text/event-stream",
        responses=_STREAM,
        tags=["live"],
        summary="Activity, live",
    )
    async def activity_stream(
        last_event_id: _LastEventIdQuery = None,
        last_event_id_header: _LastEventIdHeader = None,
    ) -> ASGIApp:
        """Tell the public feed as `activity` events."""
        return door.activity(last_event_id_header or last_event_id)

    return [stream, activity_stream]
