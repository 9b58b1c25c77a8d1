"""The SQL of recommendations."""

from __future__ import annotations

from typing import Final

from groundswell.domains.recommendations.similarity import FEWEST_PEOPLE
from groundswell.store import BIGINT, TEXT, Statement

_TIMES: Final = "viewed_at, played_at, downloaded_at, commented_at, voted_at, vote"
_OF_TIMES = dict.fromkeys(_TIMES.split(", "), BIGINT)

# The primary key.
FIND_FILES = Statement(
    f"""
    SELECT p.person, p.media_file_id, {_TIMES} FROM {{rows}} r
    JOIN person_files p ON p.person = r.wanted
    """,  # noqa: S608 - names of ours
    rows={"wanted": TEXT},
)
FILES_OF = Statement(
    f"SELECT media_file_id, {_TIMES} FROM person_files WHERE person = :person"  # noqa: S608
)
ALL_FILES = Statement(f"SELECT person, media_file_id, {_TIMES} FROM person_files")  # noqa: S608
SAVE_FILES = Statement(
    f"""
    INSERT INTO person_files (person, media_file_id, {_TIMES}, oldest_at)
    SELECT person, media_file_id, {_TIMES}, oldest_at FROM {{rows}} r WHERE true
    ON CONFLICT (person, media_file_id) DO UPDATE SET
      viewed_at = excluded.viewed_at, played_at = excluded.played_at,
      downloaded_at = excluded.downloaded_at, commented_at = excluded.commented_at,
      voted_at = excluded.voted_at, vote = excluded.vote, oldest_at = excluded.oldest_at
    """,  # noqa: S608 - names of ours
    rows={"person": TEXT, "media_file_id": BIGINT, **_OF_TIMES, "oldest_at": BIGINT},
)
REMOVE_FILES = Statement(
    """
    DELETE FROM person_files
    WHERE (person, media_file_id) IN (SELECT r.person, r.media_file_id FROM {rows} r)
    """,
    rows={"person": TEXT, "media_file_id": BIGINT},
)
# ix_person_files_voted
VOTERS_OF = Statement(
    """
    SELECT p.media_file_id, p.person FROM {rows} r
    JOIN person_files p ON p.media_file_id = r.wanted AND p.vote <> 0
    """,
    rows={"wanted": BIGINT},
)
# ix_person_files_oldest_at
EXPIRED = Statement(
    """
    SELECT person FROM person_files WHERE oldest_at <= :before ORDER BY oldest_at LIMIT :limit
    """
)
ADD_TASTES = Statement(
    """
    INSERT INTO file_tastes (media_file_id, people, strength)
    SELECT media_file_id, people, strength FROM {rows} r WHERE true
    ON CONFLICT (media_file_id) DO UPDATE SET people = file_tastes.people + excluded.people,
      strength = file_tastes.strength + excluded.strength
    """,
    rows={"media_file_id": BIGINT, "people": BIGINT, "strength": BIGINT},
)
REMOVE_TASTES = Statement(
    """
    DELETE FROM file_tastes
    WHERE media_file_id IN (SELECT r.media_file_id FROM {rows} r) AND people = 0
    """,
    rows={"media_file_id": BIGINT},
)
ADD_PAIRS = Statement(
    """
    INSERT INTO file_pairs (media_file_id, other_id, people, strength)
    SELECT media_file_id, other_id, people, strength FROM {rows} r WHERE true
    ON CONFLICT (media_file_id, other_id) DO UPDATE SET
      people = file_pairs.people + excluded.people,
      strength = file_pairs.strength + excluded.strength
    """,
    rows={"media_file_id": BIGINT, "other_id": BIGINT, "people": BIGINT, "strength": BIGINT},
)
REMOVE_PAIRS = Statement(
    """
    DELETE FROM file_pairs
    WHERE (media_file_id, other_id) IN (SELECT r.media_file_id, r.other_id FROM {rows} r)
      AND people = 0
    """,
    rows={"media_file_id": BIGINT, "other_id": BIGINT},
)
ALL_TASTES = Statement("SELECT media_file_id, people, strength FROM file_tastes")
PAIRS_AFTER = Statement(
    """
    SELECT media_file_id, other_id, people, strength FROM file_pairs
    WHERE (media_file_id, other_id) > (:one, :other)
    ORDER BY media_file_id, other_id LIMIT :limit
    """
)
ALL_PAIRS = Statement("SELECT media_file_id, other_id, people, strength FROM file_pairs")
CLEAR = tuple(
    Statement(f"DELETE FROM {table}")  # noqa: S608 - names of ours
    for table in ("person_files", "file_tastes", "file_pairs")
)
# ix_file_pairs_strength: for each file only those with the most in common.
NEIGHBOURS = Statement(
    f"""
    SELECT p.media_file_id, p.other_id, p.people, p.strength,
      here.people, here.strength, there.people, there.strength
    FROM {{rows}} r
    JOIN file_pairs p ON p.media_file_id = r.wanted AND p.people >= {FEWEST_PEOPLE}
      AND p.strength >= COALESCE((
        SELECT q.strength FROM file_pairs q
        WHERE q.media_file_id = r.wanted AND q.people >= {FEWEST_PEOPLE}
        ORDER BY q.strength DESC LIMIT 1 OFFSET :beyond), 0)
    JOIN file_tastes here ON here.media_file_id = p.media_file_id
    JOIN file_tastes there ON there.media_file_id = p.other_id
    """,  # noqa: S608 - a number of ours
    rows={"wanted": BIGINT},
)
