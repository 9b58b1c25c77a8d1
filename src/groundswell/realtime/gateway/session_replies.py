"""What the server says about a session: its opening, its token, its heartbeat, its end."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, UnsetType

from groundswell.realtime.gateway.reply import Reply


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


class TokenExpiring(Reply, tag="TOKEN_EXPIRING", kw_only=True):
    """The token ends soon; after it, private topics are silent for a while, then comes a close."""

    expires_at: str
    grace_ms: int


class Refreshed(Reply, tag="REFRESHED", kw_only=True):
    """The new token counts."""

    ref: str | UnsetType = UNSET
    expires_at: str | UnsetType = UNSET
    dropped: list[str] | UnsetType = UNSET


class Drain(Reply, tag="DRAIN", kw_only=True):
    """The server goes away; come back after ``reconnectInMs``, drawn for this connection."""

    reconnect_in_ms: int
    deadline_ms: int
    reason: str


class Ping(Reply, tag="PING", kw_only=True):
    """Are you there?"""

    t: int


class Pong(Reply, tag="PONG", kw_only=True):
    """I am here."""

    ref: str | UnsetType = UNSET
    t: int | float | str | UnsetType = UNSET
