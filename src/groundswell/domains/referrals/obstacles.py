"""What stands in the way of binding somebody: who cannot have referred them, and limits."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from groundswell.contract.events import referrals as events
from groundswell.contract.events.referrals import RejectionReason
from groundswell.domains.referrals import code_rows
from groundswell.domains.referrals import referral_rows as sql
from groundswell.domains.referrals.attribution import Decision, Loss, Touch
from groundswell.domains.referrals.program_rows import Program
from groundswell.domains.referrals.referral_rows import find_person
from groundswell.store import Transaction
from groundswell.store.commands import EventTail

_LONGEST_CHAIN = 100
_ALMOST: tuple[tuple[Loss, RejectionReason], ...] = (
    ("self_referral", "self_referral"),
    ("circular_referral", "circular_referral"),
    ("referrer_not_eligible", "referrer_not_eligible"),
    ("window_elapsed", "attribution_window_elapsed"),
)


class Referee(msgspec.Struct, frozen=True):
    """Whom it is about: they registered, or typed a code, at ``at``."""

    user_id: str
    at: int
    anonymous: bool = False


def reject(
    tail: EventTail,
    program_id: str | None,
    user_id: str,
    reason: RejectionReason,
    now: int,
    touch: Touch | None = None,
) -> None:
    """Leave a trace of a referral that did not come about."""
    event = events.ConversionRejected(
        referral_id=None,
        reason=reason,
        program_id=program_id,
        referrer_id=touch.referrer_id if touch else None,
        user_id=user_id,
    )
    tail.append(event, now)


async def barred_referrers(
    transaction: Transaction, program: Program, referee_id: str, touches: Sequence[Touch]
) -> dict[str, Loss]:
    """Referrers who cannot have referred this person."""
    found: dict[str, Loss] = {}
    for referrer in sorted({touch.referrer_id for touch in touches}):
        if referrer == referee_id:
            found[referrer] = "self_referral"
        elif await sql.is_suspended(transaction, program.program_id, referrer):
            found[referrer] = "referrer_not_eligible"
        elif await _descends(transaction, program, referrer, referee_id):
            found[referrer] = "circular_referral"
    return found


async def _descends(
    transaction: Transaction, program: Program, user_id: str, ancestor: str
) -> bool:
    """Whether a user was referred by another, or over others if no circles are allowed at all."""
    for _ in range(_LONGEST_CHAIN if program.rules.acyclic else 1):
        rows = await transaction.fetch(
            sql.FIND_REFERRER, program_id=program.program_id, referee_id=user_id
        )
        if not rows:
            return False
        user_id = rows[0][0]
        if user_id == ancestor:
            return True
    return False


async def obstacle(
    transaction: Transaction, program: Program, referee: Referee, decision: Decision
) -> RejectionReason | None:
    """Why nothing comes of what was decided."""
    touch = decision.winner
    if touch is None:
        lost = {one.lost for one in decision.trace}
        return next((reason for loss, reason in _ALMOST if loss in lost), None)
    if not program.is_active(referee.at):
        return "program_inactive"
    limits = program.rules.limits
    if limits.referrals is not None and program.referrals >= limits.referrals:
        return "program_limit_reached"
    if limits.referrals_per_referrer is not None:
        rows = await transaction.fetch(
            sql.REFERRALS_OF, program_id=program.program_id, user_id=touch.referrer_id
        )
        if rows and rows[0][0] >= limits.referrals_per_referrer:
            return "referrer_limit_reached"
    return await _obstacle_of_code(transaction, touch, referee)


async def _obstacle_of_code(
    transaction: Transaction, touch: Touch, referee: Referee
) -> RejectionReason | None:
    if touch.code_id is None:
        return None
    rows = await transaction.fetch(code_rows.FIND_BY_ID, code_id=touch.code_id)
    code = code_rows.code_of(rows[0])
    if code.max_uses is not None and code.uses >= code.max_uses:
        return "code_exhausted"
    if code.recipient_id is not None and code.recipient_id != referee.user_id:
        return "recipient_mismatch"
    return None


async def existing_user(
    transaction: Transaction, program: Program, user_id: str, touched_at: int
) -> RejectionReason | None:
    """Whether somebody had an account too long before the touch."""
    if not program.rules.new_users_only:
        return None
    person = await find_person(transaction, user_id)
    grace = program.rules.windows.code_grace
    late = person is not None and touched_at - person.registered_at > grace
    return "existing_user" if late else None
