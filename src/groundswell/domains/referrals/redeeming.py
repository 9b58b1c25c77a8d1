"""Codes that people type, and what the host decides by hand."""

from __future__ import annotations

from typing import cast

from groundswell.contract.errors import GroundswellError
from groundswell.contract.events.referrals import RejectionReason
from groundswell.domains.referrals import code_rows
from groundswell.domains.referrals.attribution import Decision, Touch
from groundswell.domains.referrals.binding import Bound, consider, rebind
from groundswell.domains.referrals.codes import Code, normalised
from groundswell.domains.referrals.commands import (
    RedeemCode,
    SetReferrer,
)
from groundswell.domains.referrals.naming import new_id
from groundswell.domains.referrals.obstacles import Referee, barred_referrers, existing_user, reject
from groundswell.domains.referrals.program_rows import Program, find_program
from groundswell.domains.referrals.referral_rows import Referral, find_person, find_referral
from groundswell.domains.referrals.refusals import ProgramNotFound
from groundswell.domains.referrals.touch_rows import (
    TouchRow,
    add_touch,
    touches_of,
    typed,
)
from groundswell.domains.referrals.views import Redemption
from groundswell.store import Transaction
from groundswell.store.commands import EventTail


async def redeem(
    transaction: Transaction, command: RedeemCode, tail: EventTail
) -> Redemption | GroundswellError:
    """A typed code: the referral, the same one if it is claimed again, or why there is none."""
    program = await find_program(transaction, command.program_id)
    if program is None:
        return ProgramNotFound()
    code = await code_rows.find_code(transaction, normalised(command.code))
    bound = await find_referral(transaction, command.program_id, command.user_id)
    if bound is not None and code is not None and bound.code_id == code.code_id:
        return _redemption(bound)
    reason = await _refusal(transaction, program, code, bound, command)
    touch = None
    if code is not None and code.program_id == program.program_id:
        touch = typed(code, command.user_id, command.at)
    if reason is None and touch is not None:
        outcome = await _bind(transaction, tail, program, touch, command)
        if isinstance(outcome, Referral):
            return _redemption(outcome)
        reason = outcome
    else:
        known = None if touch is None else touch.touch(None)
        cause = reason or "code_not_found"
        reject(tail, program.program_id, command.user_id, cause, command.at, known)
    return Redemption(
        referral_id=None,
        program_id=program.program_id,
        referrer_id=None,
        user_id=command.user_id,
        state=None,
        rejected=reason or "code_not_found",
    )


async def set_referrer(
    transaction: Transaction, command: SetReferrer, tail: EventTail
) -> Redemption | GroundswellError:
    """The host decides: stronger than anything else, and than what was decided before."""
    program = await find_program(transaction, command.program_id)
    if program is None:
        return ProgramNotFound()
    row = _by_hand(command)
    touch = row.touch(None)
    bound = await find_referral(transaction, command.program_id, command.user_id)
    if bound is not None and bound.referrer_id == command.referrer_id:
        return _redemption(bound)
    outcome: Bound
    if bound is None:
        person = Referee(command.user_id, command.at)
        outcome = await consider(transaction, tail, program, person, [touch], command.at)
    else:
        outcome = await _rebind(transaction, tail, program, bound, touch, command)
    if not isinstance(outcome, Referral):
        return _rejected(program, command.user_id, outcome or "condition_failed")
    await add_touch(transaction, row)
    return _redemption(outcome)


async def _refusal(
    transaction: Transaction,
    program: Program,
    code: Code | None,
    bound: Referral | None,
    command: RedeemCode,
) -> RejectionReason | None:
    if code is None or code.program_id != program.program_id:
        return "code_not_found"
    if code.user_id == command.user_id:
        return "self_referral"
    if bound is not None:
        return "already_referred"
    if not program.is_active(command.at):
        return "program_inactive"
    existing = await existing_user(transaction, program, command.user_id, command.at)
    if reason := code.refusal(command.at) or existing:
        return reason
    touch = typed(code, command.user_id, command.at).touch(None)
    barred = await barred_referrers(transaction, program, command.user_id, [touch])
    # Losing for these reasons is called as the rejection is.
    return cast("RejectionReason | None", barred.get(code.user_id))


async def _bind(
    transaction: Transaction,
    tail: EventTail,
    program: Program,
    row: TouchRow,
    command: RedeemCode,
) -> Referral | RejectionReason | None:
    person = await find_person(transaction, command.user_id)
    others = await touches_of(
        transaction,
        command.user_id,
        person.visitor_id if person else None,
        person.click_id if person else None,
    )
    click = person.click_id if person else None
    touches = [one.touch(click) for one in others if one.program_id == program.program_id]
    anonymous = command.anonymous or bool(person and person.anonymous)
    referee = Referee(command.user_id, command.at, anonymous)
    touches.append(row.touch(None))
    outcome = await consider(transaction, tail, program, referee, touches, command.at)
    if isinstance(outcome, Referral):
        await add_touch(transaction, row)
    return outcome


async def _rebind(
    transaction: Transaction,
    tail: EventTail,
    program: Program,
    bound: Referral,
    touch: Touch,
    command: SetReferrer,
) -> Referral | RejectionReason:
    barred = await barred_referrers(transaction, program, command.user_id, [touch])
    if touch.referrer_id in barred:
        reason = cast("RejectionReason", barred[touch.referrer_id])
        reject(tail, program.program_id, command.user_id, reason, command.at, touch)
        return reason
    decision = Decision(winner=touch, trace=())
    return await rebind(transaction, tail, program, bound, decision, command.reason, command.at)


def _by_hand(command: SetReferrer) -> TouchRow:
    return TouchRow(
        touch_id=new_id("touch"),
        program_id=command.program_id,
        referrer_id=command.referrer_id,
        code_id=None,
        referral_id=new_id("ref"),
        kind="manual",
        visitor_id=None,
        user_id=command.user_id,
        identity=None,
        address=None,
        source=None,
        query=None,
        at=command.at,
        recorded_at=command.at,
    )


def _redemption(referral: Referral) -> Redemption:
    return Redemption(
        referral_id=referral.referral_id,
        program_id=referral.program_id,
        referrer_id=referral.referrer_id,
        user_id=referral.referee_id,
        state=referral.state,
    )


def _rejected(program: Program, user_id: str, reason: RejectionReason) -> Redemption:
    return Redemption(
        referral_id=None,
        program_id=program.program_id,
        referrer_id=None,
        user_id=user_id,
        state=None,
        rejected=reason,
    )
