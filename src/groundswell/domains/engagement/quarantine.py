"""Taking the weight from votes that look wrong, and giving it back: never the vote itself.

A quarantined vote stands: its voter sees it, the public counters have it. It weighs nothing in any
list, and is no actor in any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, ClassVar, Final, Literal

import msgspec
from uuid_utils import uuid7

from groundswell.contract.errors import Conflict, NotFound
from groundswell.contract.events.engagement import AnomalyDetected, VotesQuarantined, VotesReleased
from groundswell.contract.times import DAY, HOUR, to_rfc3339
from groundswell.domains.engagement.files import lock_files
from groundswell.domains.engagement.statements import ADD_TO_HOURS, RECALL_LAST_EVENT
from groundswell.domains.engagement.vote_signals import SEVERITY, Signal
from groundswell.domains.engagement.voting import sign
from groundswell.store import BIGINT, TEXT, Row, Statement, Transaction
from groundswell.store.commands import Command, EventTail, Handler

TRUSTED: Final = DAY
"""How long after somebody released votes on a file the same signal says nothing about it."""

DecidedState = Literal["confirmed", "released"]
CaseState = Literal["open"] | DecidedState

# Primary key.
FIND_FREE = Statement(
    """
    SELECT v.media_file_id, v.voter_key, v.id, v.vote_type, v.updated_at
    FROM {rows} r JOIN votes v ON v.media_file_id = r.media_file_id AND v.voter_key = r.voter_key
    WHERE v.quarantined_by IS NULL
    """,
    rows={"media_file_id": BIGINT, "voter_key": TEXT},
)
# ix_votes_quarantined_by
FIND_HELD = Statement(
    """
    SELECT media_file_id, voter_key, id, vote_type, updated_at FROM votes
    WHERE quarantined_by = :case_id
    """
)
FILE_OF_CASE = Statement("SELECT media_file_id FROM vote_cases WHERE case_id = :case_id")
MARK = Statement(
    """
    UPDATE votes SET quarantined_by = r.case_id FROM {rows} r
    WHERE votes.media_file_id = r.media_file_id AND votes.voter_key = r.voter_key
    """,
    rows={"media_file_id": BIGINT, "voter_key": TEXT, "case_id": TEXT},
)
ADD_CASE = Statement(
    """
    INSERT INTO vote_cases (case_id, media_file_id, signal, votes, state, opened_at)
    VALUES (:case_id, :media_file_id, :signal, :votes, 'open', :at)
    """
)
# ix_vote_cases_state
RELEASED = Statement(
    """
    SELECT 1 FROM vote_cases
    WHERE state = 'released' AND media_file_id = :media_file_id AND signal = :signal
      AND decided_at > :since
    """
)
FIND_CASE = Statement(
    """
    SELECT case_id, media_file_id, signal, votes, state, opened_at, decided_at, note
    FROM vote_cases WHERE case_id = :case_id
    """
)
DECIDE = Statement(
    """
    UPDATE vote_cases SET state = :state, decided_at = :at, note = :note WHERE case_id = :case_id
    """
)


class VoteCase(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Votes on one file that look wrong for one reason. Who voted is told to nobody."""

    case_id: str
    media_file_id: int
    signal: str
    votes: int
    state: CaseState
    opened_at: str
    decided_at: str | None
    note: str | None


class VoteCaseNotFound(NotFound):
    """No case has this id."""

    code = "vote_case_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such case.")


class QuarantineVotes(Command, frozen=True, kw_only=True):
    """Take the weight from votes on one file, by their voters. Answers how many still had it."""

    answer: ClassVar[type] = int
    media_file_id: int
    signal: Signal
    voters: tuple[str, ...]


class DecideVotes(Command, frozen=True, kw_only=True):
    """Give the votes of a case their weight back, or leave them without for good."""

    answer: ClassVar[type] = VoteCase
    case_id: str
    state: DecidedState
    note: str | None = None


def case_of(row: Row) -> VoteCase:
    """The case of a row of ``FIND_CASE``."""
    case_id, media, signal, votes, state, opened, decided, note = row
    return VoteCase(
        case_id=case_id,
        media_file_id=media,
        signal=signal,
        votes=votes,
        state=state,
        opened_at=to_rfc3339(opened),
        decided_at=None if decided is None else to_rfc3339(decided),
        note=note,
    )


async def handle(
    transaction: Transaction, commands: Sequence[Any], tail: EventTail
) -> list[object]:
    """Execute a batch one by one: these are rare. All files are locked in one order first."""
    named = [one.media_file_id for one in commands if isinstance(one, QuarantineVotes)]
    for one in commands:
        if isinstance(one, DecideVotes):
            rows = await transaction.fetch(FILE_OF_CASE, case_id=one.case_id)
            named += [row[0] for row in rows]
    await lock_files(transaction, named)
    return [await _one(transaction, one, tail) for one in commands]


async def _one(transaction: Transaction, command: Any, tail: EventTail) -> object:
    if isinstance(command, QuarantineVotes):
        return await _quarantine(transaction, command, tail)
    return await _decide(transaction, command, tail)


async def _quarantine(transaction: Transaction, command: QuarantineVotes, tail: EventTail) -> int:
    media = command.media_file_id
    since = command.at - TRUSTED
    if await transaction.fetch(RELEASED, media_file_id=media, signal=command.signal, since=since):
        return 0
    votes = await transaction.fetch(FIND_FREE, rows=[(media, one) for one in command.voters])
    if not votes:
        return 0
    case_id = f"case-{uuid7().hex}"
    await transaction.fetch(
        ADD_CASE,
        case_id=case_id,
        media_file_id=media,
        signal=command.signal,
        votes=len(votes),
        at=command.at,
    )
    await _weigh(transaction, votes, case_id, -1)
    signal = command.signal
    anomaly = AnomalyDetected(media_file_id=media, signal=signal, severity=SEVERITY[signal])
    tail.append(anomaly, command.at)
    event = VotesQuarantined(
        media_file_id=media,
        case_id=case_id,
        signal=command.signal,
        count=len(votes),
        vote_ids=tuple(sorted(row[2] for row in votes)),
    )
    tail.append(event, command.at)
    return len(votes)


async def _decide(transaction: Transaction, command: DecideVotes, tail: EventTail) -> object:
    """Decided the same way again, it is answered the same."""
    rows = await transaction.fetch(FIND_CASE, case_id=command.case_id)
    if not rows:
        return VoteCaseNotFound()
    case = case_of(rows[0])
    if case.state == command.state:
        return case
    if case.state == "released":
        return Conflict("illegal_transition", "These votes have their weight back.")
    names = {"case_id": case.case_id, "state": command.state, "note": command.note}
    await transaction.fetch(DECIDE, **names, at=command.at)
    if command.state == "released":
        await _release(transaction, case, command.at, tail)
    return case_of((await transaction.fetch(FIND_CASE, case_id=case.case_id))[0])


async def _release(transaction: Transaction, case: VoteCase, at: int, tail: EventTail) -> None:
    """Those of the votes that still stand."""
    votes = await transaction.fetch(FIND_HELD, case_id=case.case_id)
    await _weigh(transaction, votes, None, 1)
    event = VotesReleased(
        media_file_id=case.media_file_id,
        case_id=case.case_id,
        signal=case.signal,
        count=len(votes),
        vote_ids=tuple(sorted(row[2] for row in votes)),
    )
    tail.append(event, at)


async def _weigh(
    transaction: Transaction, votes: Sequence[Row], case_id: str | None, by: int
) -> None:
    """Mark the votes, and count them out of the hours in which they were cast, or in again."""
    if not votes:
        return
    await transaction.write(MARK, rows=[(row[0], row[1], case_id) for row in votes])
    hours: dict[tuple[int, int], int] = defaultdict(int)
    for media, _, _, vote_type, at in votes:
        hours[media, at - at % HOUR] += by * sign(vote_type)
    sums = [(*key, 0, 0, 0, 0, 0, net) for key, net in sorted(hours.items())]
    await transaction.write(ADD_TO_HOURS, rows=sums)
    files = sorted({row[0] for row in votes})
    # Not with the writes above, which it has to see.
    await transaction.fetch(RECALL_LAST_EVENT, rows=[(media,) for media in files])


def quarantine_handler() -> Handler:
    """The handler of the review of votes."""
    return Handler((QuarantineVotes, DecideVotes), handle)
