"""A small application with everything of http/ in and around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from litestar import Litestar, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import BodyKwarg, FromPath, FromQuery, JSONBody, QueryParameter

from groundswell.access.principal import Principal
from groundswell.contract.errors import (
    Conflict,
    DatabaseUnavailable,
    GroundswellError,
    MediaNotFound,
    Overloaded,
    RateLimited,
    Unauthenticated,
)
from groundswell.contract.paging import decode_cursor
from groundswell.http.body import ApiRequest
from groundswell.http.callers import Callers, require_host, require_user
from groundswell.http.cors import allowed_origins, cors_config
from groundswell.http.failures import exception_handlers
from groundswell.http.middleware import surround
from groundswell.http.openapi import HOST_ONLY, openapi_config, openapi_routes
from groundswell.http.parameters import CursorText, Limit, MediaFileIdInPath
from groundswell.http.refusals import Refusals
from groundswell.http.trpc import NoInput, Procedure, mutation, query, trpc_routes

BODY_LIMIT = 1024


class Bid(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    vote_type: Literal["up", "down"]
    play_duration: Annotated[float, msgspec.Meta(ge=0, le=86400)] | None = None
    media_title: Annotated[str, msgspec.Meta(min_length=1, max_length=10)] = "a"
    all_tags: list[int] = []


class FakeAuthenticator:
    """Knows one user, one host and visitors; remembers what it was shown."""

    def __init__(self) -> None:
        self.shown: list[tuple[Any, ...]] = []

    async def authenticate(
        self,
        authorization: str | None,
        peer: str | None,
        forwarded_for: str | None,
        session_id: str | None,
        now: int,
        *,
        acting_user: str | None = None,
        acting_address: str | None = None,
    ) -> Principal:
        self.shown.append((authorization, peer, forwarded_for, session_id, now))
        if authorization is None:
            return Principal("visitor", None, peer or "", session_id)
        if authorization == "Bearer user":
            return Principal("user", "u1", peer or "", "s1")
        if authorization == "Bearer host" and acting_user is not None:
            return Principal("user", acting_user, acting_address or peer or "", None)
        if authorization == "Bearer host":
            return Principal("host", None, peer or "", None)
        raise Unauthenticated("The access token is not valid.")


ERRORS: dict[str, Callable[[], Exception]] = {
    "not-found": MediaNotFound,
    "conflict": lambda: Conflict("code_exhausted", "This code is used up."),
    "limited": lambda: RateLimited(7),
    "overloaded": Overloaded,
    "database": DatabaseUnavailable,
    "base": lambda: GroundswellError("secret inner text"),
    "bug": lambda: ZeroDivisionError("secret inner text"),
}


@get("/errors/{name:str}", include_in_schema=False)
async def fail(name: FromPath[str]) -> None:
    raise ERRORS[name]()


@put("/media/{media_file_id:str}/vote", tags=["Votes"])
async def vote(media_file_id: MediaFileIdInPath, data: JSONBody[Bid]) -> dict[str, Any]:
    """Cast a vote."""
    return {"mediaFileId": media_file_id, "voteType": data.vote_type}


@get("/media/{media_file_id:str}/vote", tags=["Votes"])
async def vote_status(media_file_id: MediaFileIdInPath) -> dict[str, Any]:
    """Tell a vote."""
    return {"mediaFileId": media_file_id}


@post("/media/{media_file_id:str}/plays", tags=["Plays"])
async def play(
    media_file_id: MediaFileIdInPath,
    data: Annotated[Bid | None, BodyKwarg(media_type="application/json")] = None,
) -> dict[str, Any]:
    """Record a play."""
    return {"mediaFileId": media_file_id, "sent": data is not None}


@get("/lists", tags=["Lists"])
async def lists(
    period: FromQuery[Literal["24h", "7d"]] = "24h", limit: Limit = 10, cursor: CursorText = None
) -> dict[str, Any]:
    """A list."""
    position = None if cursor is None else decode_cursor(cursor, tuple[int, str])
    return {"limit": limit, "period": period, "position": position}


@get("/needs", tags=["Lists"])
async def needs(topic_name: Annotated[int, QueryParameter(name="topicName")]) -> int:
    """Needs a parameter."""
    return topic_name


@get("/whoami", tags=["Callers"])
async def whoami(caller: NamedDependency[Principal]) -> dict[str, Any]:
    """Tell who calls."""
    return {"kind": caller.kind, "session": caller.session_id}


@post("/host", security=HOST_ONLY, tags=["Callers"])
async def for_hosts(caller: NamedDependency[Principal]) -> str:
    """For the host only."""
    require_host(caller)
    return "host"


@get("/me", tags=["Callers"])
async def for_users(caller: NamedDependency[Principal]) -> str:
    """For users only."""
    return require_user(caller)


class VoteInput(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    media_file_id: Annotated[int, msgspec.Meta(ge=1)]
    vote_type: Literal["up", "down"] = "up"


async def _cast(sent: VoteInput, caller: Principal) -> dict[str, Any]:
    if sent.media_file_id == 404:
        raise MediaNotFound
    if sent.media_file_id == 429:
        raise RateLimited(7)
    if sent.media_file_id == 500:
        raise ZeroDivisionError("secret inner text")
    return {"mediaFileId": sent.media_file_id, "voteType": sent.vote_type, "by": caller.kind}


async def _hot(_: NoInput, caller: Principal) -> list[str]:
    return ["hot"]


def procedures() -> list[Procedure]:
    return [
        mutation("engagement.vote", VoteInput, _cast),
        query("engagement.getVoteStatus", VoteInput, _cast),
        query("engagement.getHot", NoInput, _hot),
    ]


def build(
    authenticator: FakeAuthenticator | None = None,
    *,
    origins: str = "",
    https: bool = False,
    log_requests: bool = True,
    refusals: Refusals | None = None,
) -> Any:
    """The application; served by uvicorn in the integration tests too."""
    callers = Callers(authenticator or FakeAuthenticator(), lambda: 1_700_000_000_000_000)
    named = allowed_origins(origins)
    app = Litestar(
        [
            fail,
            vote,
            vote_status,
            play,
            lists,
            needs,
            whoami,
            for_hosts,
            for_users,
            *openapi_routes(),
            *trpc_routes(procedures(), callers),
        ],
        exception_handlers=exception_handlers(),
        request_class=ApiRequest,
        request_max_body_size=BODY_LIMIT,
        openapi_config=openapi_config("1.2.3"),
        cors_config=cors_config(named),
        dependencies={"caller": Provide(callers.provide)},
        logging_config=None,
    )
    return surround(app, https=https, origins=named, log_requests=log_requests, refusals=refusals)
