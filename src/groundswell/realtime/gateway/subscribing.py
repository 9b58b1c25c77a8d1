"""SUBSCRIBE and UNSUBSCRIBE: an answer for each topic, and one refused topic fails no other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import UNSET

from groundswell.contract.errors import GroundswellError
from groundswell.contract.inbox import inbox_topic
from groundswell.contract.times import to_rfc3339
from groundswell.realtime.codes import Code, UnsubscribeCode
from groundswell.realtime.gateway.errors import Refused, refusal_of
from groundswell.realtime.gateway.frames import Options, Subscribe, Unsubscribe
from groundswell.realtime.gateway.grant_ends import hold_by_grant
from groundswell.realtime.gateway.greeting import resume_token
from groundswell.realtime.gateway.inbox_commands import device_of
from groundswell.realtime.gateway.patterns import begin_patterns, go_live, pattern_held
from groundswell.realtime.gateway.preparing import Budget, Claim, Prepared
from groundswell.realtime.gateway.presence_commands import view
from groundswell.realtime.gateway.refusals import error_body
from groundswell.realtime.gateway.reply import or_unset
from groundswell.realtime.gateway.rights import is_private
from groundswell.realtime.gateway.room import require_change, require_room
from groundswell.realtime.gateway.signing import signer
from groundswell.realtime.gateway.subscription import Subscription
from groundswell.realtime.gateway.tailoring import chosen_filter
from groundswell.realtime.gateway.topic_replies import (
    Subscribed,
    TopicHeld,
    TopicRefused,
    Unsubscribed,
)
from groundswell.realtime.topics import BROADCAST, kind_of, subject_of

if TYPE_CHECKING:
    from groundswell.realtime.gateway.connection import Connection

logger = logging.getLogger(__name__)

_Refusals = dict[str, TopicRefused]


async def subscribe(connection: Connection, frame: Subscribe, *, tracked: bool = False) -> None:
    """Begin or change subscriptions; first all results, then topic by topic what is to be told.

    ``tracked``: they are begun as keys of something that holds many.
    """
    _check(connection, frame)
    restored = () if tracked else connection.take_restored()
    names = list(dict.fromkeys([*frame.topics, *restored]))
    if not names:
        raise Refused(Code.BAD_REQUEST, "Name at least one topic.")
    refused: _Refusals = {}
    patterns, not_begun = await begin_patterns(connection, names, frame.options)
    for name, error in not_begun.items():
        refused[name] = _refusal(connection, error)
    many = {*not_begun, *(one.name for one in patterns)}
    topics = [name for name in names if name not in many]
    begun = await _begin(connection, topics, frame.options, refused, tracked=tracked)
    seq = connection.shared.head()
    prepared = await _prepare(connection, begun, refused)
    results: dict[str, TopicHeld | TopicRefused] = {**refused}
    for subscription, ready in prepared:
        results[subscription.topic] = _held(connection, subscription, ready, seq)
    for pattern in patterns:
        results[pattern.name] = pattern_held(connection)
    connection.reply(
        Subscribed(
            ref=or_unset(frame.ref),
            topics={name: results[name] for name in names},
            resume_token=resume_token(connection) if connection.session.greeted else UNSET,
        )
    )
    go_live(connection, patterns)
    await _bring_inbox(connection, prepared)
    for subscription, ready in prepared:
        connection.shared.figures.resumes[ready.plan.recovery] += 1
        await connection.shared.catching_up.begin(connection, subscription, ready)
        if subscription.kind.name == "presence.{scope}" and subscription.options.presence:
            view(connection, subscription.topic)


async def _bring_inbox(
    connection: Connection, prepared: list[tuple[Subscription, Prepared]]
) -> None:
    """Tell a device what its user's inbox still has for it, if one of the topics asks for that.

    The inbox itself does for whoever acknowledges; with ``offlineDelivery`` each of the user's own
    topics does.
    """
    session = connection.session
    user_id = session.credentials.user_id
    if user_id is None or session.client_id is None or connection.shared.inbox is None:
        return
    topic = inbox_topic(user_id)
    own = [one for one, _ in prepared if one.kind.critical and subject_of(one.topic) == user_id]
    acknowledges = "ack" in session.features
    if not any(
        one.options.offline_delivery or (acknowledges and one.topic == topic) for one in own
    ):
        return
    resumes = any(
        one.topic == topic and ready.plan.recovery in ("complete", "partial")
        for one, ready in prepared
    )
    try:
        await device_of(connection).begin(resumes=resumes)
    except Exception as error:
        # The topics are heard nevertheless: what is in the inbox waits there.
        refused = refusal_of(error)
        if refused.code is Code.INTERNAL:
            logger.exception("An inbox could not be told.")
        connection.refuse(refused, topic=topic)


def unsubscribe(connection: Connection, frame: Unsubscribe) -> None:
    """End subscriptions; one that is not held is as good as ended."""
    for topic in dict.fromkeys(frame.topics):
        if topic == BROADCAST:
            refused = Refused(Code.BAD_REQUEST, f"{BROADCAST} is a part of every connection.")
            connection.refuse(refused, frame.ref, topic)
            continue
        connection.end(topic)
        connection.reply(
            Unsubscribed(
                ref=or_unset(frame.ref),
                topic=topic,
                code=int(UnsubscribeCode.REQUESTED),
                reason="requested",
                resubscribe=False,
            )
        )


def _check(connection: Connection, frame: Subscribe) -> None:
    """What is wrong with the request as a whole.

    Raises:
        Refused: there is nothing to subscribe to, or it is for another client.
    """
    if frame.client_id is not None and not connection.session.known_as(frame.client_id):
        raise Refused(Code.SUBJECT_MISMATCH, "The connection belongs to another clientId.")
    if frame.options.delta not in (None, "jsonpatch"):
        raise Refused(Code.UNSUPPORTED_FEATURE, "Deltas are told as 'jsonpatch' only.")


async def _begin(
    connection: Connection,
    names: list[str],
    options: Options,
    refused: _Refusals,
    *,
    tracked: bool,
) -> list[Subscription]:
    """The subscriptions of all topics that may be heard; their live events wait from now on."""
    chosen, sign = chosen_filter(options), signer(connection.shared, signed=options.signed)
    found: dict[str, Subscription] = {}
    for name in names:
        try:
            found[name] = await _found(connection, name, found, tracked=tracked)
        except Exception as error:
            if not isinstance(error, GroundswellError | Refused):
                logger.exception("A topic could not be decided on.")
            refused[name] = _refusal(connection, error)
    for subscription in found.values():
        subscription.options = options
        subscription.snapshots = options.snapshot or "snapshot" in connection.session.features
        subscription.filter, subscription.sign = chosen, sign
        connection.hearing.tell_waiting(subscription.topic)
        subscription.catch_up()
        connection.hearing.tailor(subscription)
    connection.begin(found.values())
    return list(found.values())


async def _found(
    connection: Connection, name: str, begun: Mapping[str, Subscription], *, tracked: bool
) -> Subscription:
    """The subscription of a topic: the one held, or a new one.

    Raises:
        Refused: there are too many, or they change too fast.
        GroundswellError: there is no such topic, or not for this client.
    """
    held = connection.subscriptions.get(name)
    if held is None or held.implicit:
        require_room(connection, begun, tracked=tracked)
        return await _new(connection, name, tracked=tracked)
    if held.tracked and not tracked:
        require_room(connection, begun, tracked=False)
        held.tracked = False
    return held


async def _new(connection: Connection, name: str, *, tracked: bool) -> Subscription:
    """A subscription of a topic that is not held yet.

    Raises:
        Refused: they change too fast.
        GroundswellError: there is no such topic, or not for this client.
    """
    shared, session = connection.shared, connection.session
    version = shared.rights.version
    topic = name
    granted = connection.former.granted(name, shared.policy(session.credentials))
    if not granted or not session.credentials.grants.allow(name, at=shared.clock()):
        topic = await shared.rights.admit(name, session.credentials)
    private = is_private(topic)
    if private and connection.expired():
        raise Refused(Code.TOKEN_EXPIRED, "The token has expired.")
    require_change(connection)
    kind = kind_of(topic)
    receiver = session.credentials.principal
    made = Subscription(
        topic, kind, private=private, checked=version, tracked=tracked, receiver=receiver
    )
    hold_by_grant(connection, made)
    return made


def _refusal(connection: Connection, error: Exception) -> TopicRefused:
    refused = refusal_of(error)
    connection.shared.figures.errors[refused.code.name.lower()] += 1
    return TopicRefused(error=error_body(refused))


async def _prepare(
    connection: Connection, begun: list[Subscription], refused: _Refusals
) -> list[tuple[Subscription, Prepared]]:
    """Read the past of all, together; what cannot be read is refused."""
    budget = Budget(connection.shared.limits.replay_total)
    catching_up = connection.shared.catching_up

    async def one(subscription: Subscription) -> Prepared | Exception:
        claim = _claim(connection, subscription)
        try:
            await connection.shared.hub.ready((subscription.topic,))
            return await catching_up.prepare(subscription, claim, budget)
        except Exception as error:
            if not isinstance(error, GroundswellError):
                logger.exception("A topic could not be read.")
            return error

    read = [await one(begun[0])] if len(begun) == 1 else await asyncio.gather(*map(one, begun))
    prepared = []
    for subscription, ready in zip(begun, read, strict=True):
        if isinstance(ready, Exception):
            connection.end(subscription.topic)
            refused[subscription.topic] = _refusal(connection, ready)
        else:
            _begin_acknowledging(subscription)
            prepared.append((subscription, ready))
    return prepared


def _begin_acknowledging(subscription: Subscription) -> None:
    """A client that will acknowledge a topic has nothing of it yet beyond where it begins."""
    if subscription.options.ack and subscription.acked is None:
        subscription.acked = subscription.place


def _claim(connection: Connection, subscription: Subscription) -> Claim:
    """From where the client wants to go on: from the place it names, else from where a topic that
    was held before stands, else from what it acknowledged in its former session."""
    topic, former = subscription.topic, connection.former
    attested = former.attested(topic)
    named = subscription.options.resume.get(topic)
    if named is None and subscription.epoch:
        return Claim(subscription.place, attested)
    recall = connection.session.credentials.grants.allow(
        topic, "history", connection.shared.clock()
    )
    return Claim(named or former.acknowledged(topic), attested, recall)


def _held(
    connection: Connection, subscription: Subscription, ready: Prepared, seq: int
) -> TopicHeld:
    token_ends = connection.session.credentials.expires_at if subscription.private else None
    both = [one for one in (token_ends, subscription.ends) if one is not None]
    ends = min(both, default=None)
    return TopicHeld(
        epoch=ready.stream.epoch,
        offset=ready.stream.offset,
        lowest=ready.stream.lowest,
        seq=seq,
        recovery=ready.plan.recovery,
        replay=len(ready.events),
        contiguous=subscription.contiguous,
        mode=subscription.mode,
        snapshot=True if ready.state is not None else UNSET,
        expires_at=or_unset(None if ends is None else to_rfc3339(ends)),
    )
