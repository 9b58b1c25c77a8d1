"""The shapes of what the server says; every message that is heard in any check is held to them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

RFC3339_UTC = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|\+00:00)")

Text = Annotated[str, Meta(min_length=1)]
Count = Annotated[int, Meta(ge=0)]
Offset = Annotated[int, Meta(ge=1)]
Instant = Annotated[str, Meta(pattern=f"^{RFC3339_UTC.pattern}$")]
Ref = Annotated[str, Meta(max_length=64)]

ERRORS = {
    1000: ("internal", True),
    1001: ("bad_request", False),
    1002: ("unknown_type", False),
    1003: ("too_large", False),
    1004: ("unsupported_feature", False),
    1101: ("unauthenticated", False),
    1102: ("token_expired", False),
    1103: ("permission_denied", False),
    1104: ("unknown_topic", False),
    1105: ("subject_mismatch", False),
    1106: ("revoked", False),
    1201: ("topic_limit", False),
    1202: ("rate_limited", True),
    1203: ("subscribe_cooldown", True),
    1204: ("filter_invalid", False),
    1301: ("epoch_mismatch", False),
    1302: ("position_trimmed", False),
    1303: ("position_ahead", False),
    1304: ("page_too_large", False),
    1401: ("duplicate_key", False),
    1402: ("action_not_allowed", False),
    1501: ("overloaded", True),
    1502: ("degraded", True),
    1503: ("not_available", False),
}
"""The name of each error, and whether the same request may succeed later."""


class Shape(msgspec.Struct, rename="camel"):
    """Base of the shapes; fields that are not named here may come besides."""


class Place(Shape, kw_only=True):
    """A place in a topic."""

    epoch: Text
    offset: Count


class ErrorBody(Shape, kw_only=True):
    """Why something was refused."""

    code: int
    name: Text
    message: Text
    retryable: bool
    retry_after_ms: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    lowest: Count | UnsetType = UNSET


class Heartbeat(Shape, kw_only=True):
    """In milliseconds."""

    interval_ms: Annotated[int, Meta(ge=1)]
    timeout_ms: Annotated[int, Meta(ge=1)]


class Reconnect(Shape, kw_only=True):
    """In milliseconds."""

    min_ms: Count
    max_ms: Count
    first_window_ms: Count


class Limits(Shape, kw_only=True):
    """What one connection may do."""

    topics: Offset
    frame_bytes: Offset
    commands_per_sec: Offset
    publish_batch: Offset


class Welcome(Shape, kw_only=True):
    """WELCOME."""

    protocol: Literal[1]
    connection_id: Text
    session_id: Text
    resume_token: Text
    resumed: bool
    user: str | None
    server_time: Instant
    token_expires_at: Instant | UnsetType = UNSET
    features: list[Text]
    heartbeat: Heartbeat
    reconnect: Reconnect
    limits: Limits


class Held(Shape, kw_only=True):
    """A topic of SUBSCRIBED that is heard."""

    epoch: Text
    offset: Count
    lowest: Count
    seq: Count
    recovery: Literal["none", "complete", "partial", "failed"]
    replay: Count
    contiguous: bool
    mode: Literal["stream", "state", "digest"]
    snapshot: bool | UnsetType = UNSET
    expires_at: Instant | UnsetType = UNSET


class Refused(Shape, kw_only=True):
    """A topic of SUBSCRIBED that is not heard."""

    error: ErrorBody


class Subscribed(Shape, kw_only=True):
    """SUBSCRIBED."""

    topics: dict[str, dict[str, Any]]


class _EventData(Shape, kw_only=True):
    event_type: Text


class Event(Shape, kw_only=True):
    """EVENT."""

    topic: Text
    id: Text
    timestamp: Instant
    data: _EventData
    version: Offset
    offset: Offset | UnsetType = UNSET
    seq: Count
    delivery: Literal["critical"] | UnsetType = UNSET


class Batch(Shape, kw_only=True):
    """BATCH."""

    reason: Literal["live", "recovery", "history", "redelivery", "inbox"]
    topic: Text | UnsetType = UNSET
    attempt: Offset | UnsetType = UNSET
    messages: Annotated[list[dict[str, Any]], Meta(min_length=1)]


class CaughtUp(Shape, kw_only=True):
    """CAUGHT_UP."""

    topic: Text
    epoch: Text
    offset: Count
    complete: bool
    next: Place | UnsetType = UNSET


class Gap(Shape, kw_only=True):
    """GAP."""

    topic: Text
    epoch: Text
    from_: Offset | UnsetType = msgspec.field(name="from", default=UNSET)
    to: Offset | UnsetType = UNSET
    reason: Literal[
        "trimmed", "epoch_changed", "slow_consumer", "rate_limited", "permission", "retention"
    ]
    missed: Count | UnsetType = UNSET
    fallback: Literal["snapshot", "history", "refetch", "none"]
    url: Text | UnsetType = UNSET


class Sync(Shape, kw_only=True):
    """SYNC."""

    positions: Annotated[dict[str, Place], Meta(min_length=1)]


class Snapshot(Shape, kw_only=True):
    """SNAPSHOT; doors that tell no DELTA leave ``id`` and ``stateVersion`` out."""

    topic: Text
    id: Text | UnsetType = UNSET
    epoch: Text
    offset: Count
    state_version: Count | UnsetType = UNSET
    timestamp: Instant
    data: Any


class Delta(Shape, kw_only=True):
    """DELTA."""

    topic: Text
    id: Text
    base: Count
    state_version: Offset
    offset: Offset
    timestamp: Instant
    format: Literal["jsonpatch", "fossil"]
    patch: Any


class _Window(Shape, kw_only=True):
    from_: Instant = msgspec.field(name="from")
    to: Instant


class Digest(Shape, kw_only=True):
    """DIGEST."""

    topic: Text
    id: Text
    window: _Window
    from_offset: Offset | UnsetType = UNSET
    to_offset: Offset | UnsetType = UNSET
    count: Offset
    by_type: dict[str, Offset]
    top: Annotated[list[Any], Meta(max_length=10)]
    timestamp: Instant


class HistoryPage(Shape, kw_only=True):
    """HISTORY_PAGE."""

    topic: Text
    epoch: Text
    messages: list[dict[str, Any]]
    next: Place | UnsetType = UNSET
    prev: Place | UnsetType = UNSET
    lowest: Count
    highest: Count
    complete: bool


class PresenceState(Shape, kw_only=True):
    """PRESENCE_STATE."""

    topic: Text
    count: Count
    members: list[Any] | UnsetType = UNSET
    cursor: Text | UnsetType = UNSET


class PresenceDiff(Shape, kw_only=True):
    """PRESENCE_DIFF."""

    topic: Text
    joins: list[Any]
    leaves: list[Any]
    updates: list[Any]
    count: Count


class ReadEntry(Shape, kw_only=True):
    """The state of one message."""

    id: Text
    state: Literal["read", "unread", "dismissed"]
    at: Instant
    by: str | UnsetType = UNSET


class ReadState(Shape, kw_only=True):
    """READ_STATE."""

    entries: list[ReadEntry]
    unread: dict[str, Count]
    vv: dict[str, Count]


class TokenExpiring(Shape, kw_only=True):
    """TOKEN_EXPIRING."""

    expires_at: Instant
    grace_ms: Count


class Refreshed(Shape, kw_only=True):
    """REFRESHED."""

    expires_at: Instant | UnsetType = UNSET
    dropped: list[Text] | UnsetType = UNSET


class Unsubscribed(Shape, kw_only=True):
    """UNSUBSCRIBED."""

    topic: Text
    code: Literal[2000, 2001, 2002, 2500, 2501]
    reason: str
    resubscribe: bool


class Result(Shape, kw_only=True):
    """RESULT."""

    results: dict[str, dict[str, Any]]


class Drain(Shape, kw_only=True):
    """DRAIN."""

    reconnect_in_ms: Count
    deadline_ms: Count
    reason: str


class Error(ErrorBody, kw_only=True):
    """ERROR."""

    topic: Text | UnsetType = UNSET


class Pulse(Shape, kw_only=True):
    """PING and PONG."""

    t: int | float | str | UnsetType = UNSET


SHAPES: dict[str, type[Shape]] = {
    "WELCOME": Welcome,
    "SUBSCRIBED": Subscribed,
    "EVENT": Event,
    "BATCH": Batch,
    "CAUGHT_UP": CaughtUp,
    "GAP": Gap,
    "SYNC": Sync,
    "SNAPSHOT": Snapshot,
    "DELTA": Delta,
    "DIGEST": Digest,
    "HISTORY_PAGE": HistoryPage,
    "PRESENCE_STATE": PresenceState,
    "PRESENCE_DIFF": PresenceDiff,
    "READ_STATE": ReadState,
    "TOKEN_EXPIRING": TokenExpiring,
    "REFRESHED": Refreshed,
    "UNSUBSCRIBED": Unsubscribed,
    "RESULT": Result,
    "DRAIN": Drain,
    "ERROR": Error,
    "PING": Pulse,
    "PONG": Pulse,
}
