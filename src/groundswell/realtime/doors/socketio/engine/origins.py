"""Which pages may use this door from a browser, and what their browsers are told."""

from __future__ import annotations

from typing import Final

from groundswell.http.asgi import Scope
from groundswell.http.cors import ANY_ORIGIN
from groundswell.http.headers import header

Headers = list[tuple[bytes, bytes]]

_PREFLIGHT: Final = [
    (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type"),
    (b"access-control-max-age", b"600"),
]


class Origins:
    """The foreign origins that may come, as the settings name them; ``*`` stands for all."""

    def __init__(self, allowed: frozenset[str]) -> None:
        self._allowed = allowed
        self._any = ANY_ORIGIN in allowed

    def admit(self, scope: Scope) -> bool:
        """Whether a request comes from a page that may, or from no page at all."""
        origin = origin_of(scope)
        if origin is None or self._is_named(origin):
            return True
        host = header(scope, b"host")
        # Schemes are not compared: a proxy may have taken the TLS off.
        return host is not None and origin.partition("://")[2] == host.decode("latin-1").lower()

    def headers(self, scope: Scope) -> Headers:
        """What tells a browser that the page may read the answer."""
        origin = origin_of(scope)
        if origin is None or not self._is_named(origin):
            return []
        if self._any:
            return [(b"access-control-allow-origin", b"*")]
        return [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-credentials", b"true"),
            (b"vary", b"Origin"),
        ]

    def preflight(self, scope: Scope) -> Headers:
        """The answer to a browser that asks before it sends."""
        told = self.headers(scope)
        return [*told, *_PREFLIGHT] if told else []

    def _is_named(self, origin: str) -> bool:
        return self._any or origin in self._allowed


def origin_of(scope: Scope) -> str | None:
    """The page's origin, if a browser names one."""
    sent = header(scope, b"origin")
    return None if sent is None else sent.decode("latin-1").lower()
