"""Requests that are refused, and known errors as refusals."""

from __future__ import annotations

from typing import Final

from groundswell.contract.errors import Conflict, GroundswellError, Kind, RateLimited, Unavailable
from groundswell.realtime.codes import Code


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
    "not_found": Code.BAD_REQUEST,
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
    "unknown_topic": Code.UNKNOWN_TOPIC,
    "idempotency_key_reused": Code.DUPLICATE_KEY,
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
    named = error.reason if isinstance(error, Conflict) else error.code
    code = _BY_CODE.get(named, _BY_KIND[error.kind])
    return Refused(code, str(error), retry_after=after)
