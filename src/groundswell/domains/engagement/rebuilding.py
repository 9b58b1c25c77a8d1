"""Rebuilding what is derived: counters and hourly sums, from the logs."""

from __future__ import annotations

from groundswell.domains.engagement.audit import HOURS_FROM_LOGS
from groundswell.log.journal import TAKE_TURN
from groundswell.store import Statement, Store

RECOUNT = Statement(
    """
    UPDATE media SET
      play_count = initial_play_count
        + (SELECT COUNT(*) FROM play_logs l WHERE l.media_file_id = media.media_file_id),
      qualified_play_count = (SELECT COUNT(*) FROM play_logs l
        WHERE l.media_file_id = media.media_file_id AND l.qualified = 1),
      download_count =
        (SELECT COUNT(*) FROM download_logs l WHERE l.media_file_id = media.media_file_id),
      view_count = (SELECT COUNT(*) FROM view_logs l WHERE l.media_file_id = media.media_file_id),
      comment_count = (SELECT COUNT(*) FROM comments l WHERE l.media_file_id = media.media_file_id),
      upvotes = (SELECT COUNT(*) FROM votes l
        WHERE l.media_file_id = media.media_file_id AND l.vote_type = 'up'),
      downvotes = (SELECT COUNT(*) FROM votes l
        WHERE l.media_file_id = media.media_file_id AND l.vote_type = 'down')
    """
)
CLEAR_HOURS = Statement("DELETE FROM media_hours")
FILL_HOURS = Statement(
    f"""
    INSERT INTO media_hours (media_file_id, hour, plays, qualified_plays, downloads, views,
                             comments, net_votes)
    {HOURS_FROM_LOGS}
    """
)
COUNT = Statement("SELECT COUNT(*) FROM media")


async def rebuild(store: Store) -> int:
    """Compute counters and hourly sums anew; the result is the number of files.

    Writers wait for the turn this takes in the event log, so nothing is lost in between.
    """
    async with store.writing() as tx:
        await tx.fetch(TAKE_TURN)
        await tx.fetch(RECOUNT)
        await tx.fetch(CLEAR_HOURS)
        await tx.fetch(FILL_HOURS)
        return int((await tx.fetch(COUNT))[0][0])
