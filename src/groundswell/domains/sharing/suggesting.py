"""Suggestions: made once, dismissed for good."""

from __future__ import annotations

from typing import Final

from groundswell.contract.errors import GroundswellError
from groundswell.contract.events.sharing import SuggestionCreated, SuggestionDismissed
from groundswell.contract.times import DAY
from groundswell.domains.sharing.commands import DismissSuggestion, Suggest
from groundswell.domains.sharing.refusals import SuggestionNotFound
from groundswell.domains.sharing.statements import ADD_SUGGESTION, DISMISS, FIND_SUGGESTION
from groundswell.store import Transaction
from groundswell.store.commands import EventTail

LASTS: Final = 14 * DAY


async def suggest(transaction: Transaction, command: Suggest, tail: EventTail) -> bool:
    """Suggest something; whether it is new to the user."""
    expires_at = command.at + LASTS
    row = (
        command.suggestion_id,
        command.user_id,
        command.kind,
        command.subject_id,
        command.reason,
        command.title,
        "open",
        command.at,
        expires_at,
    )
    if not await transaction.fetch(ADD_SUGGESTION, rows=[row]):
        return False
    event = SuggestionCreated(
        user_id=command.user_id,
        suggestion_id=command.suggestion_id,
        kind=command.kind,
        subject_id=command.subject_id,
        reason=command.reason,
        title=command.title,
        expires_at=expires_at,
    )
    tail.append(event, command.at)
    return True


async def dismiss_suggestion(
    transaction: Transaction, command: DismissSuggestion, tail: EventTail
) -> GroundswellError | None:
    """Show it no more; said again it changes nothing."""
    rows = await transaction.fetch(FIND_SUGGESTION, suggestion_id=command.suggestion_id)
    if not rows or rows[0][0] != command.user_id:
        return SuggestionNotFound()
    if rows[0][1] == "open":
        await transaction.write(DISMISS, suggestion_id=command.suggestion_id)
        event = SuggestionDismissed(user_id=command.user_id, suggestion_id=command.suggestion_id)
        tail.append(event, command.at)
    return None
