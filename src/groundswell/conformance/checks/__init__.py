"""The checks, a file for each section of the protocol."""

from __future__ import annotations

from typing import Final

from groundswell.conformance.check import Check
from groundswell.conformance.checks import (
    closing,
    dealings,
    engineio,
    errors,
    expiry,
    heartbeat,
    inbox,
    listening,
    packets,
    replies,
    requests,
    resuming,
    rules,
    socketio,
    states,
    streams,
    telling,
    tokens,
)

CHECKS: Final[tuple[Check, ...]] = (
    *rules.CHECKS,
    *heartbeat.CHECKS,
    *tokens.CHECKS,
    *expiry.CHECKS,
    *listening.CHECKS,
    *requests.CHECKS,
    *dealings.CHECKS,
    *replies.CHECKS,
    *states.CHECKS,
    *errors.CHECKS,
    *closing.CHECKS,
    *resuming.CHECKS,
    *inbox.CHECKS,
    *telling.CHECKS,
    *streams.CHECKS,
    *socketio.CHECKS,
    *engineio.CHECKS,
    *packets.CHECKS,
)
