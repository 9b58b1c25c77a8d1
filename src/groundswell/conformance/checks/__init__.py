"""The checks, a file for each section of the protocol."""

from __future__ import annotations

from typing import Final

from groundswell.conformance.check import Check
from groundswell.conformance.checks import (
    closing,
    engineio,
    errors,
    inbox,
    listening,
    replies,
    requests,
    resuming,
    rules,
    socketio,
    streams,
    telling,
)

CHECKS: Final[tuple[Check, ...]] = (
    *rules.CHECKS,
    *listening.CHECKS,
    *requests.CHECKS,
    *replies.CHECKS,
    *errors.CHECKS,
    *closing.CHECKS,
    *resuming.CHECKS,
    *inbox.CHECKS,
    *telling.CHECKS,
    *streams.CHECKS,
    *socketio.CHECKS,
    *engineio.CHECKS,
)
