"""Deciding, for a whole batch at once, which plays, downloads and views qualify."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from groundswell.domains.engagement.qualification import Kind, Windows, clear_of, remember
from groundswell.domains.engagement.statements import (
    CLAIM_WINDOWS,
    EXTEND_WINDOWS,
    QUALIFIED_NEAR,
)
from groundswell.store import Transaction

Key = tuple[Kind, int, str]


class Candidate(NamedTuple):
    """Something that qualifies unless the same actor did the same thing within the window."""

    place: int
    kind: Kind
    media_file_id: int
    actor: str
    at: int
    late: bool

    @property
    def key(self) -> Key:
        """What a window belongs to."""
        return (self.kind, self.media_file_id, self.actor)


async def claim(
    transaction: Transaction, candidates: Sequence[Candidate], windows: Windows
) -> set[int]:
    """The places of the candidates that qualify."""
    prompt = [one for one in candidates if not one.late]
    late = [one for one in candidates if one.late]
    granted = await _claim_prompt(transaction, prompt, windows) if prompt else set()
    if late:
        taken = {one.key: one.at for one in prompt if one.place in granted}
        granted |= await _claim_late(transaction, late, windows, taken)
    return granted


async def _claim_prompt(
    transaction: Transaction, candidates: Sequence[Candidate], windows: Windows
) -> set[int]:
    """What happens now: the first of each key asks the table, its repeats are refused."""
    first: dict[Key, Candidate] = {}
    for one in candidates:
        first.setdefault(one.key, one)
    rows = [(*one.key, one.at, one.at + windows.of(one.kind)) for one in first.values()]
    answered = await transaction.fetch(CLAIM_WINDOWS, rows=sorted(rows))
    return {first[(kind, media, actor)].place for kind, media, actor in answered}


async def _claim_late(
    transaction: Transaction,
    candidates: Sequence[Candidate],
    windows: Windows,
    taken: dict[Key, int],
) -> set[int]:
    """What happened earlier: compared with the logs on both sides of its time."""
    times = await _qualified_times(transaction, candidates, windows)
    for key, at in taken.items():
        remember(times[key], at)
    granted: set[int] = set()
    extended: dict[Key, int] = {}
    for one in candidates:
        if clear_of(times[one.key], one.at, windows.of(one.kind)):
            remember(times[one.key], one.at)
            granted.add(one.place)
            extended[one.key] = max(one.at, extended.get(one.key, one.at))
    rows = [(*key, at, at + windows.of(key[0])) for key, at in extended.items()]
    if rows:
        # Not a deferred write: the same rows may have been claimed a moment ago.
        await transaction.fetch(EXTEND_WINDOWS, rows=sorted(rows))
    return granted


async def _qualified_times(
    transaction: Transaction, candidates: Sequence[Candidate], windows: Windows
) -> defaultdict[Key, list[int]]:
    times: defaultdict[Key, list[int]] = defaultdict(list)
    for kind, statement in QUALIFIED_NEAR.items():
        window = windows.of(kind)  # type: ignore[arg-type]
        rows = [
            (one.media_file_id, one.actor, one.at - window, one.at + window)
            for one in candidates
            if one.kind == kind
        ]
        if rows:
            for media, actor, at in await transaction.fetch(statement, rows=rows):
                remember(times[(kind, media, actor)], at)  # type: ignore[index]
    return times
