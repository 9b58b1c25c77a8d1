"""Every message of the server that is encoded from a struct."""

from __future__ import annotations

from typing import Final

from groundswell.realtime.gateway.device_replies import ReadState, Result
from groundswell.realtime.gateway.refusals import Error
from groundswell.realtime.gateway.session_replies import (
    Drain,
    Ping,
    Pong,
    Refreshed,
    TokenExpiring,
    Welcome,
)
from groundswell.realtime.gateway.topic_replies import (
    Delta,
    HistoryPage,
    Subscribed,
    Sync,
    Unsubscribed,
)
from groundswell.realtime.messages import CaughtUp, Gap, Message, Snapshot
from groundswell.realtime.presence.messages import PresenceDiff, PresenceState

REPLIES: Final[tuple[type[Message], ...]] = (
    Welcome,
    Subscribed,
    CaughtUp,
    Gap,
    Sync,
    Snapshot,
    Delta,
    HistoryPage,
    PresenceState,
    PresenceDiff,
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
