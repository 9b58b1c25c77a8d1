"""Errors as RFC 9457 problems: the one place where a kind of error becomes an HTTP status."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from groundswell.contract.errors import (
    Conflict,
    FieldError,
    Forbidden,
    GroundswellError,
    Invalid,
    Kind,
    RateLimited,
    Unavailable,
)

PROBLEM_JSON = "application/problem+json"

STATUS_OF_KIND: dict[Kind, int] = {
    "invalid": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "too_large": 413,
    "limited": 429,
    "internal": 500,
    "unavailable": 503,
}

INTERNAL_DETAIL = "Internal server error"


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What went wrong, in RFC 9457 terms. ``code`` is stable; ``errors`` names input fields."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldError] | None = None


class MalformedBody(Invalid):
    """The body cannot be read as JSON in UTF-8."""

    code = "malformed_body"
    title = "Malformed body"


class CrossSiteRequest(Forbidden):
    """A page of another site tried to act with the browser's cookies."""

    code = "cross_site_request"
    title = "Cross-site request refused"


_FRAMEWORK: dict[int, tuple[str, str, str]] = {
    400: ("bad_request", "Bad request", "The request cannot be understood."),
    401: ("unauthenticated", "Unauthenticated", "Credentials are missing, wrong or expired."),
    403: ("forbidden", "Forbidden", "The caller may not do this."),
    404: ("not_found", "Not found", "There is nothing at this address."),
    405: ("method_not_allowed", "Method not allowed", "This address does not know this method."),
    409: ("conflict", "Conflict", "The request contradicts the present state."),
    413: ("too_large", "Request body too large", "The request body is too large."),
    415: (
        "unsupported_media_type",
        "Unsupported media type",
        "The body must be JSON, sent as application/json.",
    ),
    429: ("rate_limited", "Too many requests", "Rate limit exceeded. Please try again later."),
    500: ("internal", "Internal server error", INTERNAL_DETAIL),
    503: ("unavailable", "Service unavailable", "The service cannot answer now."),
}


def type_of(code: str) -> str:
    """The problem type: a reference to the place in the served documentation that explains it."""
    return f"/docs#problem-{code}"


def problem_of(error: GroundswellError) -> Problem:
    """The problem a known error is told as."""
    status = STATUS_OF_KIND[error.kind]
    if status == 500:
        return problem_of_status(500)
    code = error.reason if isinstance(error, Conflict) else error.code
    fields = list(error.errors) if isinstance(error, Invalid) and error.errors else None
    detail = str(error) or error.title
    return Problem(type_of(code), error.title, status, detail, code, fields)


def problem_of_status(status: int) -> Problem:
    """The problem of an HTTP status that no error class of ours stands behind."""
    known = status if status in _FRAMEWORK else 500 if status >= 500 else 400
    code, title, detail = _FRAMEWORK[known]
    return Problem(type_of(code), title, status, detail, code)


def headers_of(error: GroundswellError) -> dict[str, str]:
    """The headers that belong to a known error's answer."""
    if isinstance(error, RateLimited | Unavailable):
        return {"retry-after": str(max(1, error.retry_after))}
    if error.kind == "unauthenticated":
        return {"www-authenticate": "Bearer"}
    return {}


def known_problems() -> Iterator[tuple[str, int, str, str]]:
    """Every problem code with its status, title and meaning, for the documentation."""
    seen: dict[str, tuple[str, int, str, str]] = {
        error.code: (
            error.code,
            STATUS_OF_KIND[error.kind],
            error.title,
            (error.__doc__ or "").split("\n\n")[0],
        )
        for error in _subclasses(GroundswellError)
    }
    for status, (code, title, detail) in _FRAMEWORK.items():
        seen.setdefault(code, (code, status, title, detail))
    yield from sorted(seen.values(), key=lambda row: (row[1], row[0]))


def _subclasses(parent: type[GroundswellError]) -> Iterator[type[GroundswellError]]:
    for child in parent.__subclasses__():
        yield child
        yield from _subclasses(child)
