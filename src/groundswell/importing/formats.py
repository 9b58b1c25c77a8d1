"""The formats by name, and reading a file of any of them as a stream of entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from groundswell.contract.times import MINUTE
from groundswell.importing.access_log import UnreadableLine, parse_line
from groundswell.importing.catalogue import read_catalogue
from groundswell.importing.classify import classify
from groundswell.importing.entries import BadLine, Entry, Listen, Visit
from groundswell.importing.play_log import read_plays
from groundswell.importing.robots import Robots
from groundswell.importing.source import (
    BytesRead,
    DamagedFile,
    byte_lines,
    import_identity,
    open_bytes,
    open_text,
    text_encoding,
    text_lines,
)

Format = Literal["combined", "common", "csv", "plays"]
FORMATS: tuple[Format, ...] = ("combined", "common", "csv", "plays")
CLOCK_TOLERANCE = 5 * MINUTE
_UTF8_MARK = b"\xef\xbb\xbf"


class History(msgspec.Struct, frozen=True):
    """A file of history and how it is to be read."""

    path: Path
    format: Format
    source: str
    """The name under which its media are known; an ``https://…`` name is also their site."""
    mapping: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])

    def identity(self) -> str:
        """Names this import, so that it can be continued and is not made twice."""
        columns = sorted(f"{field}={column}" for field, column in self.mapping.items())
        return import_identity(self.path, self.format, self.source, *columns)

    def encoding(self) -> str:
        """The encoding its text is read in."""
        return text_encoding(self.path) if self.format in ("csv", "plays") else "utf-8"

    def site(self) -> str | None:
        """The address of the site, when the source is named by one."""
        return self.source if self.source.startswith(("http://", "https://")) else None


def read_history(
    history: History, *, now: int, on_bytes: BytesRead = lambda _: None
) -> Iterator[Entry]:
    """One entry per line or record, in order. A damaged file ends in a bad line.

    Raises:
        Invalid: the mapping or the header does not fit the format.
        OSError: the file cannot be opened.
    """
    reading = _access_log if history.format in ("combined", "common") else _table
    number = 0
    try:
        for number, entry in enumerate(reading(history, on_bytes), start=1):
            yield _not_from_the_future(entry, number, now)
    except DamagedFile as damage:
        yield BadLine(number + 1, str(damage))


def _access_log(history: History, on_bytes: BytesRead) -> Iterator[Entry]:
    robots, site = Robots(), history.site()
    with open_bytes(history.path, on_bytes) as file:
        for number, line in enumerate(byte_lines(file), start=1):
            try:
                request = parse_line(
                    line.removeprefix(_UTF8_MARK) if number == 1 else line,
                    combined=history.format == "combined",
                )
            except UnreadableLine as error:
                yield BadLine(number, str(error))
            else:
                yield classify(request, is_robot=robots.is_robot, site=site)


def _table(history: History, on_bytes: BytesRead) -> Iterator[Entry]:
    with open_text(history.path, history.encoding(), on_bytes) as file:
        lines = text_lines(file)
        if history.format == "csv":
            yield from read_catalogue(lines, history.mapping)
        else:
            yield from read_plays(lines, history.mapping)


def _not_from_the_future(entry: Entry, number: int, now: int) -> Entry:
    if isinstance(entry, Visit | Listen) and not 0 <= entry.at <= now + CLOCK_TOLERANCE:
        return BadLine(number, "the time lies in the future or before 1970")
    return entry


def last_event(entries: Iterator[Entry]) -> int | None:
    """The time of the latest event among the entries (µs), or None if there is none."""
    return max((entry.at for entry in entries if isinstance(entry, Visit | Listen)), default=None)
