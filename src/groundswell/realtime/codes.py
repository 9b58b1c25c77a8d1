"""The numbers of the protocol: error codes, close codes, unsubscribe codes.

A close code's range is the verdict: 4000-4099 do not reconnect, 4100-4199 reconnect with backoff,
4200-4299 reconnect in the given window.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import msgspec


class Code(IntEnum):
    """The codes of ERROR; the name on the wire is the lower-case name."""

    INTERNAL = 1000
    BAD_REQUEST = 1001
    UNKNOWN_TYPE = 1002
    TOO_LARGE = 1003
    UNSUPPORTED_FEATURE = 1004
    UNAUTHENTICATED = 1101
    TOKEN_EXPIRED = 1102
    PERMISSION_DENIED = 1103
    UNKNOWN_TOPIC = 1104
    SUBJECT_MISMATCH = 1105
    REVOKED = 1106
    TOPIC_LIMIT = 1201
    RATE_LIMITED = 1202
    SUBSCRIBE_COOLDOWN = 1203
    FILTER_INVALID = 1204
    EPOCH_MISMATCH = 1301
    POSITION_TRIMMED = 1302
    POSITION_AHEAD = 1303
    PAGE_TOO_LARGE = 1304
    DUPLICATE_KEY = 1401
    ACTION_NOT_ALLOWED = 1402
    OVERLOADED = 1501
    DEGRADED = 1502
    NOT_AVAILABLE = 1503

    @property
    def wire_name(self) -> str:
        """The name as clients read it."""
        return self.name.lower()

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later."""
        return self in _RETRYABLE


_RETRYABLE: Final = frozenset(
    (
        Code.INTERNAL,
        Code.RATE_LIMITED,
        Code.SUBSCRIBE_COOLDOWN,
        Code.OVERLOADED,
        Code.DEGRADED,
    )
)


class CloseCode(IntEnum):
    """Why the server ends a connection."""

    BAD_FRAMES = 4000
    SUBJECT_MISMATCH = 4001
    NO_HELLO = 4002
    FORBIDDEN_ORIGIN = 4003
    REVOKED = 4005
    CONNECTION_LIMIT = 4006
    UNSUPPORTED_PROTOCOL = 4007
    ABUSE = 4009
    OVERLOADED = 4100
    UNAUTHENTICATED = 4101
    SLOW_CONSUMER = 4108
    NO_PONG = 4109
    POLICY_CHANGED = 4110
    RESTART = 4200
    REBALANCE = 4201
    POSITION_INVALID = 4202
    TAKEN_OVER = 4203
    GOODBYE = 1000
    INTERNAL = 1011


class UnsubscribeCode(IntEnum):
    """Why a subscription ended."""

    REQUESTED = 2000
    PERMISSION_LOST = 2001
    TOPIC_DELETED = 2002
    RESUME_NEEDED = 2500
    GRANT_EXPIRED = 2501


def error_message(code: Code, text: str) -> bytes:
    """An ERROR that a door says itself, where no gateway is at hand."""
    return msgspec.json.encode(
        {
            "type": "ERROR",
            "code": code,
            "name": code.wire_name,
            "message": text,
            "retryable": code.retryable,
        }
    )
