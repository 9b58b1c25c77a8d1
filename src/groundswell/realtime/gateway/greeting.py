"""Opening a session, and going on with a newer token."""

from __future__ import annotations

import logging
from operator import attrgetter
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from groundswell.contract.errors import Unauthenticated
from groundswell.contract.times import MILLISECOND, to_rfc3339
from groundswell.realtime.codes import CloseCode, Code
from groundswell.realtime.gateway.errors import refusal_of
from groundswell.realtime.gateway.frames import Hello, Refresh
from groundswell.realtime.gateway.grant_ends import hold_by_grant
from groundswell.realtime.gateway.reply import or_unset
from groundswell.realtime.gateway.restoring import Former
from groundswell.realtime.gateway.resume_tokens import LIFE, FormerSession, FormerTopic
from groundswell.realtime.gateway.session import Mismatch
from groundswell.realtime.gateway.session_replies import (
    Heartbeat,
    Reconnect,
    Welcome,
    WelcomeLimits,
)
from groundswell.realtime.gateway.subscription import Stage, Subscription
from groundswell.realtime.topics import BROADCAST, kind_of

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection

logger = logging.getLogger(__name__)


async def greet(connection: Connection, hello: Hello) -> None:
    """Open the session, or end the connection. One that is over already only learns whose it is."""
    if not await _admitted(connection, hello) or connection.closed:
        return
    shared = connection.shared
    if not shared.registry.identify(connection):
        connection.close(CloseCode.CONNECTION_LIMIT, "too many connections of this user")
        return
    now = shared.clock()
    connection.session.welcomed(now)
    former = _former(connection, hello)
    connection.session_id = former.session_id if former else f"s-{token_urlsafe(9)}"
    if former is not None:
        acknowledged = shared.acknowledgements.of(former.session_id)
        connection.restore(Former(former.topics, former.policy, acknowledged))
    shared.registry.claim(connection)
    connection.begin([_broadcast(connection)])
    connection.reply(_welcome(connection, hello, resumed=former is not None))
    connection.look_after()


async def renew(connection: Connection, refresh: Refresh) -> None:
    """Go on with a newer token, and end what it does not allow.

    Raises:
        Unauthenticated: the token is not valid; the old one counts on.
    """
    shared = connection.shared
    address = connection.session.credentials.principal.address
    shown = await shared.verify(refresh.token, address)
    try:
        answer = connection.session.renew(refresh, shown, shared.clock())
    except Mismatch as error:
        connection.refuse(error, refresh.ref)
        connection.close(CloseCode.SUBJECT_MISMATCH, error.message)
        return
    connection.look_after()
    dropped = await _no_longer_allowed(connection)
    if dropped:
        answer.dropped = sorted(dropped)
    connection.reply(answer)
    for topic, reason in dropped.items():
        shared.catching_up.lose(connection, topic, reason)
    for subscription in list(connection.subscriptions.values()):
        if subscription.stage is Stage.HELD:
            await shared.catching_up.reconsider(connection, subscription)


async def _admitted(connection: Connection, hello: Hello) -> bool:
    """Take what HELLO shows; whoever shows something wrong has to come back with better."""
    shared, session = connection.shared, connection.session
    try:
        shown = None
        if hello.token is not None:
            shown = await shared.verify(hello.token, session.credentials.principal.address)
        session.admit(hello, shown)
    except Mismatch as error:
        connection.refuse(error, hello.ref)
        connection.close(CloseCode.SUBJECT_MISMATCH, error.message)
    except Unauthenticated as error:
        connection.refuse(refusal_of(error), hello.ref)
        connection.close(CloseCode.UNAUTHENTICATED, str(error))
    except Exception as error:
        # A token that cannot be looked at now must not make its client nobody.
        refused = refusal_of(error)
        if refused.code is Code.INTERNAL:
            logger.exception("A token could not be verified.")
        connection.refuse(refused, hello.ref)
        connection.close(CloseCode.OVERLOADED, "the token cannot be verified now")
    else:
        if not shared.rights.revoked(session.credentials):
            return True
        connection.close(CloseCode.REVOKED, "the sign-in was ended")
    return False


def _former(connection: Connection, hello: Hello) -> FormerSession | None:
    """The session to resume, if it was of the same user and client."""
    if hello.resume_token is None:
        return None
    shared, session = connection.shared, connection.session
    former = shared.tokens.read(hello.resume_token, session.credentials.user_id, shared.clock())
    if former is None or former.client_id not in (None, session.client_id):
        return None
    return former


def resume_token(connection: Connection) -> str:
    """The token with which the session can be resumed as it is now."""
    shared, session = connection.shared, connection.session
    held = connection.subscriptions.values()
    topics = [_former_topic(one) for one in held if not (one.implicit or one.tracked)]
    return shared.tokens.issue(
        FormerSession(
            connection.session_id,
            session.credentials.user_id,
            session.client_id,
            sorted(topics, key=attrgetter("name")),
            shared.policy(session.credentials),
            shared.clock() + LIFE,
        )
    )


def _former_topic(subscription: Subscription) -> FormerTopic:
    known, acked = subscription.known, subscription.acked
    return FormerTopic(
        subscription.topic,
        known.epoch,
        known.offset,
        None if acked is None else (acked.epoch, acked.offset),
    )


def _broadcast(connection: Connection) -> Subscription:
    """What every connection hears without asking."""
    subscription = Subscription(
        BROADCAST,
        kind_of(BROADCAST),
        private=False,
        checked=connection.shared.rights.version,
        implicit=True,
        receiver=connection.session.credentials.principal,
    )
    subscription.live()
    return subscription


def _welcome(connection: Connection, hello: Hello, *, resumed: bool) -> Welcome:
    shared, session = connection.shared, connection.session
    limits, pacing = shared.limits, shared.pacing
    ends = session.credentials.expires_at
    return Welcome(
        ref=or_unset(hello.ref),
        connection_id=connection.id,
        session_id=connection.session_id,
        resume_token=resume_token(connection),
        resumed=resumed,
        user=session.credentials.user_id,
        server_time=to_rfc3339(shared.clock()),
        token_expires_at=or_unset(None if ends is None else to_rfc3339(ends)),
        features=sorted(session.features),
        heartbeat=Heartbeat(pacing.heartbeat // MILLISECOND, pacing.pong // MILLISECOND),
        reconnect=Reconnect(
            shared.returning.minimum // MILLISECOND,
            shared.returning.maximum // MILLISECOND,
            shared.returning.window(len(shared.registry)) // MILLISECOND,
        ),
        limits=WelcomeLimits(
            limits.topics, limits.frame_bytes, limits.commands_per_second, limits.publish_batch
        ),
    )


async def _no_longer_allowed(connection: Connection) -> dict[str, Exception]:
    """Topics that the present credentials do not allow, each with the reason."""
    rights, found = connection.shared.rights, dict[str, Exception]()
    version = rights.version
    for subscription in list(connection.subscriptions.values()):
        try:
            await rights.admit(subscription.topic, connection.session.credentials)
        except Exception as error:
            found[subscription.topic] = error
        else:
            hold_by_grant(connection, subscription)
            subscription.approve(version)
    return found
