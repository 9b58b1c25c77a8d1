"""The operator's trail: decisions and refusals, read from the log by the index that is theirs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from groundswell.contract.trail import TRAIL, TRAIL_TYPES, TrailEntry, TrailKind
from groundswell.log.tables import OF_TRAIL
from groundswell.store import Statement, Store

# ix_event_log_trail: its condition has to stand here word by word to be recognized.
OLDER = Statement(
    f"""
    SELECT seq, event_id, event_type, at, payload FROM event_log
    WHERE {OF_TRAIL} AND event_type = :event_type AND seq < :before
    ORDER BY seq DESC LIMIT :limit
    """  # noqa: S608 - names of types are ours
)
_NEWEST = 2**63 - 1


class Trail:
    """Reads the trail.

    Args:
        store: where the log is.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def older(
        self, kind: TrailKind | None, before: int | None, limit: int
    ) -> Sequence[TrailEntry]:
        """Entries of a kind, or of all, stored before the place ``before``; newest first."""
        names = TRAIL_TYPES if kind is None else TRAIL[kind]
        place = _NEWEST if before is None else before
        async with self._store.reading() as tx:
            found = [
                row
                for name in names
                for row in await tx.fetch(OLDER, event_type=name, before=place, limit=limit)
            ]
        found.sort(key=lambda row: -row[0])
        return [
            TrailEntry(seq, event_id, event_type, at, msgspec.json.decode(payload))
            for seq, event_id, event_type, at, payload in found[:limit]
        ]
