"""Errors a caller can act on. The message is the text clients see.

GroundswellError
├── Invalid              400  the request does not say something that can be done
├── Unauthenticated      401
├── Forbidden            403
├── NotFound             404
│   ├── MediaNotFound
│   └── ConversionNotFound
├── Conflict             409  one of a closed list of codes
├── TooLarge             413
├── RateLimited          429
└── Unavailable          503  try again later
    ├── Overloaded
    └── DatabaseUnavailable

The ``kind`` is translated to a status by each door (HTTP, tRPC, the socket's ERROR frame) in one
small table of its own; nothing below a door knows statuses.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec

Kind = Literal[
    "invalid",
    "unauthenticated",
    "forbidden",
    "not_found",
    "conflict",
    "limited",
    "too_large",
    "unavailable",
    "internal",
]


class FieldError(msgspec.Struct, frozen=True):
    """What is wrong with one field of the input; ``field`` is its path in the JSON."""

    field: str
    message: str


class GroundswellError(Exception):
    """Something went wrong that has a name."""

    code: ClassVar[str] = "internal"
    kind: ClassVar[Kind] = "internal"
    title: ClassVar[str] = "Internal server error"


class Invalid(GroundswellError):
    """The request is not valid."""

    code = "validation_failed"
    kind = "invalid"
    title = "Validation failed"

    def __init__(self, message: str, errors: tuple[FieldError, ...] = ()) -> None:
        super().__init__(message)
        self.errors = errors

    @classmethod
    def at(cls, field: str, message: str) -> Invalid:
        """An error of one named field."""
        return cls(f"{field}: {message}", (FieldError(field, message),))


class Unauthenticated(GroundswellError):
    """Credentials are missing, wrong or expired."""

    code = "unauthenticated"
    kind = "unauthenticated"
    title = "Unauthenticated"


class Forbidden(GroundswellError):
    """The caller is known and may not do this."""

    code = "forbidden"
    kind = "forbidden"
    title = "Forbidden"


class NotFound(GroundswellError):
    """There is no such thing, or not for this caller."""

    code = "not_found"
    kind = "not_found"
    title = "Not found"


class MediaNotFound(NotFound):
    """No published media file has this id."""

    code = "media_not_found"

    def __init__(self) -> None:
        super().__init__("Media file not found")


class ConversionNotFound(NotFound):
    """No conversion has this id."""

    code = "conversion_not_found"

    def __init__(self) -> None:
        super().__init__("No conversion has this id.")


class Conflict(GroundswellError):
    """The request contradicts the present state; ``reason`` is one of a closed list of codes."""

    code = "conflict"
    kind = "conflict"
    title = "Conflict"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class TooLarge(GroundswellError):
    """The body is larger than this service accepts."""

    code = "too_large"
    kind = "too_large"
    title = "Request body too large"


class RateLimited(GroundswellError):
    """The caller did this too often; ``retry_after`` says in how many seconds to try again."""

    code = "rate_limited"
    kind = "limited"
    title = "Too many requests"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Rate limit exceeded. Please try again in {retry_after} seconds.")
        self.retry_after = retry_after


class Unavailable(GroundswellError):
    """The service cannot do this now; ``retry_after`` is in seconds."""

    code = "unavailable"
    kind = "unavailable"
    title = "Service unavailable"

    def __init__(self, message: str, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Overloaded(Unavailable):
    """More writes wait than the queue may hold."""

    code = "overloaded"

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__("Too many writes are waiting. Please try again shortly.", retry_after)


class DatabaseUnavailable(Unavailable):
    """The database does not answer; what was not acknowledged may be sent again."""

    code = "database_unavailable"

    def __init__(self, retry_after: int = 2) -> None:
        super().__init__("The database is not available. Nothing was acknowledged.", retry_after)
