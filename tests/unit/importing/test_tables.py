"""Catalogues and logs of plays: mappings, newlines, encodings, values."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from groundswell.contract.errors import Invalid
from groundswell.contract.times import from_rfc3339
from groundswell.importing import values
from groundswell.importing.catalogue import song_id
from groundswell.importing.columns import parse_mapping
from groundswell.importing.entries import BadLine, CatalogueEntry, Entry, Listen
from groundswell.importing.formats import Format, History, read_history

NOW = from_rfc3339("2026-01-01T00:00:00Z")


def read(tmp_path: Path, content: bytes, form: Format = "csv", mapping: str = "") -> list[Entry]:
    path = tmp_path / "file"
    path.write_bytes(content)
    history = History(path, form, "test", parse_mapping(mapping) if mapping else {})
    return list(read_history(history, now=NOW))


def titles(entries: list[Entry]) -> list[str]:
    return [one.media.title for one in entries if isinstance(one, CatalogueEntry | Listen)]


@pytest.mark.parametrize("newline", ["\n", "\r", "\r\n"])
def test_any_newline_ends_a_record(tmp_path: Path, newline: str) -> None:
    content = newline.join(["title,plays", "One,1", "Two,2"]).encode()
    assert titles(read(tmp_path, content)) == ["One", "Two"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    assert titles(read(tmp_path, "title\nMotörhead\n".encode(encoding))) == ["Motörhead"]


def test_gzip_is_told_by_its_content(tmp_path: Path) -> None:
    assert titles(read(tmp_path, gzip.compress(b"title\nOne\n"))) == ["One"]


def test_a_gzip_file_cut_short_gives_what_it_holds_and_a_bad_line(tmp_path: Path) -> None:
    whole = gzip.compress(
        "".join(f"Song {n}\n" for n in range(9_000)).join(["title\n", ""]).encode()
    )
    entries = read(tmp_path, whole[: len(whole) // 2])
    assert len(titles(entries)) > 1_000
    assert entries[-1] == BadLine(len(entries), "the file is damaged or cut short here")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(tmp_path: Path, delimiter: str) -> None:
    content = f"title{delimiter}plays\nOne{delimiter}7\n".encode()
    (entry,) = read(tmp_path, content)
    assert isinstance(entry, CatalogueEntry)
    assert entry.plays == 7


def test_columns_are_mapped_to_fields(tmp_path: Path) -> None:
    (entry,) = read(
        tmp_path,
        b'Song,By,N,Len,Year\nOne,Someone,"1,234",4:05,1982\n',
        mapping="title=Song,artist=By,plays=N,seconds=Len,published=Year",
    )
    assert isinstance(entry, CatalogueEntry)
    assert entry.plays == 1234
    assert entry.media.duration_seconds == 245
    assert entry.media.artist == "Someone"
    assert entry.media.published_at == from_rfc3339("1982-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ("title", "not written as field=Column"),
        ("title=a,title=b", "mapped twice"),
        ("colour=a", "no field 'colour'"),
        ("title=Missing", "no column 'Missing'"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(tmp_path: Path, mapping: str, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        read(tmp_path, b"title,plays\nOne,1\n", mapping=mapping)


@pytest.mark.parametrize("content", [b"", b"\n", b"\n\nOne\n"])
def test_a_file_without_a_header_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(Invalid, match="no header"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b",3", "no title"),
        (b"One,-3", "plays is not a count"),
        (b"One,many", "plays is not a count"),
        (b"One,1.5", "plays is not a count"),
        (b"O\x00ne,1", "contains a NUL character"),
        (b"x" * 300 + b",1", "title is longer than 255 characters"),
    ],
)
def test_a_bad_row_is_reported_and_the_next_is_read(
    tmp_path: Path, row: bytes, reason: str
) -> None:
    entries = read(tmp_path, b"title,plays\n" + row + b"\nTwo,2\n")
    assert entries[0] == BadLine(2, reason)
    assert titles(entries) == ["Two"]


def test_a_quote_that_never_ends_does_not_end_the_import(tmp_path: Path) -> None:
    content = b'title\nOne\n"Two\n' + b"filler of many characters\n" * 20_000 + b"Last\n"
    assert "One" in titles(read(tmp_path, content))


def test_a_play_has_a_time_a_length_and_a_listener(tmp_path: Path) -> None:
    (entry,) = read(
        tmp_path,
        b"unix_time,station,artist,song,len\n1402878494,WXGL,The Who,Behind Blue Eyes,222\n",
        "plays",
        "time=unix_time,title=song,listener=station,seconds=len",
    )
    assert isinstance(entry, Listen)
    assert entry.at == from_rfc3339("2014-06-16T00:28:14Z")
    assert (entry.seconds, entry.listener) == (222, "WXGL")


def test_a_play_in_the_future_is_a_bad_line(tmp_path: Path) -> None:
    (entry,) = read(tmp_path, b"time,title\n2026-01-01T00:05:01Z,One\n", "plays")
    assert isinstance(entry, BadLine)
    (entry,) = read(tmp_path, b"time,title\n2026-01-01T00:05:00Z,One\n", "plays")
    assert isinstance(entry, Listen)


def test_songs_are_one_by_artist_and_title_apart_from_case_and_spacing() -> None:
    assert song_id("The Who", "My  Generation") == song_id("the who", "My Generation ")
    assert song_id("AC/DC", "T.N.T.") != song_id("AC", "DC/T.N.T.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1402878494", 1_402_878_494_000_000),
        ("1402878494.25", 1_402_878_494_250_000),
        ("1402878494123", 1_402_878_494_123_000),
        ("1402878494123456", 1_402_878_494_123_456),
        ("2014-06-16T02:28:14+02:00", 1_402_878_494_000_000),
        ("2014-06-16 00:28:14", 1_402_878_494_000_000),
    ],
)
def test_times_are_read_in_every_usual_form(text: str, expected: int) -> None:
    assert values.instant(text, "time") == expected


@pytest.mark.parametrize("text", ["", "yesterday", "2014-13-01", "99999999999999999999"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(values.UnreadableValue, match="time is not a time"):
        values.instant(text, "time")
