"""Executing a batch of votes, plays, downloads, views and comments.

Read, decide, write: the files are locked in the order of their ids, standing votes are read, the
commands are folded in memory in the order they came (so that each caller gets the exact counters
after its own), and what changed is written with one statement per table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from groundswell.contract.errors import Conflict, GroundswellError, MediaNotFound
from groundswell.contract.privacy import OPEN, Discretion
from groundswell.domains.engagement.commands import (
    CastVote,
    Interact,
    Record,
    RecordComment,
    RecordDownload,
    RecordPlay,
    RecordView,
    RemoveVote,
)
from groundswell.domains.engagement.files import File, lock_files
from groundswell.domains.engagement.fold import Fold
from groundswell.domains.engagement.qualification import (
    Disqualified,
    Kind,
    Windows,
    happened_at,
    long_enough,
)
from groundswell.domains.engagement.repeats import Candidate, claim
from groundswell.domains.engagement.statements import FIND_VOTES
from groundswell.store import Transaction
from groundswell.store.commands import EventTail
from groundswell.store.persons import Discretions

_KINDS: dict[type[Record], Kind] = {
    RecordPlay: "play",
    RecordDownload: "download",
    RecordView: "view",
}


def disqualified(command: Record, file: File) -> Disqualified | None:
    """Why an event cannot qualify whatever else happened; None if it may."""
    own = file.owner_id is not None and command.by.user_id == file.owner_id
    if own and not isinstance(command, RecordView):
        return "own"
    if isinstance(command, RecordPlay) and not long_enough(
        command.play_duration, file.duration_seconds
    ):
        return "too_short"
    return None


class Interactions:
    """Handles the commands by which people engage with files.

    Args:
        windows: for how long a repeat does not qualify.
        feed_retention: events older than this, in microseconds, make no item in the feed.
        discretions: what people wish to be known of what they do.
    """

    def __init__(self, windows: Windows, feed_retention: int, discretions: Discretions) -> None:
        self._windows = windows
        self._feed_retention = feed_retention
        self._discretions = discretions

    async def handle(
        self, transaction: Transaction, commands: Sequence[Interact], tail: EventTail
    ) -> list[object]:
        """Execute the batch; refused are unknown files, and comments of those incognito."""
        files = await lock_files(transaction, (one.media_file_id for one in commands))
        accepted = [
            (place, one, files[one.media_file_id])
            for place, one in enumerate(commands)
            if one.media_file_id in files and files[one.media_file_id].is_open(one.at)
        ]
        outcomes: list[object] = [MediaNotFound() for _ in commands]
        wishes = await self._wishes(transaction, accepted)
        for place, refusal in _comments_incognito(accepted, wishes).items():
            outcomes[place] = refusal
        accepted = [one for one in accepted if isinstance(outcomes[one[0]], MediaNotFound)]
        if not accepted:
            return outcomes
        votes = await self._votes(transaction, accepted)
        fold = Fold(tail, self._feed_retention, votes, wishes)
        qualified = await self._qualified(transaction, accepted)
        for place, command, file in accepted:
            outcomes[place] = self._apply(fold, command, file, qualified.get(place, "repeated"))
        await fold.write(transaction)
        return outcomes

    async def _wishes(
        self, transaction: Transaction, accepted: Sequence[tuple[int, Interact, File]]
    ) -> Mapping[str, Discretion]:
        """Read with what is written: a wish holds from the very event after it."""
        users = {one.by.user_id for _, one, _ in accepted if one.by.user_id is not None}
        return await self._discretions(transaction, users) if users else {}

    async def _votes(
        self, transaction: Transaction, accepted: Sequence[tuple[int, Interact, File]]
    ) -> list[tuple[int, str, str, int, int, int, str | None]]:
        keys = {
            (one.media_file_id, one.by.voter)
            for _, one, _ in accepted
            if isinstance(one, CastVote | RemoveVote)
        }
        if not keys:
            return []
        return await transaction.fetch(FIND_VOTES, rows=sorted(keys))

    async def _qualified(
        self, transaction: Transaction, accepted: Sequence[tuple[int, Interact, File]]
    ) -> dict[int, Disqualified | None]:
        """By place: None if it qualifies, or why not; repeats are missing."""
        verdicts: dict[int, Disqualified | None] = {}
        candidates: list[Candidate] = []
        for place, one, file in accepted:
            if not isinstance(one, Record) or isinstance(one, RecordComment):
                continue
            reason = disqualified(one, file)
            if reason is not None:
                verdicts[place] = reason
                continue
            candidates.append(
                Candidate(
                    place=place,
                    kind=_KINDS[type(one)],
                    media_file_id=one.media_file_id,
                    actor=one.by.actor,
                    at=happened_at(one.at, one.occurred_at),
                    late=one.occurred_at is not None,
                )
            )
        if candidates:
            for place in await claim(transaction, candidates, self._windows):
                verdicts[place] = None
        return verdicts

    def _apply(
        self, fold: Fold, command: Interact, file: File, reason: Disqualified | None
    ) -> object:
        match command:
            case CastVote():
                return fold.vote(command, file, command.vote_type)
            case RemoveVote():
                return fold.vote(command, file, None)
            case RecordPlay():
                return fold.play(command, file, reason)
            case RecordDownload():
                return fold.download(command, file, reason)
            case RecordView():
                return fold.view(command, file, reason)
            case RecordComment():
                return fold.comment(command, file)
            case _:
                raise TypeError(f"no handler for {type(command).__name__}")


def _comments_incognito(
    accepted: Sequence[tuple[int, Interact, File]], wishes: Mapping[str, Discretion]
) -> dict[int, GroundswellError]:
    """A comment is there to be read, and whoever is incognito leaves nothing but counts."""
    return {
        place: Conflict("incognito", "Comments cannot be left incognito.")
        for place, one, _ in accepted
        if isinstance(one, RecordComment) and wishes.get(one.by.user_id or "", OPEN).incognito
    }
