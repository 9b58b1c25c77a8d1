"""Which origins may call from a browser: one value of the settings, read by CORS and the guard."""

from __future__ import annotations

from litestar.config.cors import CORSConfig

ANY_ORIGIN = "*"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_REQUEST_HEADERS = (
    "authorization",
    "content-type",
    "idempotency-key",
    "last-event-id",
    "trpc-accept",
    "x-request-id",
)
_ANSWER_HEADERS = ("retry-after", "x-request-id")
_PREFLIGHT_SECONDS = 600


def allowed_origins(setting: str) -> frozenset[str]:
    """The origins of a comma-separated setting; ``*`` stands for all, an empty text for none."""
    parts = (part.strip().rstrip("/").lower() for part in setting.split(","))
    return frozenset(part for part in parts if part)


def cors_config(origins: frozenset[str]) -> CORSConfig | None:
    """Litestar's CORS for these origins; None when only the own origin may call.

    Cookies go along only for origins that are named: with ``*`` no browser would send them.
    """
    if not origins:
        return None
    return CORSConfig(
        allow_origins=sorted(origins),
        allow_methods=list(_METHODS),  # type: ignore[arg-type]
        allow_headers=list(_REQUEST_HEADERS),
        expose_headers=list(_ANSWER_HEADERS),
        allow_credentials=ANY_ORIGIN not in origins,
        max_age=_PREFLIGHT_SECONDS,
    )
