"""Forgetting somebody: votes keep their weight under random names, logs lose who it was."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from groundswell.domains.engagement.withdrawing import take_out
from groundswell.store import BIGINT, TEXT, Statement, Transaction
from groundswell.store.commands import EventTail
from groundswell.store.persons import Eraser, Erasure, Trail

_LOGS = ("play_logs", "download_logs", "view_logs", "comments", "votes")
_BY = "SELECT l.id FROM {table} l WHERE l.id > :after AND (l.actor = :name OR l.ip_hash = :name)"

# Whole tables, in a snapshot and not by the writer: no index on who it was slows every play.
FIND = {table: Statement(_BY.format(table=table)) for table in _LOGS}
FIND_COMMENTS = Statement("SELECT id FROM comments WHERE id > :after AND author_id = :user_id")
FIND_SHOWN = Statement("SELECT id FROM activity_feed WHERE id > :after AND ip_hash = :name")
# ix_activity_feed_actor_id
FIND_OWN_SHOWN = Statement("SELECT id FROM activity_feed WHERE actor_id = :user_id")


def _forget(table: str) -> Statement:
    network = "network = NULL, " if table == "votes" else ""
    return Statement(
        f"""
        UPDATE {table} SET ip_hash = NULL, session_id = NULL, {network}
          actor = CASE WHEN actor = :name THEN NULL ELSE actor END
        WHERE id IN (SELECT r.id FROM {{rows}} r) AND (actor = :name OR ip_hash = :name)
        RETURNING id
        """,  # noqa: S608 - names of ours
        rows={"id": BIGINT},
    )


FORGET = {table: _forget(table) for table in _LOGS}
# Without a text it is no comment to be read any more; it stays counted.
TAKE_BACK = Statement(
    """
    UPDATE comments SET body = '', author_id = NULL, actor = NULL, ip_hash = NULL, session_id = NULL
    WHERE id IN (SELECT r.id FROM {rows} r) AND (author_id = :user_id OR actor = :name)
    RETURNING id
    """,
    rows={"id": BIGINT},
)
# ix_votes_voter_key
FIND_VOTES = Statement("SELECT media_file_id FROM votes WHERE voter_key = :voter")
RENAME_VOTES = Statement(
    """
    UPDATE votes SET voter_key = r.name, actor = NULL, ip_hash = NULL, session_id = NULL,
      network = NULL
    FROM {rows} r WHERE votes.media_file_id = r.media_file_id AND votes.voter_key = :voter
    """,
    rows={"media_file_id": BIGINT, "name": TEXT},
)
FIND_VOTERS = Statement(
    """
    SELECT DISTINCT v.voter_key FROM {rows} r JOIN votes v ON v.id = r.id WHERE v.actor = :name
    """,
    rows={"id": BIGINT},
)
FORGET_WINDOWS = Statement("DELETE FROM recent_actors WHERE actor = :name RETURNING actor")
FORGET_OWNER = Statement(
    "UPDATE media SET owner_id = :tombstone WHERE owner_id = :user_id RETURNING media_file_id"
)


async def find(tx: Transaction, erasure: Erasure, after: int) -> Trail:
    """The rows that name somebody, beyond a place in the log."""
    found: dict[str, set[int]] = {table: set() for table in (*_LOGS, "activity_feed")}
    for name in erasure.actors:
        for table, statement in FIND.items():
            found[table].update(row[0] for row in await tx.fetch(statement, after=after, name=name))
        shown = await tx.fetch(FIND_SHOWN, after=after, name=name)
        found["activity_feed"].update(row[0] for row in shown)
    if erasure.user_id is not None:
        own = await tx.fetch(FIND_COMMENTS, after=after, user_id=erasure.user_id)
        found["comments"].update(row[0] for row in own)
    return {table: sorted(ids) for table, ids in found.items()}


async def erase(tx: Transaction, erasure: Erasure, trail: Trail, tail: EventTail) -> int:
    """Forget somebody."""
    touched = await _take_back(tx, erasure, trail)
    for voter in await _voters(tx, erasure, trail):
        touched += await _rename_votes(tx, voter)
    for name in sorted(erasure.actors):
        for table, statement in FORGET.items():
            rows = [(one,) for one in trail.get(table, ())]
            touched += len(await tx.fetch(statement, rows=rows, name=name)) if rows else 0
        touched += len(await tx.fetch(FORGET_WINDOWS, name=name))
    return touched + await _leave_public(tx, erasure, trail.get("activity_feed", ()), tail)


async def _take_back(tx: Transaction, erasure: Erasure, trail: Trail) -> int:
    rows = [(one,) for one in trail.get("comments", ())]
    if not rows:
        return 0
    user_id = erasure.user_id or ""
    return sum(
        [
            len(await tx.fetch(TAKE_BACK, rows=rows, user_id=user_id, name=name))
            for name in sorted(erasure.actors)
        ]
    )


async def _voters(tx: Transaction, erasure: Erasure, trail: Trail) -> list[str]:
    """Their names as voters; in the strict profile a visitor has another one for each file."""
    voters = set(erasure.voters)
    rows = [(one,) for one in trail.get("votes", ())]
    if rows:
        for name in sorted(erasure.actors):
            voters.update(row[0] for row in await tx.fetch(FIND_VOTERS, rows=rows, name=name))
    return sorted(voters)


async def _rename_votes(tx: Transaction, voter: str) -> int:
    votes = await tx.fetch(FIND_VOTES, voter=voter)
    # One name per vote: what one person voted must not be joined any more.
    rows = [(media, f"erased:{secrets.token_hex(16)}") for (media,) in votes]
    if rows:
        await tx.fetch(RENAME_VOTES, rows=rows, voter=voter)
    return len(rows)


async def _leave_public(
    tx: Transaction, erasure: Erasure, shown: Sequence[int], tail: EventTail
) -> int:
    gone = set(shown)
    owned = 0
    if erasure.user_id is not None:
        rows = await tx.fetch(FIND_OWN_SHOWN, user_id=erasure.user_id)
        gone.update(row[0] for row in rows)
        owned = len(
            await tx.fetch(FORGET_OWNER, user_id=erasure.user_id, tombstone=erasure.tombstone)
        )
    return owned + (await take_out(tx, sorted(gone), tail, erasure.at) if gone else 0)


ENGAGEMENT_ERASER = Eraser("engagement", erase, find)
