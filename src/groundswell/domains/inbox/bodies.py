"""The bodies of requests about inboxes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec

from groundswell.access.identity import USER_ID_PATTERN
from groundswell.access.terms import ClientId
from groundswell.contract.errors import Invalid
from groundswell.contract.inbox import AckPolicy, Delivery, ReadState
from groundswell.contract.paging import BIGGEST
from groundswell.contract.times import DAY, from_datetime
from groundswell.domains.inbox.views import Subscription
from groundswell.http.payloads import EventType

RESERVED = ("eventType", "inboxSeq", "timestamp")
"""Fields of a message's data that the service sets itself when it tells the message."""

_LONGEST_COUNT = 2**53

UserId = Annotated[str, msgspec.Meta(pattern=USER_ID_PATTERN)]
MessageId = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
MessageIds = Annotated[list[MessageId], msgspec.Meta(min_length=1, max_length=200)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=BIGGEST)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Vector = Annotated[
    dict[
        Annotated[str, msgspec.Meta(min_length=1, max_length=64)],
        Annotated[int, msgspec.Meta(ge=0, le=_LONGEST_COUNT)],
    ],
    msgspec.Meta(max_length=64),
]


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of request bodies: camelCase, unknown fields refused."""


class NewMessage(Body, frozen=True, kw_only=True):
    """A message for one user. ``ttlSeconds`` is for what is of no use later."""

    user_id: UserId
    event_type: EventType
    data: dict[str, Any]
    delivery: Delivery = "critical"
    policy: AckPolicy = "each"
    ttl_seconds: Annotated[int, msgspec.Meta(ge=1, le=7 * 24 * 3600)] | None = None


class Ack(Body, frozen=True, kw_only=True):
    """A device took all messages up to ``upTo``, or those of ``ids``."""

    client_id: ClientId
    up_to: Seq | None = None
    ids: MessageIds | None = None


class Read(Body, frozen=True, kw_only=True):
    """The state of the messages of ``ids``, or of all up to ``upTo``.

    ``at`` is when the user did it, ``vv`` the version vector the device knew then.
    """

    state: ReadState
    ids: MessageIds | None = None
    up_to: Seq | None = None
    at: Moment | None = None
    vv: Vector | None = None
    client_id: ClientId | None = None


class Subscriptions(Body, frozen=True, kw_only=True):
    """What the user's clients are to subscribe to."""

    subscriptions: Annotated[list[Subscription], msgspec.Meta(max_length=32)]


class PushKeys(Body, frozen=True, kw_only=True):
    """The browser's keys, base64url."""

    p256dh: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    auth: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]


class PushSubscription(Body, frozen=True, kw_only=True):
    """What ``PushSubscription.toJSON()`` gives in a browser."""

    endpoint: Annotated[str, msgspec.Meta(min_length=1, max_length=2048)]
    keys: PushKeys
    expiration_time: Annotated[float, msgspec.Meta(ge=0, le=2**53)] | None = None


def one_of(ids: Sequence[str] | None, up_to: int | None) -> None:
    """Check that either single messages are named or a number up to which.

    Raises:
        Invalid: both are, or neither is.
    """
    if (ids is None) == (up_to is None):
        raise Invalid.at("ids", "Give either ids or upTo")


def instant(moment: datetime | None) -> int | None:
    """Microseconds of a time of the input.

    Raises:
        Invalid: a year outside of what can be stored.
    """
    if moment is None:
        return None
    if not 1970 <= moment.year <= 2200:
        raise Invalid.at("at", "Must lie between the years 1970 and 2200")
    return max(0, from_datetime(moment))


def expiry(milliseconds: float | None, now: int) -> int | None:
    """When a push subscription ends, in microseconds; browsers give milliseconds.

    Raises:
        Invalid: it is over.
    """
    if milliseconds is None:
        return None
    at = min(int(milliseconds) * 1_000, now + 3650 * DAY)
    if at <= now:
        raise Invalid.at("expirationTime", "The subscription is over")
    return at
