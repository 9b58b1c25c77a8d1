"""The SQL that lists read beside the sums: which files may be ranked, and what they are now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from groundswell.contract.times import HOUR
from groundswell.domains.engagement.apart import apart
from groundswell.domains.engagement.files import File
from groundswell.domains.engagement.statements import MEDIA_COLUMNS
from groundswell.store import BIGINT, Statement, Store, Transaction

_RANKABLE = "state = 'published' AND trendable = 1 AND published_at <= :now"

RANKABLE_FILES = Statement(
    f"""
    SELECT media_file_id, owner_id, created_at, published_at, last_event_at, play_count,
           upvotes, downvotes
    FROM media WHERE {_RANKABLE}
    """  # noqa: S608 - a constant of ours
)
# ix_votes_quarantined_by: few rows, of few files.
QUARANTINED = Statement(
    """
    SELECT media_file_id, CAST(SUM(CASE vote_type WHEN 'up' THEN 1 ELSE 0 END) AS BIGINT),
      CAST(SUM(CASE vote_type WHEN 'up' THEN 0 ELSE 1 END) AS BIGINT)
    FROM votes WHERE quarantined_by IS NOT NULL GROUP BY media_file_id
    """
)
# Primary key.
STILL_RANKABLE = Statement(
    f"""
    SELECT {MEDIA_COLUMNS} FROM media
    WHERE media_file_id IN (SELECT r.media_file_id FROM {{rows}} r) AND {_RANKABLE}
    """,  # noqa: S608 - column names are ours
    rows={"media_file_id": BIGINT},
)


class Facts(NamedTuple):
    """What ranking knows of a file apart from its sums."""

    media_file_id: int
    owner_id: str | None
    created_at: int
    published_at: int
    last_event_at: int | None
    play_count: int
    upvotes: int
    downvotes: int

    def age_hours(self, now: int) -> float:
        """Hours since the file was published."""
        return (now - self.published_at) / HOUR


async def rankable(tx: Transaction, now: int) -> list[Facts]:
    """Every file that may be in a list: published, neither hidden nor opted out."""
    rows = await tx.fetch(RANKABLE_FILES, now=now)
    return await apart(len(rows), lambda: [Facts._make(row) for row in rows])


async def weighed(tx: Transaction, now: int) -> list[Facts]:
    """The same, with no votes but those that have weight."""
    files = await rankable(tx, now)
    held = {media: (up, down) for media, up, down in await tx.fetch(QUARANTINED)}
    return [_without(one, *held[one.media_file_id]) if one[0] in held else one for one in files]


def _without(file: Facts, up: int, down: int) -> Facts:
    return file._replace(upvotes=file.upvotes - up, downvotes=file.downvotes - down)


async def still_rankable(
    source: Transaction | Store, ids: Sequence[int], now: int
) -> dict[int, File]:
    """Those of the files that may be in a list at this moment, as they are at this moment."""
    rows = [(media_file_id,) for media_file_id in ids]
    found = await source.fetch(STILL_RANKABLE, rows=rows, now=now)
    return {row[0]: File.of(row) for row in found}
