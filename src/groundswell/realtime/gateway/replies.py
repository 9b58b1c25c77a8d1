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
from groundswell.realtime.gateway.topic_replies import HistoryPage, Subscribed, Sync, Unsubscribed
from groundswell.realtime.messages import CaughtUp, Gap, Message, Snapshot

REPLIES: Final[tuple[type[Message], ...]] = (
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
