"""Registrations and what people do after them, as the host reports it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from groundswell.contract.events.referrals import RejectionReason
from groundswell.domains.referrals import code_rows
from groundswell.domains.referrals import conversion_rows as conversions
from groundswell.domains.referrals import referral_rows as sql
from groundswell.domains.referrals.attribution import Touch
from groundswell.domains.referrals.binding import consider, look_again
from groundswell.domains.referrals.codes import normalised
from groundswell.domains.referrals.commands import (
    RecordActivity,
    RegisterReferee,
    UpdateIdentity,
)
from groundswell.domains.referrals.conversion_rows import Activity
from groundswell.domains.referrals.converting import apply_activity, set_state
from groundswell.domains.referrals.obstacles import Referee, existing_user, reject
from groundswell.domains.referrals.program_rows import find_program
from groundswell.domains.referrals.referral_rows import Referral, find_person, find_referral
from groundswell.domains.referrals.tokens import ReferralTokens
from groundswell.domains.referrals.touch_rows import (
    add_touch,
    find_touch,
    touches_of,
    typed,
)
from groundswell.domains.referrals.views import Done
from groundswell.store import Transaction
from groundswell.store.commands import EventTail

REGISTERED = "user.registered"


class Registrations:
    """Attributes registrations.

    Args:
        tokens: reads what new users carried.
    """

    def __init__(self, tokens: ReferralTokens) -> None:
        self._tokens = tokens

    async def register(
        self, transaction: Transaction, command: RegisterReferee, tail: EventTail
    ) -> Done:
        """A registration: attributed in each program somebody has touches of, then counted."""
        if await find_person(transaction, command.user_id):
            return Done()
        visitor, click = await self._carried(transaction, command)
        await self._typed_code(transaction, command, tail)
        await _add_person(transaction, command, visitor, click)
        rows = await touches_of(transaction, command.user_id, visitor, click)
        for program_id in sorted({row.program_id for row in rows}):
            touches = [row.touch(click) for row in rows if row.program_id == program_id]
            await _attribute(transaction, tail, command, program_id, touches)
        await _record(transaction, tail, _registration(command))
        return Done()

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
            await add_touch(transaction, typed(code, command.user_id, command.registered_at))
        else:
            program_id = code.program_id if code else hints.program_id
            cause = reason or "code_not_found"
            touch = typed(code, command.user_id, command.at).touch(None) if code else None
            reject(tail, program_id, command.user_id, cause, command.at, touch)


async def record(transaction: Transaction, command: RecordActivity, tail: EventTail) -> Done:
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


async def update(transaction: Transaction, command: UpdateIdentity, _: EventTail) -> Done:
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
    elif not bound.is_over and await existing_user(
        transaction, program, command.user_id, bound.touch_at
    ):
        reject(tail, program_id, command.user_id, "existing_user", command.at)
        await set_state(transaction, bound, "rejected", reason="existing_user")
    elif not bound.is_over:
        await look_again(transaction, tail, program, bound, command.at)


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
    await transaction.write(
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
