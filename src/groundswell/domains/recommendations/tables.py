"""The rows of recommendations: who engaged with what, and what that adds up to.

Only ``person_files`` knows persons, under the name the logs of engagement know them by, for as
long as those do. The other two are sums over it, and can be counted again from it at any time.
"""

from __future__ import annotations

from sqlalchemy import Index, PrimaryKeyConstraint, Table
from sqlalchemy import text as sql

from groundswell.store.schema import ROOM_FOR_UPDATES, metadata, number, text

person_files = Table(
    "person_files",
    metadata,
    text("person"),
    number("media_file_id"),
    number("viewed_at"),
    number("played_at"),
    number("downloaded_at"),
    number("commented_at"),
    number("voted_at"),
    number("vote"),
    number("oldest_at"),
    PrimaryKeyConstraint("person", "media_file_id"),
    Index("ix_person_files_oldest_at", "oldest_at"),
    Index(
        "ix_person_files_voted",
        "media_file_id",
        sqlite_where=sql("vote <> 0"),
        postgresql_where=sql("vote <> 0"),
    ),
    postgresql_with=ROOM_FOR_UPDATES,
)
"""What one person did with one file, and when last; 0 for never. ``vote`` is 1 up, -1 down, 0 none;
``oldest_at`` the earliest of the times."""

file_tastes = Table(
    "file_tastes",
    metadata,
    number("media_file_id"),
    number("people"),
    number("strength"),
    PrimaryKeyConstraint("media_file_id"),
    postgresql_with=ROOM_FOR_UPDATES,
)
"""How many people like a file, and the sum of their squared weights."""

file_pairs = Table(
    "file_pairs",
    metadata,
    number("media_file_id"),
    number("other_id"),
    number("people"),
    number("strength"),
    PrimaryKeyConstraint("media_file_id", "other_id"),
    # Most pairs are of one or two people, and nobody is shown those.
    Index(
        "ix_file_pairs_strength",
        "media_file_id",
        "strength",
        sqlite_where=sql("people >= 3"),
        postgresql_where=sql("people >= 3"),
    ),
    sqlite_with_rowid=False,
    postgresql_with=ROOM_FOR_UPDATES,
)
"""How many people like both files, and the sum of the products of their weights. Each pair is kept
both ways round."""
