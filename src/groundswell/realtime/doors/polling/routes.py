"""The HTTP face of long polling."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody, QueryParameter

from groundswell.realtime.doors.polling.answers import (
    PollAnswer,
    Registration,
    RegistrationAnswer,
)
from groundswell.realtime.doors.polling.cursor import LONGEST, PATTERN
from groundswell.realtime.doors.polling.door import PollingDoor, Waiter
from groundswell.realtime.doors.signing import Signed
from groundswell.realtime.doors.tickets import ClientIdText, TicketText, Viewers

_LONGEST_WAIT_MS = 55_000
_HEADERS = {"cache-control": "no-store"}
_CursorText = Annotated[
    str,
    QueryParameter(
        min_length=1,
        max_length=LONGEST,
        pattern=PATTERN,
        description="The `cursor` answered last.",
    ),
]
_WaitMs = Annotated[
    int,
    QueryParameter(
        name="waitMs",
        ge=0,
        le=_LONGEST_WAIT_MS,
        description="How long the answer may be held until something happens.",
    ),
]
_Hidden = Annotated[
    bool,
    QueryParameter(description="Nobody is looking: answer at once, and ask again in a minute."),
]


def polling_routes(door: PollingDoor, viewers: Viewers) -> list[HTTPRouteHandler]:
    """The routes of ``door``; ``viewers`` knows who a request is from."""

    @post(
        "/v1/poll/register",
        status_code=200,
        responses={200: _told(RegistrationAnswer)},
        tags=["live"],
        summary="Topics to poll",
    )
    async def register(
        request: Request[Any, Any, Any], data: JSONBody[Registration]
    ) -> Response[bytes]:
        """Tell the states and the newest events of topics, and the cursor to poll with."""
        body = await door.register(
            data.topics,
            await viewers.of(request.scope),
            snapshot=data.snapshot,
            history=data.history,
            resume=data.resume,
            client_id=data.client_id,
            signed=data.signed,
        )
        return _response(body)

    @get("/v1/poll", responses={200: _told(PollAnswer)}, tags=["live"], summary="Topics, polled")
    async def poll(
        request: Request[Any, Any, Any],
        cursor: _CursorText,
        wait_ms: _WaitMs = 25_000,
        hidden: _Hidden = False,
        client_id: ClientIdText = None,
        signed: Signed = False,
        ticket: TicketText = None,
    ) -> Response[bytes]:
        """Tell what happened since the cursor, as soon as something did."""
        viewer = await viewers.of(request.scope, ticket)
        async with _watched(request) as waiter:
            body = await door.poll(
                cursor,
                viewer,
                waiter,
                wait=wait_ms / 1000,
                hidden=hidden,
                client_id=client_id,
                signed=signed,
            )
        return _response(body)

    return [register, poll]


@asynccontextmanager
async def _watched(request: Request[Any, Any, Any]) -> AsyncIterator[Waiter]:
    """A waiter that ends when the client goes away."""
    waiter = Waiter()

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        waiter.leave()

    watching = asyncio.create_task(watch())
    try:
        yield waiter
    finally:
        watching.cancel()


def _told(answer: type[PollAnswer]) -> ResponseSpec:
    return ResponseSpec(
        data_container=answer,
        description="Messages in order: EVENT, SNAPSHOT, GAP, UNSUBSCRIBED.",
        media_type="application/json",
    )


def _response(body: bytes) -> Response[bytes]:
    return Response(body, media_type="application/json", headers=_HEADERS)
