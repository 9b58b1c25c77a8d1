"""Who did what with which file, for slices that count by person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Mapping
from types import MappingProxyType
from typing import Final

from groundswell.store import BIGINT, Row, Statement, Transaction
from groundswell.store.deeds import Deed, DeedVerb, Told

_NOT_OWN = """
    AND NOT EXISTS (SELECT 1 FROM media m
      WHERE m.media_file_id = l.media_file_id AND m.owner_id = l.author_id)
"""
_LOGS: Final[Mapping[DeedVerb, tuple[str, str, str]]] = MappingProxyType(
    {
        "view": ("view_logs", "viewed_at", "AND l.qualified = 1"),
        "play": ("play_logs", "completed_at", "AND l.qualified = 1"),
        "download": ("download_logs", "downloaded_at", "AND l.qualified = 1"),
        "comment": ("comments", "created_at", _NOT_OWN),
    }
)


def _find(table: str, at: str, counts: str) -> Statement:
    return Statement(
        f"""
        SELECT l.actor, l.media_file_id, l.{at} FROM {{rows}} r JOIN {table} l ON l.id = r.seq
        WHERE l.actor IS NOT NULL {counts}
        """,  # noqa: S608 - names of ours
        rows={"seq": BIGINT},
    )


def _last(table: str, at: str, counts: str) -> Statement:
    return Statement(
        f"""
        SELECT l.actor, l.media_file_id, MAX(l.{at}) FROM {table} l
        WHERE l.media_file_id >= :first AND l.media_file_id <= :last
          AND l.actor IS NOT NULL {counts} GROUP BY l.actor, l.media_file_id
        """  # noqa: S608 - names of ours
    )


# The primary key of each log, and its index by file.
FIND = {verb: _find(*log) for verb, log in _LOGS.items()}
LAST = {verb: _last(*log) for verb, log in _LOGS.items()}

_VOTE = "v.actor, v.media_file_id, v.updated_at, CASE v.vote_type WHEN 'up' THEN 1 ELSE -1 END"
# ix_votes_updated_at: a vote bears the time of the event that told of it last.
FIND_VOTES = Statement(
    f"""
    SELECT {_VOTE} FROM {{rows}} r
    JOIN votes v ON v.updated_at = r.at AND v.media_file_id = r.media_file_id
    WHERE v.actor IS NOT NULL
    """,  # noqa: S608 - names of ours
    rows={"media_file_id": BIGINT, "at": BIGINT},
)
# The primary key.
VOTES_ON = Statement(
    f"""
    SELECT {_VOTE} FROM {{rows}} r JOIN votes v ON v.media_file_id = r.wanted
    WHERE v.actor IS NOT NULL
    """,  # noqa: S608 - names of ours
    rows={"wanted": BIGINT},
)
VOTES_AMONG = Statement(
    f"""
    SELECT {_VOTE} FROM votes v
    WHERE v.media_file_id >= :first AND v.media_file_id <= :last AND v.actor IS NOT NULL
    """  # noqa: S608 - names of ours
)
FILES = Statement(
    """
    SELECT media_file_id FROM media WHERE media_file_id > :after
    ORDER BY media_file_id LIMIT :limit
    """
)

_FILES_AT_ONCE: Final = 100


class EngagementDeeds:
    """Reads the logs of this slice; a person is whom they name, until they forget."""

    async def told(self, tx: Transaction, events: Collection[Told]) -> list[Deed]:
        """The deeds that these events tell of."""
        of_verb: defaultdict[DeedVerb, list[Told]] = defaultdict(list)
        for one in events:
            of_verb[one.verb].append(one)
        votes = sorted({(one.media_file_id, one.at) for one in of_verb.pop("vote", ())})
        found = [
            Deed(person, media, verb, at)
            for verb, told in of_verb.items()
            for person, media, at in await tx.fetch(FIND[verb], rows=[(one.seq,) for one in told])
        ]
        return found + (_votes(await tx.fetch(FIND_VOTES, rows=votes)) if votes else [])

    async def votes(self, tx: Transaction, media_file_ids: Collection[int]) -> list[Deed]:
        """The votes that stand on these files."""
        wanted = [(one,) for one in sorted(set(media_file_ids))]
        return _votes(await tx.fetch(VOTES_ON, rows=wanted)) if wanted else []

    async def all(self, tx: Transaction) -> AsyncIterator[list[Deed]]:
        """The last deed of each verb by each person with each file, some files at a time."""
        after = -(2**63)
        while files := await tx.fetch(FILES, after=after, limit=_FILES_AT_ONCE):
            first, after = files[0][0], files[-1][0]
            done = [
                Deed(person, media, verb, at)
                for verb, statement in LAST.items()
                for person, media, at in await tx.fetch(statement, first=first, last=after)
            ]
            yield done + _votes(await tx.fetch(VOTES_AMONG, first=first, last=after))


def _votes(rows: Collection[Row]) -> list[Deed]:
    return [Deed(person, media, "vote", at, vote) for person, media, at, vote in rows]
