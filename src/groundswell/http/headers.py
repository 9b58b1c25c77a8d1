"""Reading request headers from an ASGI scope, where names are lower-case bytes."""

from __future__ import annotations

from litestar.types import Scope


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of this (lower-case) name."""
    for key, value in scope["headers"]:
        if key == name:
            return value
    return None


def joined_header(scope: Scope, name: bytes) -> str | None:
    """All headers of this name as one list, in the order they came."""
    values = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return ", ".join(values) if values else None


def carries_bearer(scope: Scope) -> bool:
    """Whether the request names its caller itself instead of relying on the browser's cookies."""
    value = header(scope, b"authorization")
    return value is not None and value[:7].lower() == b"bearer "
