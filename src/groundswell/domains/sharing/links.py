"""Where a tracked link leads, and what its preview says.

A link of this service must lead nowhere its operator did not agree to: whoever sees the service's
name in a link trusts it. So a target is on the service's own origin, or on one that is set.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec

from groundswell.contract.errors import FieldError, Invalid

LONGEST_URL = 2048
LONGEST_TITLE = 300
LONGEST_DESCRIPTION = 1000
_SCHEMES = ("http", "https")
_PORTS = {"http": 80, "https": 443}
_FORBIDDEN = frozenset(map(chr, (*range(33), 92, 127)))


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown where the link is posted."""

    title: str
    description: str | None
    image: str | None
    target: str | None


def origin_of(url: str) -> str | None:
    """Scheme, host and port of an absolute http or https URL; None if it is not a plain one.

    Backslashes, controls and blanks are read in different ways by different browsers, and user
    names before the host are there to deceive: none of them is plain.
    """
    if len(url) > LONGEST_URL or not _FORBIDDEN.isdisjoint(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _SCHEMES or not parts.hostname or "@" in parts.netloc:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    suffix = "" if port in (None, _PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


def parse_targets(text: str) -> frozenset[str]:
    """The origins of a text such as ``https://app.example, https://shop.example``.

    Raises:
        ValueError: one of them is no origin.
    """
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    origins = {entry: origin_of(entry) for entry in entries}
    for entry, origin in origins.items():
        if origin is None or origin != entry.lower().rstrip("/"):
            raise ValueError(
                f"link targets: {entry!r} is not an origin such as https://app.example"
            )
    return frozenset(origin for origin in origins.values() if origin)


class Links:
    """The links of this service.

    Args:
        public_url: where it is reached, without a slash at the end.
        targets: other origins that links may lead to.
    """

    def __init__(self, public_url: str, targets: frozenset[str]) -> None:
        self._public_url = public_url
        self._allowed = targets | {origin for origin in [origin_of(public_url)] if origin}

    def url(self, share_id: str) -> str:
        """The tracked link of a share."""
        return f"{self._public_url}/s/{share_id}"

    def check(self, metadata: dict[str, Any]) -> None:
        """Check what a preview is made of.

        Raises:
            Invalid: with each field that cannot be used.
        """
        errors = [
            FieldError(f"metadata.{name}", problem)
            for name, problem in (
                ("title", _text_problem(metadata.get("title"), LONGEST_TITLE)),
                ("description", _text_problem(metadata.get("description"), LONGEST_DESCRIPTION)),
                ("url", self._target_problem(metadata.get("url"))),
                ("image", _image_problem(metadata.get("image"))),
            )
            if problem
        ]
        if errors:
            said = "; ".join(f"{error.field}: {error.message}" for error in errors)
            raise Invalid(said, tuple(errors))

    def preview(self, content_type: str, content_id: str, metadata: dict[str, Any]) -> Preview:
        """The preview of a share. What is not allowed any more is left out."""
        url = metadata.get("url")
        target = url if url and self._target_problem(url) is None else None
        return Preview(
            title=metadata.get("title") or f"{content_type} {content_id}",
            description=metadata.get("description"),
            image=metadata.get("image"),
            target=target or self._own_page(content_type, content_id),
        )

    def _own_page(self, content_type: str, content_id: str) -> str | None:
        """Media files have a page here."""
        if content_type == "media" and content_id.isascii() and content_id.isdigit():
            return f"{self._public_url}/media/{content_id}"
        return None

    def _target_problem(self, url: Any) -> str | None:
        if url is None:
            return None
        origin = origin_of(url) if isinstance(url, str) else None
        if origin is None:
            return "Must be an absolute http or https URL"
        return None if origin in self._allowed else "Links may not lead there"


def _image_problem(url: Any) -> str | None:
    plain = url is None or (isinstance(url, str) and origin_of(url) is not None)
    return None if plain else "Must be an absolute http or https URL"


def _text_problem(text: Any, longest: int) -> str | None:
    if text is None:
        return None
    if not isinstance(text, str):
        return "Expected string"
    return None if len(text) <= longest else f"Must have at most {longest} characters"
