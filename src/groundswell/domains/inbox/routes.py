"""The HTTP face of inboxes."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Router, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody, QueryParameter

from groundswell.access.principal import Principal
from groundswell.contract.ids import event_id
from groundswell.contract.inbox import ReadStates
from groundswell.contract.paging import BIGGEST
from groundswell.contract.times import SECOND, Clock
from groundswell.domains.inbox.bodies import (
    RESERVED,
    Ack,
    NewMessage,
    PushSubscription,
    Read,
    Subscriptions,
    expiry,
    instant,
    one_of,
)
from groundswell.domains.inbox.commands import FileMessage, SaveSubscriptions
from groundswell.domains.inbox.offering import InboxActions
from groundswell.domains.inbox.views import (
    AckAnswer,
    FiledMessage,
    InboxPage,
    PushState,
    SavedSubscriptions,
)
from groundswell.http.callers import require_host, require_user
from groundswell.http.openapi import HOST_ONLY, USER_ONLY
from groundswell.http.parameters import Limit
from groundswell.http.payloads import checked_data
from groundswell.store.commands import Idempotency

After = Annotated[
    int, QueryParameter(ge=0, le=BIGGEST, description="The `seq` of the last message known.")
]
EndpointInQuery = Annotated[
    str | None, QueryParameter(max_length=2048, description="Only this endpoint.")
]


@post("/messages", summary="File a message in a user's inbox (host only)", security=HOST_ONLY)
async def post_message(
    data: JSONBody[NewMessage],
    caller: NamedDependency[Principal],
    actions: NamedDependency[InboxActions],
    clock: NamedDependency[Clock],
    idempotency: NamedDependency[Idempotency | None],
) -> FiledMessage:
    """Durable when this answers. With an `Idempotency-Key` a repeat files nothing twice."""
    require_host(caller)
    now = clock()
    command = FileMessage(
        at=now,
        user_id=data.user_id,
        event_id=event_id(),
        event_type=data.event_type,
        data=checked_data(data.data, RESERVED),
        delivery=data.delivery,
        policy=data.policy,
        expires_at=None if data.ttl_seconds is None else now + data.ttl_seconds * SECOND,
    )
    return await actions.file(command, idempotency)


@get("/me/inbox", summary="The caller's messages", security=USER_ONLY)
async def get_inbox(
    caller: NamedDependency[Principal],
    actions: NamedDependency[InboxActions],
    after: After = 0,
    limit: Limit = 20,
) -> InboxPage:
    """In order, those that follow `after`; `digest` sums up what is not kept in full any more."""
    return await actions.queries.page(require_user(caller), after, limit)


@post("/me/inbox/ack", summary="Acknowledge messages", status_code=200, security=USER_ONLY)
async def post_ack(
    data: JSONBody[Ack],
    caller: NamedDependency[Principal],
    actions: NamedDependency[InboxActions],
) -> AckAnswer:
    """A device has durably taken messages: it is not sent them again."""
    user = require_user(caller)
    await actions.limit(caller)
    one_of(data.ids, data.up_to)
    done = await actions.inbox.ack(user, data.client_id, up_to=data.up_to, ids=data.ids or ())
    return AckAnswer(client_id=data.client_id, acked_to=done.acked_to, pending=done.pending)


@post("/me/inbox/read", summary="Set read states", status_code=200, security=USER_ONLY)
async def post_read(
    data: JSONBody[Read],
    caller: NamedDependency[Principal],
    actions: NamedDependency[InboxActions],
) -> ReadStates:
    """Mark messages as read, unread or dismissed on all of the caller's devices."""
    user = require_user(caller)
    await actions.limit(caller)
    one_of(data.ids, data.up_to)
    return await actions.inbox.read(
        user,
        data.client_id,
        data.state,
        ids=data.ids or (),
        up_to=data.up_to,
        at=instant(data.at),
        vv=data.vv,
    )


@get("/me/subscriptions", summary="The caller's saved subscriptions", security=USER_ONLY)
async def get_subscriptions(
    caller: NamedDependency[Principal], actions: NamedDependency[InboxActions]
) -> SavedSubscriptions:
    """What the caller's clients subscribe to when they start."""
    return await actions.queries.subscriptions(require_user(caller))


@put("/me/subscriptions", summary="Save subscriptions", security=USER_ONLY)
async def put_subscriptions(
    data: JSONBody[Subscriptions],
    caller: NamedDependency[Principal],
    actions: NamedDependency[InboxActions],
    clock: NamedDependency[Clock],
) -> SavedSubscriptions:
    """Replace all that was saved. Topics the caller may not subscribe to are refused."""
    user = require_user(caller)
    await actions.limit(caller)
    await actions.check_topics(data.subscriptions, caller)
    text = msgspec.json.encode(data.subscriptions).decode()
    return await actions.save(SaveSubscriptions(at=clock(), user_id=user, subscriptions=text))


@get("/me/push", summary="The caller's push endpoints", security=USER_ONLY)
async def get_push(
    caller: NamedDependency[Principal], actions: NamedDependency[InboxActions]
) -> PushState:
    """The endpoints, and the `publicKey` a browser needs to subscribe."""
    return await actions.push_state(require_user(caller))


@put("/me/push", summary="Register a push endpoint", security=USER_ONLY)
async def put_push(
    data: JSONBody[PushSubscription],
    caller: NamedDependency[Principal],
    actions: NamedDependency[InboxActions],
    clock: NamedDependency[Clock],
) -> PushState:
    """Push critical messages to this browser whenever the caller has no live connection."""
    user = require_user(caller)
    await actions.limit(caller)
    await actions.register_push(
        user,
        data.endpoint,
        data.keys.p256dh,
        data.keys.auth,
        expiry(data.expiration_time, clock()),
    )
    return await actions.push_state(user)


@delete("/me/push", summary="Remove push endpoints", security=USER_ONLY)
async def delete_push(
    caller: NamedDependency[Principal],
    actions: NamedDependency[InboxActions],
    endpoint: EndpointInQuery = None,
) -> None:
    """Push no more: to one endpoint, or to any."""
    user = require_user(caller)
    await actions.limit(caller)
    await actions.remove_push(user, endpoint)


def inbox_router(actions: InboxActions, clock: Clock) -> Router:
    """The routes under ``/v1``. ``caller`` and ``idempotency`` are provided by the application."""
    return Router(
        "/v1",
        route_handlers=[
            post_message,
            get_inbox,
            post_ack,
            post_read,
            get_subscriptions,
            put_subscriptions,
            get_push,
            put_push,
            delete_push,
        ],
        dependencies={
            "actions": Provide(lambda: actions, sync_to_thread=False),
            "clock": Provide(lambda: clock, sync_to_thread=False),
        },
        tags=["Inbox"],
    )
