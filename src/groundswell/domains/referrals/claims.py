"""What people and the host claim: a code that was typed, a registration, an activity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import msgspec

from groundswell.contract.errors import GroundswellError
from groundswell.contract.events.referrals import RejectionReason
from groundswell.domains.referrals import code_rows
from groundswell.domains.referrals import conversion_rows as conversions
from groundswell.domains.referrals import referral_rows as sql
from groundswell.domains.referrals.attribution import Decision, Touch
from groundswell.domains.referrals.binding import (
    Bound,
    Referee,
    barred_referrers,
    consider,
    look_again,
    rebind,
    reject,
)
from groundswell.domains.referrals.codes import Code, normalised
from groundswell.domains.referrals.commands import (
    RecordActivity,
    RedeemCode,
    RegisterReferee,
    SetReferrer,
    UpdateIdentity,
)
from groundswell.domains.referrals.conversion_rows import Activity
from groundswell.domains.referrals.converting import apply_activity, set_state
from groundswell.domains.referrals.naming import new_id
from groundswell.domains.referrals.program_rows import Program, find_program
from groundswell.domains.referrals.programs import no_such_program
from groundswell.domains.referrals.referral_rows import Referral, find_person, find_referral
from groundswell.domains.referrals.tokens import ReferralTokens
from groundswell.domains.referrals.touch_rows import (
    TouchRow,
    add_touch,
    find_touch,
    touches_of,
)
from groundswell.domains.referrals.views import Done, Redemption
from groundswell.store import Transaction
from groundswell.store.commands import EventTail

REGISTERED = "user.registered"


class Claims:
    """Looks into claims.

    Args:
        tokens: reads what new users carried.
    """

    def __init__(self, tokens: ReferralTokens) -> None:
        self._tokens = tokens

    async def redeem(
        self, transaction: Transaction, command: RedeemCode, tail: EventTail
    ) -> Redemption | GroundswellError:
        """A typed code: the referral, the same one if it is claimed again, or why there is none."""
        program = await find_program(transaction, command.program_id)
        if program is None:
            return no_such_program()
        code = await code_rows.find_code(transaction, normalised(command.code))
        bound = await find_referral(transaction, command.program_id, command.user_id)
        if bound is not None and code is not None and bound.code_id == code.code_id:
            return _redemption(bound)
        reason = await self._refusal(transaction, program, code, bound, command)
        touch = None
        if code is not None and code.program_id == program.program_id:
            touch = _typed(code, command.user_id, command.at)
        if reason is None and touch is not None:
            outcome = await self._bind(transaction, tail, program, touch, command)
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

    async def register(
        self, transaction: Transaction, command: RegisterReferee, tail: EventTail
    ) -> Done:
        """A registration: attributed in each program somebody has touches of, then counted."""
        if await find_person(transaction, command.user_id):
            return Done()
        visitor, click = await self._carried(transaction, command)
        await _add_person(transaction, command, visitor, click)
        await self._typed_code(transaction, command, tail)
        rows = await touches_of(transaction, command.user_id, visitor, click)
        for program_id in sorted({row.program_id for row in rows}):
            touches = [row.touch(click) for row in rows if row.program_id == program_id]
            await _attribute(transaction, tail, command, program_id, touches)
        await _record(transaction, tail, _registration(command))
        return Done()

    async def record(
        self, transaction: Transaction, command: RecordActivity, tail: EventTail
    ) -> Done:
        """An activity: counted in each program the person was referred in, now or later."""
        activity = Activity(
            user_id=command.user_id,
            external_id=command.external_id,
            parts=",".join(command.parts),
            event_type=command.event_type,
            at=command.occurred_at,
            recorded_at=command.at,
            amount_minor=command.amount_minor,
            currency=command.currency,
            facts=msgspec.json.encode(command.facts).decode(),
            program_id=command.program_id,
        )
        await _record(transaction, tail, activity)
        return Done()

    async def update(self, transaction: Transaction, command: UpdateIdentity, _: EventTail) -> Done:
        """Somebody can be recognised by something else now."""
        identity = command.identity
        await transaction.fetch(
            sql.CHANGE_PERSON,
            user_id=command.user_id,
            email=identity.email,
            email_domain=identity.email_domain,
            payment=identity.payment,
            device=identity.device,
            address=identity.address,
        )
        return Done()

    async def set_referrer(
        self, transaction: Transaction, command: SetReferrer, tail: EventTail
    ) -> Redemption | GroundswellError:
        """The host decides: stronger than anything else, and than what was decided before."""
        program = await find_program(transaction, command.program_id)
        if program is None:
            return no_such_program()
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
        self,
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
        existing = await _existing(transaction, program, command.user_id, command.at)
        if reason := code.refusal(command.at) or existing:
            return reason
        touch = _typed(code, command.user_id, command.at).touch(None)
        barred = await barred_referrers(transaction, program, command.user_id, [touch])
        # Losing for these reasons is called as the rejection is.
        return cast("RejectionReason | None", barred.get(code.user_id))

    async def _bind(
        self,
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

    async def _carried(
        self, transaction: Transaction, command: RegisterReferee
    ) -> tuple[str | None, str | None]:
        """The visitor and the click a new user brings along, by the cookie and the token."""
        click = self._tokens.click_of(command.hints.click_token)
        carried = self._tokens.carried(command.hints.cookie)
        if carried is not None:
            return carried.visitor_id, click
        touch = await find_touch(transaction, click)
        return (touch.visitor_id if touch else None), click

    async def _typed_code(
        self, transaction: Transaction, command: RegisterReferee, tail: EventTail
    ) -> None:
        """A code typed at the registration: a touch if it may be used, else a trace."""
        hints = command.hints
        if not hints.code:
            return
        code = await code_rows.find_code(transaction, normalised(hints.code))
        if code is not None and hints.program_id not in (None, code.program_id):
            code = None
        reason: RejectionReason | None = "code_not_found"
        if code is not None:
            own = code.user_id == command.user_id
            reason = "self_referral" if own else code.refusal(command.registered_at)
        if code is not None and reason is None:
            await add_touch(transaction, _typed(code, command.user_id, command.registered_at))
        else:
            program_id = code.program_id if code else hints.program_id
            cause = reason or "code_not_found"
            touch = _typed(code, command.user_id, command.at).touch(None) if code else None
            reject(tail, program_id, command.user_id, cause, command.at, touch)


async def _attribute(
    transaction: Transaction,
    tail: EventTail,
    command: RegisterReferee,
    program_id: str,
    touches: Sequence[Touch],
) -> None:
    program = await find_program(transaction, program_id)
    if program is None:
        return
    bound = await find_referral(transaction, program_id, command.user_id)
    if bound is None:
        referee = Referee(command.user_id, command.registered_at, command.hints.anonymous)
        await consider(transaction, tail, program, referee, touches, command.at)
    elif not bound.is_over and await _existing(
        transaction, program, command.user_id, bound.touch_at
    ):
        reject(tail, program_id, command.user_id, "existing_user", command.at)
        await set_state(transaction, bound, "rejected", reason="existing_user")
    elif not bound.is_over:
        await look_again(transaction, tail, program, bound, command.at)


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


async def _existing(
    transaction: Transaction, program: Program, user_id: str, touched_at: int
) -> RejectionReason | None:
    """Whether somebody had an account too long before the touch."""
    if not program.rules.new_users_only:
        return None
    person = await find_person(transaction, user_id)
    grace = program.rules.windows.code_grace
    late = person is not None and touched_at - person.registered_at > grace
    return "existing_user" if late else None


async def _record(transaction: Transaction, tail: EventTail, activity: Activity) -> None:
    added = await transaction.fetch(conversions.ADD_ACTIVITY, **msgspec.structs.asdict(activity))
    if not added:
        return
    rows = await transaction.fetch(sql.FIND_OF_REFEREE, referee_id=activity.user_id)
    for referral in (Referral(*row) for row in rows):
        program = await find_program(transaction, referral.program_id)
        if program is not None:
            await apply_activity(
                transaction, tail, program, referral, activity, activity.recorded_at
            )


def _registration(command: RegisterReferee) -> Activity:
    return Activity(
        user_id=command.user_id,
        external_id=command.external_id,
        parts="user",
        event_type=REGISTERED,
        at=command.registered_at,
        recorded_at=command.at,
        amount_minor=None,
        currency=None,
        facts=msgspec.json.encode(command.facts).decode(),
    )


async def _add_person(
    transaction: Transaction, command: RegisterReferee, visitor: str | None, click: str | None
) -> None:
    identity = command.identity
    await transaction.fetch(
        sql.ADD_PERSON,
        user_id=command.user_id,
        registered_at=command.registered_at,
        recorded_at=command.at,
        email=identity.email,
        email_domain=identity.email_domain,
        address=identity.address,
        payment=identity.payment,
        device=identity.device,
        visitor_id=visitor,
        click_id=click,
        anonymous=int(command.hints.anonymous),
    )


def _typed(code: Code, user_id: str, at: int) -> TouchRow:
    return TouchRow(
        touch_id=new_id("touch"),
        program_id=code.program_id,
        referrer_id=code.user_id,
        code_id=code.code_id,
        referral_id=new_id("ref"),
        kind="code",
        visitor_id=None,
        user_id=user_id,
        identity=None,
        address=None,
        source=None,
        query=None,
        at=at,
        recorded_at=at,
    )


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
