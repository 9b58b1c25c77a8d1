"""What inboxes answer when asked."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from groundswell.contract.inbox import Delivery, InboxDigest, ReadState


class View(msgspec.Struct, rename="camel", frozen=True, kw_only=True, gc=False):
    """Base of all answers: camelCase names on the wire, times as RFC 3339."""


class FiledMessage(View, frozen=True, kw_only=True):
    """A message is in the inbox; ``seq`` is its number there."""

    message_id: str
    user_id: str
    seq: int
    filed_at: str


class Item(View, frozen=True, kw_only=True):
    """One message as its user sees it."""

    id: str
    seq: int
    event_type: str
    data: dict[str, Any]
    delivery: Delivery
    timestamp: str
    expires_at: str | None
    state: ReadState


class InboxPage(View, frozen=True, kw_only=True, omit_defaults=True):
    """Messages in order. ``nextCursor`` is the ``after`` of the next page; ``unread`` counts all
    messages kept in full; ``digest`` sums up those after ``after`` that are not kept any more.
    """

    items: list[Item]
    next_cursor: str | None
    as_of: str
    unread: int
    digest: InboxDigest | None = None


class AckAnswer(View, frozen=True, kw_only=True):
    """Up to where the device has acknowledged everything, and how many messages it has not."""

    client_id: str
    acked_to: int
    pending: int


class SubscriptionOptions(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """How to subscribe, as in a SUBSCRIBE message."""

    history: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    priority: Literal["high", "normal", "low"] | None = None
    offline_delivery: bool | None = None
    mode: Literal["stream", "state", "digest"] | None = None
    snapshot: bool | None = None
    delta: Literal["jsonpatch", "fossil"] | None = None
    ack: bool | None = None
    presence: bool | None = None
    max_rate_per_sec: Annotated[int, msgspec.Meta(ge=1, le=1_000)] | None = None
    digest_interval_ms: Annotated[int, msgspec.Meta(ge=1_000, le=3_600_000)] | None = None


class Subscription(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    omit_defaults=True,
    forbid_unknown_fields=True,
):
    """Topics with the options they share."""

    topics: Annotated[
        list[Annotated[str, msgspec.Meta(min_length=1, max_length=255)]],
        msgspec.Meta(min_length=1, max_length=128),
    ]
    options: SubscriptionOptions = SubscriptionOptions()


class SavedSubscriptions(View, frozen=True, kw_only=True):
    """What the user's clients subscribe to when they start; ``updatedAt`` is null if never set."""

    subscriptions: list[Subscription]
    updated_at: str | None


class PushEndpoint(View, frozen=True, kw_only=True):
    """Where a browser takes pushes."""

    endpoint: str
    created_at: str
    expires_at: str | None


class PushState(View, frozen=True, kw_only=True):
    """``publicKey`` is the ``applicationServerKey`` for subscribing; null if push is off."""

    public_key: str | None
    endpoints: list[PushEndpoint]


class DuePush(msgspec.Struct, frozen=True, gc=False):
    """One message for one endpoint."""

    endpoint_id: str
    user_id: str
    seq: int
    attempts: int


class Trimmed(msgspec.Struct, frozen=True, gc=False):
    """What was forgotten: texts, messages, devices; ``more`` if there may be more at once."""

    summarized: int
    deleted: int
    devices: int
    more: bool
