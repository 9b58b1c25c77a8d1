"""What the server says, EVENT aside: one struct for each message type."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from groundswell.contract.times import MILLISECOND
from groundswell.realtime.batching import Mode
from groundswell.realtime.gateway.errors import Refused
from groundswell.realtime.gateway.frames import Place
from groundswell.realtime.messages import Fallback

GapReason = Literal[
    "trimmed", "epoch_changed", "slow_consumer", "rate_limited", "permission", "retention"
]
RecoveryResult = Literal["none", "complete", "partial", "failed"]

_json = msgspec.json.Encoder()


class Reply(msgspec.Struct, rename="camel", tag_field="type", kw_only=True):
    """Base of what the server says; what is unset is not written."""

    def encode(self) -> bytes:
        """The message as JSON."""
        return _json.encode(self)


class Heartbeat(msgspec.Struct, rename="camel", frozen=True):
    """How often the server speaks at least, and how long an answer may take."""

    interval_ms: int
    timeout_ms: int


class Reconnect(msgspec.Struct, rename="camel", frozen=True):
    """How a client that lost the connection comes back."""

    min_ms: int
    max_ms: int
    first_window_ms: int


class WelcomeLimits(msgspec.Struct, rename="camel", frozen=True):
    """What one connection may do."""

    topics: int
    frame_bytes: int
    commands_per_sec: int
    publish_batch: int


class Welcome(Reply, tag="WELCOME", kw_only=True):
    """The session is open."""

    ref: str | UnsetType = UNSET
    protocol: int = 1
    connection_id: str
    session_id: str
    resume_token: str
    resumed: bool
    user: str | None
    server_time: str
    token_expires_at: str | UnsetType = UNSET
    features: list[str]
    heartbeat: Heartbeat
    reconnect: Reconnect
    limits: WelcomeLimits


class ErrorBody(msgspec.Struct, rename="camel"):
    """Why something was refused."""

    code: int
    name: str
    message: str
    retryable: bool
    retry_after_ms: int | UnsetType = UNSET
    lowest: int | UnsetType = UNSET


class TopicHeld(msgspec.Struct, rename="camel", kw_only=True):
    """One topic of a SUBSCRIBED that is now heard, and where its stream stands."""

    ok: Literal[True] = True
    epoch: str
    offset: int
    lowest: int
    seq: int
    recovery: RecoveryResult
    replay: int
    contiguous: bool
    mode: Mode
    snapshot: bool | UnsetType = UNSET
    expires_at: str | UnsetType = UNSET


class TopicRefused(msgspec.Struct, rename="camel", kw_only=True):
    """One topic of a SUBSCRIBED that is not heard."""

    ok: Literal[False] = False
    error: ErrorBody


class Subscribed(Reply, tag="SUBSCRIBED", kw_only=True):
    """What became of each topic."""

    ref: str | UnsetType = UNSET
    topics: dict[str, TopicHeld | TopicRefused]
    resume_token: str | UnsetType = UNSET


class CaughtUp(Reply, tag="CAUGHT_UP", kw_only=True):
    """The past is told; from here live, unless there is more of it after ``next``."""

    topic: str
    epoch: str
    offset: int
    complete: bool
    next: Place | UnsetType = UNSET


class Gap(Reply, tag="GAP", kw_only=True):
    """Events that will not come: the offsets ``from`` to ``to``, both lost."""

    topic: str
    epoch: str
    from_: int | UnsetType = msgspec.field(name="from", default=UNSET)
    to: int | UnsetType = UNSET
    reason: GapReason
    missed: int | UnsetType = UNSET
    fallback: Fallback
    url: str | UnsetType = UNSET


class Sync(Reply, tag="SYNC", kw_only=True):
    """Positions that moved past events this client does not get."""

    positions: dict[str, Place]


class Snapshot(Reply, tag="SNAPSHOT", kw_only=True):
    """The whole state of a topic, true at ``offset``."""

    topic: str
    id: str
    epoch: str
    offset: int
    state_version: int
    timestamp: str
    data: msgspec.Raw


class HistoryPage(Reply, tag="HISTORY_PAGE", kw_only=True):
    """A page of the past; ``next`` goes on, ``prev`` goes back."""

    ref: str | UnsetType = UNSET
    topic: str
    epoch: str
    messages: list[msgspec.Raw]
    next: Place | UnsetType = UNSET
    prev: Place | UnsetType = UNSET
    lowest: int
    highest: int
    complete: bool


class ReadEntry(msgspec.Struct, frozen=True):
    """The state of one message, when it was set and by which device."""

    id: str
    state: Literal["read", "unread", "dismissed"]
    at: str
    by: str | UnsetType = UNSET


class ReadState(Reply, tag="READ_STATE", kw_only=True):
    """What the user has read; ``vv`` is the version vector it holds under."""

    ref: str | UnsetType = UNSET
    entries: list[ReadEntry]
    unread: dict[str, int]
    vv: dict[str, int]


class ActionDone(msgspec.Struct, kw_only=True):
    """An action that was done, perhaps by an earlier message with the same key."""

    ok: Literal[True] = True
    id: str | UnsetType = UNSET


class ActionRefused(msgspec.Struct, kw_only=True):
    """An action that was not done."""

    ok: Literal[False] = False
    error: ErrorBody


class Result(Reply, tag="RESULT", kw_only=True):
    """What became of each action of a PUBLISH, by its key."""

    ref: str | UnsetType = UNSET
    results: dict[str, ActionDone | ActionRefused]


class TokenExpiring(Reply, tag="TOKEN_EXPIRING", kw_only=True):
    """The token ends soon; after it, private topics are silent for a while, then comes a close."""

    expires_at: str
    grace_ms: int


class Refreshed(Reply, tag="REFRESHED", kw_only=True):
    """The new token counts."""

    ref: str | UnsetType = UNSET
    expires_at: str | UnsetType = UNSET
    dropped: list[str] | UnsetType = UNSET


class Unsubscribed(Reply, tag="UNSUBSCRIBED", kw_only=True):
    """A topic is heard no longer."""

    ref: str | UnsetType = UNSET
    topic: str
    code: int
    reason: str
    resubscribe: bool


class Drain(Reply, tag="DRAIN", kw_only=True):
    """The server goes away; come back after ``reconnectInMs``, drawn for this connection."""

    reconnect_in_ms: int
    deadline_ms: int
    reason: str


class Error(Reply, tag="ERROR", kw_only=True):
    """A request failed; the connection stays."""

    ref: str | UnsetType = UNSET
    topic: str | UnsetType = UNSET
    code: int
    name: str
    message: str
    retryable: bool
    retry_after_ms: int | UnsetType = UNSET
    lowest: int | UnsetType = UNSET


class Ping(Reply, tag="PING", kw_only=True):
    """Are you there?"""

    t: int


class Pong(Reply, tag="PONG", kw_only=True):
    """I am here."""

    ref: str | UnsetType = UNSET
    t: int | float | str | UnsetType = UNSET


def or_unset(value: str | None) -> str | UnsetType:
    """``value``, or nothing on the wire."""
    return UNSET if value is None else value


def error_of(refused: Refused, ref: str | None = None, topic: str | None = None) -> Error:
    """The ERROR that tells of a refusal."""
    body = error_body(refused)
    return Error(
        ref=or_unset(ref),
        topic=or_unset(topic),
        code=body.code,
        name=body.name,
        message=body.message,
        retryable=body.retryable,
        retry_after_ms=body.retry_after_ms,
        lowest=body.lowest,
    )


def error_body(refused: Refused) -> ErrorBody:
    """The refusal as a part of a message."""
    after, lowest = refused.retry_after, refused.lowest
    return ErrorBody(
        code=int(refused.code),
        name=refused.code.wire_name,
        message=refused.message,
        retryable=refused.code.retryable,
        retry_after_ms=UNSET if after is None else max(1, -(-after // MILLISECOND)),
        lowest=UNSET if lowest is None else lowest,
    )


REPLIES: tuple[type[Reply], ...] = (
    Welcome,
    Subscribed,
    CaughtUp,
    Gap,
    Sync,
    Snapshot,
    HistoryPage,
    ReadState,
    Result,
    TokenExpiring,
    Refreshed,
    Unsubscribed,
    Drain,
    Error,
    Ping,
    Pong,
)
"""Every message of the server that is encoded from a struct here."""
