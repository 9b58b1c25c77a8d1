"""What the parsers understand of a file: one entry for every line or record, whatever it holds."""

from __future__ import annotations

from typing import Literal

import msgspec

Kind = Literal["view", "download"]

IgnoredReason = Literal[
    "asset",
    "bot",
    "feed",
    "internal",
    "method",
    "no user agent",
    "not a page",
    "status",
]


class Media(msgspec.Struct, frozen=True):
    """A media file as the source knows it; ``external_id`` is unique within the source."""

    external_id: str
    title: str
    artist: str | None = None
    url: str | None = None
    duration_seconds: int | None = None
    published_at: int | None = None
    """Microseconds since the epoch; None means the time of its first event."""


class Visit(msgspec.Struct, frozen=True):
    """Somebody at a canonical ``address`` looked at a file or fetched it, at ``at`` (µs)."""

    kind: Kind
    media: Media
    at: int
    address: str
    referrer_host: str | None = None


class Listen(msgspec.Struct, frozen=True):
    """A play that ended at ``at`` (µs). ``listener`` is whatever the log calls its listener."""

    media: Media
    at: int
    seconds: int | None = None
    listener: str | None = None


class CatalogueEntry(msgspec.Struct, frozen=True):
    """A file of a catalogue with the counts it brings along."""

    media: Media
    plays: int = 0
    downloads: int = 0
    views: int = 0


class Ignored(msgspec.Struct, frozen=True):
    """A line that is well formed and of no interest."""

    reason: IgnoredReason


class BadLine(msgspec.Struct, frozen=True):
    """A line that could not be understood. The reason never repeats what the line says."""

    number: int
    reason: str


Entry = Visit | Listen | CatalogueEntry | Ignored | BadLine
