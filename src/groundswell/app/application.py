"""The HTTP face: every route, inside every layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from litestar import Litestar
from litestar.di import Provide
from litestar.exceptions import HTTPException, NotFoundException
from litestar.types import ASGIApp, ControllerRouterHandler, ExceptionHandlersMap

from groundswell import __version__
from groundswell.app.access import Access
from groundswell.app.core import Core
from groundswell.app.live import Live
from groundswell.contract.events import EVENT_TYPES
from groundswell.domains.engagement.actions import Actions
from groundswell.domains.engagement.hot_routes import HotRoutes
from groundswell.http.attempts import Attempts
from groundswell.http.body import ApiRequest
from groundswell.http.cors import allowed_origins, cors_config
from groundswell.http.failures import exception_handlers
from groundswell.http.middleware import surround
from groundswell.http.openapi import openapi_config
from groundswell.http.refusals import Refusals
from groundswell.realtime.asyncapi import (
    POLLING,
    SOCKET_IO,
    STREAM,
    WEBSOCKET,
    asyncapi_document,
)
from groundswell.realtime.digests import Digest
from groundswell.realtime.gateway.frames import ClientFrame
from groundswell.realtime.gateway.refusals import Error
from groundswell.realtime.gateway.replies import REPLIES
from groundswell.realtime.gateway.session_replies import TokenExpiring
from groundswell.realtime.gateway.topic_replies import Unsubscribed
from groundswell.realtime.messages import CaughtUp, Gap, Snapshot
from groundswell.web.errors import for_browsers
from groundswell.web.routes import error_pages


def application(
    core: Core,
    access: Access,
    live: Live,
    actions: Actions,
    routes: Sequence[ControllerRouterHandler],
    refusals: Refusals,
    notice: str | None,
) -> ASGIApp:
    """The routes inside the framework, the busiest writes before it, the layers around both."""
    settings = core.settings
    origins = allowed_origins(settings.allowed_origins)
    framework = Litestar(
        routes,
        dependencies={
            "caller": Provide(access.callers.provide),
            "idempotency": Provide(Attempts(core.hasher).provide),
        },
        exception_handlers=_handlers(notice),
        request_class=ApiRequest,
        request_max_body_size=settings.body_limit,
        openapi_config=openapi_config(__version__),
        cors_config=cors_config(origins),
        logging_config=None,
    )
    hot = HotRoutes(framework, access.callers, actions, body_limit=settings.body_limit)
    return surround(
        live.sockets.socketio.before(hot),
        https=settings.public_https,
        origins=origins,
        log_requests=settings.log_requests,
        refusals=refusals,
    )


def _handlers(notice: str | None) -> ExceptionHandlersMap:
    """Problems for programs; browsers get a page where no route knows the address."""
    handlers = dict(exception_handlers())
    pages = error_pages(notice=notice)
    handlers[NotFoundException] = for_browsers(pages, handlers[HTTPException])
    return handlers


def live_document() -> dict[str, Any]:
    """What is live, over the doors that are open."""
    return asyncapi_document(
        __version__,
        (WEBSOCKET, SOCKET_IO, STREAM, POLLING),
        stream=(Snapshot, CaughtUp, Gap, Unsubscribed, TokenExpiring, Error),
        gateway=(*REPLIES, Digest),
        client=get_args(ClientFrame),
        events=EVENT_TYPES,
    )
