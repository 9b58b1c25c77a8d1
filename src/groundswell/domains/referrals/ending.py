"""Undoing conversions, and recording what time ended."""

from __future__ import annotations

from groundswell.contract.errors import (
    Conflict,
    ConversionNotFound,
    GroundswellError,
    Invalid,
)
from groundswell.contract.events import referrals as events
from groundswell.contract.times import DAY
from groundswell.domains.referrals import code_rows, touch_rows
from groundswell.domains.referrals import conversion_rows as conversions
from groundswell.domains.referrals import referral_rows as sql
from groundswell.domains.referrals import suspicions as cases
from groundswell.domains.referrals.commands import (
    ReverseConversion,
    SweepReferrals,
)
from groundswell.domains.referrals.conversion_rows import Conversion
from groundswell.domains.referrals.converting import reversal, set_state, undo
from groundswell.domains.referrals.referral_rows import Referral
from groundswell.domains.referrals.resolving import resolve
from groundswell.domains.referrals.suspicions import Case
from groundswell.domains.referrals.views import ConversionView, Swept
from groundswell.store import Transaction
from groundswell.store.commands import EventTail

TOUCHES_KEPT = 400 * DAY
"""Longer than any usual window and the month after it."""
ACTIVITIES_KEPT = 8 * DAY
"""Longer than a click or a code may come late."""


async def reverse_conversion(
    transaction: Transaction, command: ReverseConversion, tail: EventTail
) -> ConversionView | GroundswellError:
    """Undo a conversion, or note that part of its amount was paid back."""
    found = await transaction.fetch(conversions.FIND, conversion_id=command.conversion_id)
    if not found:
        return ConversionNotFound()
    conversion = Conversion(*found[0])
    rows = await transaction.fetch(sql.FIND_BY_ID, referral_id=conversion.referral_id)
    referral = Referral(*rows[0])
    if conversion.state == "reversed":
        return conversion.view(referral.referee_id)
    whole = conversion.amount_minor
    refunded = command.refunded_minor
    if refunded is not None:
        if whole is not None and command.currency not in (None, conversion.currency):
            return Invalid.at("refunded.currency", f"Was paid in {conversion.currency}")
        if whole is None or conversion.refunded_minor + refunded > whole:
            return Conflict("refund_too_large", "More than was paid cannot be paid back.")
        total = conversion.refunded_minor + refunded
        if total < whole:
            await transaction.fetch(
                conversions.REFUND,
                conversion_id=conversion.conversion_id,
                refunded_minor=total,
                reason=command.reason,
            )
            tail.append(reversal(referral, conversion, command.reason, total), command.at)
            return await _now(transaction, conversion, referral)
    await undo(transaction, tail, referral, conversion, command.reason, command.at)
    left = referral.conversions - 1
    state = referral.state if left else "reversed"
    await set_state(transaction, referral, state, reason=referral.reason, conversions=left)
    return await _now(transaction, conversion, referral)


async def sweep(transaction: Transaction, command: SweepReferrals, tail: EventTail) -> Swept:
    """Record what time ended: codes, referrals that did not qualify, cases nobody decided."""
    now, portion = command.at, command.portion
    codes = [
        code_rows.code_of(row)
        for row in await transaction.fetch(code_rows.DUE, now=now, portion=portion)
    ]
    for code in codes:
        await transaction.fetch(code_rows.END, code_id=code.code_id, ended="expired")
        event = events.CodeExpired(
            code_id=code.code_id,
            user_id=code.user_id,
            program_id=code.program_id,
            reason="expires_at",
        )
        tail.append(event, now)
    due = [Referral(*row) for row in await transaction.fetch(sql.DUE, now=now, portion=portion)]
    for referral in due:
        await set_state(transaction, referral, "expired", reason="qualification_window_elapsed")
        tail.append(_expired(referral), now)
    open_cases = [
        Case(*row) for row in await transaction.fetch(cases.DUE, now=now, portion=portion)
    ]
    for case in open_cases:
        await resolve(transaction, tail, case, "expired", None, None, now)
    touches = await transaction.fetch(touch_rows.FORGET, before=now - TOUCHES_KEPT, portion=portion)
    activities = await transaction.fetch(
        conversions.FORGET_ACTIVITIES, before=now - ACTIVITIES_KEPT, portion=portion
    )
    return Swept(found=max(len(codes), len(due), len(open_cases), len(touches), len(activities)))


def _expired(referral: Referral) -> events.AttributionExpired:
    return events.AttributionExpired(
        program_id=referral.program_id,
        referrer_id=referral.referrer_id,
        referral_id=referral.referral_id,
        referee_id=referral.referee_id,
        model=referral.model,
        touch_id=referral.touch_id,
        anonymous=bool(referral.anonymous),
    )


async def _now(
    transaction: Transaction, conversion: Conversion, referral: Referral
) -> ConversionView:
    rows = await transaction.fetch(conversions.FIND, conversion_id=conversion.conversion_id)
    return Conversion(*rows[0]).view(referral.referee_id)
