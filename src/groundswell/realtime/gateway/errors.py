"""What can go wrong, as clients are told: error codes, close codes, unsubscribe codes.

A close code's range is the verdict: 4000-4099 do not reconnect, 4100-4199 reconnect with backoff,
4200-4299 reconnect in the given window.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from groundswell.contract.errors import GroundswellError, Kind, RateLimited, Unavailable


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


class Refused(Exception):
    """A request that is answered with ERROR, or with a refusal of one of its topics.

    ``retry_after`` is in microseconds; ``lowest`` is the oldest offset that can still be had.
    """

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        retry_after: int | None = None,
        lowest: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.lowest = lowest


_BY_KIND: Final[dict[Kind, Code]] = {
    "invalid": Code.BAD_REQUEST,
    "unauthenticated": Code.UNAUTHENTICATED,
    "forbidden": Code.PERMISSION_DENIED,
    "not_found": Code.UNKNOWN_TOPIC,
    "conflict": Code.BAD_REQUEST,
    "too_large": Code.TOO_LARGE,
    "limited": Code.RATE_LIMITED,
    "unavailable": Code.DEGRADED,
    "internal": Code.INTERNAL,
}


_BY_CODE: Final = {
    "token_expired": Code.TOKEN_EXPIRED,
    "filter_invalid": Code.FILTER_INVALID,
    "overloaded": Code.OVERLOADED,
    "action_not_allowed": Code.ACTION_NOT_ALLOWED,
}


def refusal_of(error: Exception) -> Refused:
    """What to tell a client about an error from below; nothing of one that nobody expected."""
    if isinstance(error, Refused):
        return error
    if not isinstance(error, GroundswellError):
        return Refused(Code.INTERNAL, "Something went wrong on the server.")
    seconds = error.retry_after if isinstance(error, RateLimited | Unavailable) else None
    after = None if seconds is None else seconds * 1_000_000
    code = _BY_CODE.get(error.code, _BY_KIND[error.kind])
    return Refused(code, str(error), retry_after=after)
