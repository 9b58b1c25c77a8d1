"""Catalogues: a CSV file with one media file per record, and the counts it brings along."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from groundswell.importing import values
from groundswell.importing.columns import Record, read_entries
from groundswell.importing.entries import BadLine, CatalogueEntry, Media

FIELDS = (
    "title",
    "artist",
    "plays",
    "downloads",
    "views",
    "seconds",
    "url",
    "published",
    "id",
)
REQUIRED = ("title",)


def read_catalogue(
    lines: Iterable[str], given: Mapping[str, str]
) -> Iterator[CatalogueEntry | BadLine]:
    """The entries of a catalogue whose columns are named by ``given`` or by the fields themselves.

    Raises:
        Invalid: the mapping or the header does not fit.
    """
    return read_entries(lines, given, FIELDS, REQUIRED, catalogue_entry)


def catalogue_entry(record: Record) -> CatalogueEntry:
    """One record understood.

    Raises:
        UnreadableValue: a value is not what its column should hold.
    """
    title = values.title(record.get("title", ""))
    artist = values.short(record.get("artist", ""), "artist")
    media = Media(
        external_id=values.short(record.get("id", ""), "id") or song_id(artist, title),
        title=title,
        artist=artist or None,
        url=values.url(record.get("url", "")),
        duration_seconds=values.duration(record.get("seconds", ""), "seconds"),
        published_at=values.year_or_instant(record.get("published", ""), "published"),
    )
    return CatalogueEntry(
        media,
        plays=values.count(record.get("plays", ""), "plays"),
        downloads=values.count(record.get("downloads", ""), "downloads"),
        views=values.count(record.get("views", ""), "views"),
    )


def song_id(artist: str, title: str) -> str:
    """Names a song by artist and title, apart from case and spacing.

    A slash divides the two and is escaped inside them, so different songs have different names.
    """
    return "/".join(_escaped(" ".join(part.casefold().split())) for part in (artist, title))


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("/", "%2f")
