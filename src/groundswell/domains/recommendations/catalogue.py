"""What recommendations have to be told of files, which are another slice's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

import msgspec


class FileDetails(msgspec.Struct, rename="camel", frozen=True, kw_only=True):
    """A published file, as lists show it."""

    media_file_id: int
    title: str
    artist: str | None
    owner_id: str | None
    duration_seconds: int | None
    url: str | None
    play_count: int
    upvotes: int
    downvotes: int


class Catalogue(Protocol):
    """Files as they are now."""

    async def published(self, media_file_ids: Collection[int]) -> Mapping[int, FileDetails]:
        """Those of the files that everybody may see; others are missing."""
        ...

    async def popular(self) -> list[FileDetails]:
        """Files that many play, most first."""
        ...
