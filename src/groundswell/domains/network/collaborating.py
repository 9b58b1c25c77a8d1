"""Who worked with whom, and whom that suggests to whom."""

from __future__ import annotations

from typing import Final

from groundswell.contract.errors import GroundswellError
from groundswell.contract.events.network import CollaborationRecorded
from groundswell.contract.events.sharing import SuggestionCreated, SuggestionDismissed
from groundswell.contract.ids import derived_event_id
from groundswell.contract.times import DAY
from groundswell.domains.network.commands import DismissPerson, TrackCollaboration
from groundswell.domains.network.friendship import SUGGESTED_AT_ONCE, matches
from groundswell.domains.network.refusals import PersonSuggestionNotFound
from groundswell.domains.network.rows import blockers, find
from groundswell.domains.network.statements import (
    ADD_COLLABORATION,
    ADD_SUGGESTION,
    DISMISS,
    EARLIER,
    FIND_SUGGESTION,
)
from groundswell.store import Transaction
from groundswell.store.commands import EventTail

LASTS: Final = 30 * DAY


async def track(transaction: Transaction, command: TrackCollaboration, tail: EventTail) -> bool:
    """Keep that they work together, once per project, and suggest what follows."""
    owner, partner = command.owner_id, command.partner_id
    if owner == partner:
        return False
    known = await find(transaction, owner, partner)
    referred = known is not None and bool(known.joined)
    added = await transaction.fetch(
        ADD_COLLABORATION,
        project_id=command.project_id,
        partner_id=partner,
        owner_id=owner,
        referred=int(referred),
        at=command.at,
    )
    if not added:
        return False
    event = CollaborationRecorded(
        user_id=partner, owner_id=owner, project_id=command.project_id, referred=referred
    )
    tail.append(event, command.at)
    earlier = await transaction.fetch(
        EARLIER, owner_id=owner, partner_id=partner, limit=SUGGESTED_AT_ONCE
    )
    for match in matches(owner, partner, [row[0] for row in earlier]):
        await _suggest(transaction, *match, command.at, tail)
    return True


async def dismiss(
    transaction: Transaction, command: DismissPerson, tail: EventTail
) -> GroundswellError | None:
    """Show it no more, nor make it again."""
    rows = await transaction.fetch(FIND_SUGGESTION, suggestion_id=command.suggestion_id)
    if not rows or rows[0][0] != command.user_id:
        return PersonSuggestionNotFound()
    await transaction.write(DISMISS, suggestion_id=command.suggestion_id)
    event = SuggestionDismissed(user_id=command.user_id, suggestion_id=command.suggestion_id)
    tail.append(event, command.at)
    return None


async def _suggest(
    transaction: Transaction,
    user_id: str,
    kind: str,
    subject_id: str,
    reason: str,
    at: int,
    tail: EventTail,
) -> None:
    """Suggest somebody, unless one blocks the other or they are friends already."""
    if await blockers(transaction, user_id, subject_id):
        return
    if kind == "friend" and await find(transaction, user_id, subject_id) is not None:
        return
    name = f"{user_id} {kind} {subject_id}"
    suggestion_id = "sug-" + derived_event_id(name, at).removeprefix("msg-")
    row = (suggestion_id, user_id, kind, subject_id, reason, "open", at, at + LASTS)
    if await transaction.fetch(ADD_SUGGESTION, rows=[row]):
        event = SuggestionCreated(
            user_id=user_id,
            suggestion_id=suggestion_id,
            kind=kind,
            subject_id=subject_id,
            reason=reason,
            expires_at=at + LASTS,
        )
        tail.append(event, at)
