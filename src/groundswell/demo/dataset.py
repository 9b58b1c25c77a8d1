"""The demo's data files, read."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from importlib.resources import files
from typing import Literal

import msgspec

from groundswell.contract.times import SECOND


class Song(msgspec.Struct, frozen=True):
    """A song, known by artist and title."""

    artist: str
    title: str

    @property
    def external_id(self) -> str:
        """Names the song at the service, so that it is registered once."""
        return f"{self.artist}/{self.title}"


class Airing(msgspec.Struct, frozen=True):
    """A song heard on a station at ``at`` (µs)."""

    at: int
    station: str
    song: Song


class Ballot(msgspec.Struct, frozen=True):
    """One vote on a post."""

    vote: Literal["up", "down"]
    post_id: str


class Post(msgspec.Struct, frozen=True):
    """A post with its published score, which is its ups minus its downs."""

    post_id: str
    title: str
    score: int


def sightings() -> list[Airing]:
    """The plays of the week as they were noted, in order; many were noted at the same instant."""
    songs: dict[tuple[str, str], Song] = {}
    found: list[Airing] = []
    for row in _records("plays.csv.gz"):
        key = (row["artist"], row["song"])
        song = songs.setdefault(key, Song(*key))
        found.append(Airing(int(row["unix_time"]) * SECOND, row["station"], song))
    return found


def addresses() -> list[str]:
    """Addresses of real visitors of a web site."""
    return _text("addresses.txt.gz").split()


def ballots() -> list[Ballot]:
    """All up and down votes, in order."""
    return [
        Ballot("up" if row["vote"] == "up" else "down", row["post_id"])
        for row in _records("votes.csv.gz")
    ]


def posts() -> list[Post]:
    """The posts with their scores; an answer is called after its question."""
    rows = list(_records("posts.csv.gz"))
    titles = {row["post_id"]: row["title"] for row in rows}
    return [
        Post(
            row["post_id"],
            row["title"] or f"Answer to: {titles.get(row['parent_id'], 'a question')}",
            int(row["score"]),
        )
        for row in rows
    ]


def _records(name: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(_text(name).splitlines())


def _text(name: str) -> str:
    packed = files("groundswell.demo.data").joinpath(name).read_bytes()
    return gzip.decompress(packed).decode()
