"""Reading boards from their copies, if these are as new as the database.

Both are asked at the same time, the database only for the boards' stamps, and for all who ask in
the same round at once. A copy answers if it has the very stamp that the database tells; where it is
missing, behind, or of something else, the database answers itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from groundswell.contract.times import SECOND, Clock
from groundswell.domains.leaderboards.copies import Copied, Copies, CopiesGone
from groundswell.domains.leaderboards.gathering import Gathering
from groundswell.domains.leaderboards.mirroring import Mirroring
from groundswell.domains.leaderboards.standing_pages import Asked, Head, Part
from groundswell.store import BIGINT, TEXT, Statement, Store

_log = structlog.get_logger(__name__)

REST: Final = 5 * SECOND
"""How long copies that were gone are not asked again."""

HEADS = Statement(
    """
    SELECT r.board_id, r.window_start, s.stamp, s.version, coalesce(w.closed_at, -1),
        CASE WHEN w.board_id IS NULL THEN 0 ELSE 1 END
    FROM {rows} r JOIN board_states s ON s.board_id = r.board_id
    LEFT JOIN board_windows w ON w.board_id = r.board_id AND w.window_start = r.window_start
    """,
    rows={"board_id": TEXT, "window_start": BIGINT},
)

_Heads = Mapping[tuple[str, int], tuple[int, Head]]
"""By board and window, the stamp and what else the database tells."""


class BoardMirror:
    """Answers from copies, or says that it cannot.

    Args:
        store: tells how new a copy has to be.
        copies: where they are kept.
        mirroring: makes copies, and lets them follow.
        clock: the time.

    Attributes:
        mirroring: as above; it is to be run, and woken after every commit.
    """

    def __init__(self, store: Store, copies: Copies, mirroring: Mirroring, clock: Clock) -> None:
        self._store = store
        self._copies = copies
        self.mirroring = mirroring
        self._clock = clock
        self._gathered = Gathering(self._read_all)
        self._rests_until = 0
        self._answered = self._behind = self._gone = 0

    async def read(self, asked: Asked) -> tuple[Head, Part] | None:
        """The part asked for; None if the database has to be asked."""
        if self._clock() < self._rests_until:
            return None
        return await self._gathered(asked)

    def statistics(self) -> Mapping[str, float]:
        """How often copies answered, were not as new as the database, or could not be asked."""
        return {
            "answered_total": float(self._answered),
            "behind_total": float(self._behind),
            "gone_total": float(self._gone),
            **self.mirroring.statistics(),
        }

    async def _read_all(self, asked: Sequence[Asked]) -> list[tuple[Head, Part] | None]:
        heads, copied = await asyncio.gather(self._heads(asked), self._copied(asked))
        return [self._judge(one, heads, copy) for one, copy in zip(asked, copied, strict=True)]

    async def _heads(self, asked: Sequence[Asked]) -> _Heads:
        wanted = sorted({(one.board_id, one.window_start) for one in asked})
        rows = await self._store.fetch(HEADS, rows=wanted)
        return {
            (board_id, window): (stamp, Head(version, closed_at >= 0, bool(known)))
            for board_id, window, stamp, version, closed_at, known in rows
        }

    async def _copied(self, asked: Sequence[Asked]) -> Sequence[Copied | None]:
        try:
            return await self._copies.read(asked)
        except CopiesGone as error:
            self._gone += 1
            self._rests_until = self._clock() + REST
            _log.warning("copies of leaderboards do not answer", cause=repr(error.__cause__))
            return [None] * len(asked)

    def _judge(
        self, asked: Asked, heads: _Heads, copied: Copied | None
    ) -> tuple[Head, Part] | None:
        """The answer, if it is what the database would say."""
        stamp, head = heads.get((asked.board_id, asked.window_start), (None, None))
        if head is None or head.closed:
            return None
        if copied is None or copied.stamp != stamp:
            self._behind += 1
            self.mirroring.look_after(asked.board_id)
            return None
        self._answered += 1
        return head, copied.part
