"""Everything that is kept of what one user did."""

from __future__ import annotations

from typing import Any

from groundswell.contract.ids import user_actor
from groundswell.contract.times import to_rfc3339
from groundswell.domains.engagement.fold import comment_id
from groundswell.store import Row, Statement, Store, Transaction

# By voter_key: votes are known as long as they stand. Logs name somebody for as long as they may.
VOTES = Statement(
    """
    SELECT media_file_id, vote_type, created_at, updated_at FROM votes
    WHERE voter_key = :actor ORDER BY created_at, media_file_id
    """
)
PLAYS = Statement(
    """
    SELECT media_file_id, completed_at, qualified, play_duration FROM play_logs
    WHERE actor = :actor ORDER BY id
    """
)
DOWNLOADS = Statement(
    """
    SELECT media_file_id, downloaded_at, qualified FROM download_logs
    WHERE actor = :actor ORDER BY id
    """
)
VIEWS = Statement(
    "SELECT media_file_id, viewed_at, qualified FROM view_logs WHERE actor = :actor ORDER BY id"
)
COMMENTS = Statement(
    """
    SELECT id, media_file_id, body, created_at FROM comments
    WHERE author_id = :user_id ORDER BY id
    """
)
SHOWN = Statement(
    """
    SELECT id, activity_type, media_file_id, location, created_at FROM activity_feed
    WHERE actor_id = :user_id ORDER BY id
    """
)
OWNED = Statement(
    """
    SELECT media_file_id, title, artist, url, state, created_at FROM media
    WHERE owner_id = :user_id ORDER BY media_file_id
    """
)


async def export_engagement(store: Store, user_id: str) -> dict[str, Any]:
    """Votes, plays, downloads, views, comments, items of the feed and files of a user."""
    async with store.reading() as tx:
        found = {
            "votes": [_vote(row) for row in await tx.fetch(VOTES, actor=user_actor(user_id))],
            "plays": await _logged(tx, PLAYS, user_id),
            "downloads": await _logged(tx, DOWNLOADS, user_id),
            "views": await _logged(tx, VIEWS, user_id),
            "comments": [_comment(row) for row in await tx.fetch(COMMENTS, user_id=user_id)],
            "activity": [_shown(row) for row in await tx.fetch(SHOWN, user_id=user_id)],
            "media": [_file(row) for row in await tx.fetch(OWNED, user_id=user_id)],
        }
    return {name: rows for name, rows in found.items() if rows}


async def _logged(tx: Transaction, statement: Statement, user_id: str) -> list[dict[str, Any]]:
    rows = await tx.fetch(statement, actor=user_actor(user_id))
    return [
        {
            "mediaFileId": media,
            "at": to_rfc3339(at),
            "qualified": bool(qualified),
            **({"playDuration": duration[0]} if duration else {}),
        }
        for media, at, qualified, *duration in rows
    ]


def _vote(row: Row) -> dict[str, Any]:
    media, vote, created, updated = row
    at = {"createdAt": to_rfc3339(created), "updatedAt": to_rfc3339(updated)}
    return {"mediaFileId": media, "voteType": vote, **at}


def _comment(row: Row) -> dict[str, Any]:
    id_, media, body, at = row
    names = {"commentId": comment_id(id_), "mediaFileId": media}
    return {**names, "body": body, "createdAt": to_rfc3339(at)}


def _shown(row: Row) -> dict[str, Any]:
    id_, kind, media, location, at = row
    what = {"id": id_, "type": kind, "mediaFileId": media}
    return {**what, "location": location, "timestamp": to_rfc3339(at)}


def _file(row: Row) -> dict[str, Any]:
    media, title, artist, url, state, at = row
    what = {"mediaFileId": media, "title": title, "artist": artist, "url": url}
    return {**what, "state": state, "createdAt": to_rfc3339(at)}
