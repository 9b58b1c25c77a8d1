"""Logs of plays: a CSV file with one play per record (time, title, artist, seconds)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from groundswell.importing import values
from groundswell.importing.catalogue import song_id
from groundswell.importing.columns import Record, read_entries
from groundswell.importing.entries import BadLine, Listen, Media

FIELDS = ("time", "title", "artist", "seconds", "listener", "id")
REQUIRED = ("time", "title")


def read_plays(lines: Iterable[str], given: Mapping[str, str]) -> Iterator[Listen | BadLine]:
    """The plays of a log whose columns are named by ``given`` or by the fields themselves.

    Raises:
        Invalid: the mapping or the header does not fit.
    """
    return read_entries(lines, given, FIELDS, REQUIRED, play)


def play(record: Record) -> Listen:
    """One record understood.

    Raises:
        UnreadableValue: a value is not what its column should hold.
    """
    title = values.title(record.get("title", ""))
    artist = values.short(record.get("artist", ""), "artist")
    named = values.short(record.get("id", ""), "id")
    return Listen(
        Media(external_id=named or song_id(artist, title), title=title, artist=artist or None),
        at=values.instant(record.get("time", ""), "time"),
        seconds=values.duration(record.get("seconds", ""), "seconds"),
        listener=values.short(record.get("listener", ""), "listener") or None,
    )
