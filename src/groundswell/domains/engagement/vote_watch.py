"""The job that looks at the newest votes, and the queue of what it found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from groundswell.contract.paging import Page, page_of, place_of
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.domains.engagement.apart import apart
from groundswell.domains.engagement.quarantine import CaseState, QuarantineVotes, VoteCase, case_of
from groundswell.domains.engagement.vote_signals import WINDOW, FreshVote, suspicions
from groundswell.log.reactions import Submit
from groundswell.store import Statement, Store
from groundswell.store.repeating import repeat

SECONDS: Final = 15.0
MOST: Final = 5_000

# ix_votes_updated_at, then primary keys, and ix_votes_voter_key for what the voter did before.
# recent_actors has who played or viewed within the hour.
FRESH = Statement(
    """
    SELECT v.voter_key, v.media_file_id, v.actor, v.ip_hash, v.vote_type, v.updated_at, m.owner_id,
      v.network, v.hosted,
      EXISTS (
        SELECT 1 FROM recent_actors a WHERE a.kind IN ('play', 'view')
          AND a.media_file_id = v.media_file_id AND a.actor = v.actor
      ),
      EXISTS (SELECT 1 FROM votes o WHERE o.voter_key = v.voter_key AND o.created_at <= :after)
    FROM votes v JOIN media m ON m.media_file_id = v.media_file_id
    WHERE v.updated_at > :after AND v.updated_at <= :until
      AND v.quarantined_by IS NULL AND v.actor IS NOT NULL
    ORDER BY v.updated_at DESC LIMIT :most
    """
)
NEWEST = Statement("SELECT MAX(updated_at) FROM votes")
# ix_vote_cases_state
PAGE = Statement(
    """
    SELECT case_id, media_file_id, signal, votes, state, opened_at, decided_at, note
    FROM vote_cases
    WHERE state = :state AND (opened_at, case_id) < (:before_at, :before_id)
    ORDER BY opened_at DESC, case_id DESC LIMIT :limit
    """
)


class VoteWatch:
    """Reads beside the writer, so that no vote waits for it; what it finds goes through the writer.

    Several processes may look: a vote without weight is not taken it again.

    Args:
        store: the database.
        submit: the writer's.
        clock: the time.
    """

    def __init__(self, store: Store, submit: Submit, clock: Clock) -> None:
        self._store = store
        self._submit = submit
        self._clock = clock
        self._seen: int | None = None
        self._quarantined = 0

    async def run(self) -> None:
        """Look every quarter of a minute, until cancelled."""
        await repeat(
            self.look,
            SECONDS,
            postponed="votes could not be looked at",
            failed="looking at votes failed",
            at_once=False,
        )

    async def look(self) -> int:
        """Look at the newest votes, if there are any since the last look; how many lost weight."""
        newest = (await self._store.fetch(NEWEST))[0][0]
        if newest is None or newest == self._seen:
            return 0
        now = self._clock()
        rows = await self._store.fetch(FRESH, after=now - WINDOW, until=now, most=MOST)
        self._seen = newest
        votes = [FreshVote._make((*row[:8], *map(bool, row[8:]))) for row in rows]
        found = await apart(len(votes), suspicions, votes)
        taken = 0
        for one in found:
            taken += await self._submit(
                QuarantineVotes(
                    at=now, media_file_id=one.media_file_id, signal=one.signal, voters=one.voters
                )
            )
        self._quarantined += taken
        return taken

    async def cases(self, state: CaseState, limit: int, cursor: str | None) -> Page[VoteCase]:
        """The queue, newest first.

        Raises:
            Invalid: the cursor is none of this list.
        """
        at, before = place_of(cursor)
        rows = await self._store.fetch(
            PAGE, state=state, before_at=at, before_id=before, limit=limit + 1
        )
        return page_of(
            rows,
            limit,
            to_rfc3339(self._clock()),
            show=case_of,
            place=lambda row: (row[5], row[0]),
        )

    def statistics(self) -> Mapping[str, float]:
        """Votes that lost their weight since the start."""
        return {"quarantined_total": float(self._quarantined)}
