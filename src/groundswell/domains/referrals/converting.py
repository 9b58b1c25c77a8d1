"""From what a referred person does to a conversion: stages, qualification, completion."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.contract.events import referrals as events
from groundswell.contract.events.referrals import RejectionReason
from groundswell.domains.referrals import conversion_rows as sql
from groundswell.domains.referrals import program_rows
from groundswell.domains.referrals.conversion_rows import Activity, Conversion
from groundswell.domains.referrals.naming import new_id
from groundswell.domains.referrals.program_rows import Program, rules_of
from groundswell.domains.referrals.referral_rows import SET_STATE, Referral, find_person
from groundswell.domains.referrals.rules import ProgramRules, Stage, holds
from groundswell.domains.referrals.suspicions import holding_rules
from groundswell.domains.referrals.views import ReferralState
from groundswell.store import Transaction
from groundswell.store.commands import EventTail


async def apply_activities(
    transaction: Transaction, tail: EventTail, program: Program, referral: Referral, now: int
) -> Referral:
    """Apply all that a person is known to have done, in order of time."""
    rows = await transaction.fetch(sql.FIND_ACTIVITIES, user_id=referral.referee_id)
    for row in rows:
        referral = await apply_activity(transaction, tail, program, referral, Activity(*row), now)
    return referral


async def apply_activity(
    transaction: Transaction,
    tail: EventTail,
    program: Program,
    referral: Referral,
    activity: Activity,
    now: int,
) -> Referral:
    """Apply one activity to a referral; the referral as it is then."""
    rules = await rules_of(transaction, program, referral.rule_version)
    stage = _stage_of(rules, activity)
    elsewhere = activity.program_id not in (None, referral.program_id)
    if stage is None or elsewhere or referral.is_over or referral.state == "reversed":
        return referral
    if await _is_too_early(transaction, rules, referral, activity):
        return referral
    done = await transaction.fetch(sql.FIND_OF_REFERRAL, referral_id=referral.referral_id)
    conversions = [Conversion(*row) for row in done]
    if any(one.external_id == activity.external_id for one in conversions):
        return referral
    reason = _unqualified(program, rules, referral, stage, activity)
    if reason is not None:
        _reject(tail, referral, reason, activity, now)
        return referral
    starts = await _reach(transaction, tail, referral, stage, activity, now)
    most = rules.limits.conversions_per_referee
    if not stage.completes or (most is not None and referral.conversions >= most):
        return await set_state(transaction, referral, "started") if starts else referral
    occurrence = 1 + max((one.occurrence for one in conversions), default=0)
    conversion = _conversion(referral, stage, activity, occurrence, now)
    return await complete(transaction, tail, rules, referral, conversion, now)


async def complete(
    transaction: Transaction,
    tail: EventTail,
    rules: ProgramRules,
    referral: Referral,
    conversion: Conversion,
    now: int,
) -> Referral:
    """Write a conversion down, with all that rewards depend on."""
    values = msgspec.structs.asdict(conversion)
    for fixed in ("state", "reason"):
        values.pop(fixed)
    await transaction.write(sql.ADD, **values)
    await transaction.write(program_rows.COUNT_CONVERSION, program_id=referral.program_id, more=1)
    referral = msgspec.structs.replace(
        referral, state="completed", reason=None, conversions=referral.conversions + 1
    )
    await transaction.write(SET_STATE, **_standing(referral))
    flags = await holding_rules(transaction, referral)
    event = events.ConversionCompleted(
        program_id=referral.program_id,
        referrer_id=referral.referrer_id,
        referral_id=referral.referral_id,
        new_user_id=referral.referee_id,
        conversion_id=conversion.conversion_id,
        conversion_type=conversion.stage,
        occurrence=conversion.occurrence,
        rule_version=referral.rule_version,
        reward_terms=rules.rewards,
        converted_at=conversion.at,
        amount_minor=conversion.amount_minor,
        currency=conversion.currency,
        held=bool(flags),
        flags=flags,
        external_id=conversion.external_id,
        anonymous=bool(referral.anonymous),
    )
    tail.append(event, now)
    return referral


async def bind_conversions_anew(
    transaction: Transaction,
    tail: EventTail,
    program: Program,
    before: Referral,
    after: Referral,
    now: int,
) -> Referral:
    """A referral's conversions are its new referrer's: undone for the old, done for the new."""
    rows = await transaction.fetch(sql.FIND_OF_REFERRAL, referral_id=before.referral_id)
    rules = await rules_of(transaction, program, before.rule_version)
    completed = [one for one in (Conversion(*row) for row in rows) if one.state == "completed"]
    for one in completed:
        await undo(transaction, tail, before, one, "mistake", now)
    if before.state == "started":
        after = await set_state(transaction, after, "started")
    for one in completed:
        anew = msgspec.structs.replace(
            one,
            conversion_id=new_id("conv"),
            referrer_id=after.referrer_id,
            recorded_at=now,
        )
        after = await complete(transaction, tail, rules, after, anew, now)
    return await apply_activities(transaction, tail, program, after, now)


async def undo(
    transaction: Transaction,
    tail: EventTail,
    referral: Referral,
    conversion: Conversion,
    reason: events.ReversalReason,
    now: int,
) -> None:
    """Reverse one conversion as a whole."""
    await transaction.fetch(sql.REVERSE, conversion_id=conversion.conversion_id, reason=reason)
    await transaction.fetch(program_rows.COUNT_CONVERSION, program_id=referral.program_id, more=-1)
    tail.append(reversal(referral, conversion, reason, None), now)


def reversal(
    referral: Referral,
    conversion: Conversion,
    reason: events.ReversalReason,
    refunded_minor: int | None,
) -> events.ConversionReversed:
    """The event of a reversal; ``refunded_minor`` None for all of it."""
    return events.ConversionReversed(
        program_id=referral.program_id,
        referrer_id=conversion.referrer_id,
        referral_id=referral.referral_id,
        reason=reason,
        conversion_id=conversion.conversion_id,
        new_user_id=referral.referee_id,
        occurrence=conversion.occurrence,
        rule_version=referral.rule_version,
        amount_minor=conversion.amount_minor,
        refunded_minor=refunded_minor,
        external_id=conversion.external_id,
    )


async def set_state(
    transaction: Transaction,
    referral: Referral,
    state: ReferralState,
    *,
    reason: str | None = None,
    conversions: int | None = None,
) -> Referral:
    """Move a referral on."""
    count = referral.conversions if conversions is None else conversions
    after = msgspec.structs.replace(referral, state=state, reason=reason, conversions=count)
    await transaction.fetch(SET_STATE, **_standing(after))
    return after


def _standing(referral: Referral) -> dict[str, Any]:
    return {
        "referral_id": referral.referral_id,
        "state": referral.state,
        "reason": referral.reason,
        "conversions": referral.conversions,
    }


def _stage_of(rules: ProgramRules, activity: Activity) -> Stage | None:
    parts = activity.parts.split(",")
    return next(
        (stage for stage in rules.stages if stage.on == activity.event_type and stage.who in parts),
        None,
    )


async def _is_too_early(
    transaction: Transaction, rules: ProgramRules, referral: Referral, activity: Activity
) -> bool:
    """What a person does counts from the touch on, or from their registration, if the code came
    soon after that.
    """
    if activity.at >= referral.touch_at:
        return False
    person = await find_person(transaction, referral.referee_id)
    if person is None or referral.touch_at - person.registered_at > rules.windows.code_grace:
        return True
    return activity.at < person.registered_at


def _unqualified(
    program: Program, rules: ProgramRules, referral: Referral, stage: Stage, activity: Activity
) -> RejectionReason | None:
    if activity.at >= referral.qualifies_until:
        return "qualification_window_elapsed"
    if not program.is_active(activity.at):
        return "program_inactive"
    facts = activity.known()
    if not all(holds(condition, facts) for condition in stage.conditions):
        return "condition_failed"
    most = rules.limits.conversions
    if stage.completes and most is not None and program.conversions >= most:
        return "budget_exhausted"
    return None


async def _reach(
    transaction: Transaction,
    tail: EventTail,
    referral: Referral,
    stage: Stage,
    activity: Activity,
    now: int,
) -> bool:
    """Note a stage when it is reached first; tells whether the referral starts by it."""
    new = await transaction.fetch(
        sql.ADD_STAGE, referral_id=referral.referral_id, stage=stage.name, at=activity.at
    )
    if not new:
        return False
    event = events.ConversionStarted(
        program_id=referral.program_id,
        referrer_id=referral.referrer_id,
        referral_id=referral.referral_id,
        prospect_id=referral.referee_id,
        stage=stage.name,
        anonymous=bool(referral.anonymous),
    )
    tail.append(event, now)
    return referral.state == "attributed"


def _reject(
    tail: EventTail, referral: Referral, reason: RejectionReason, activity: Activity, now: int
) -> None:
    event = events.ConversionRejected(
        referral_id=referral.referral_id,
        reason=reason,
        program_id=referral.program_id,
        referrer_id=referral.referrer_id,
        user_id=referral.referee_id,
        external_id=activity.external_id,
    )
    tail.append(event, now)


def _conversion(
    referral: Referral, stage: Stage, activity: Activity, occurrence: int, now: int
) -> Conversion:
    return Conversion(
        conversion_id=new_id("conv"),
        referral_id=referral.referral_id,
        program_id=referral.program_id,
        referrer_id=referral.referrer_id,
        external_id=activity.external_id,
        stage=stage.name,
        occurrence=occurrence,
        at=activity.at,
        recorded_at=now,
        amount_minor=activity.amount_minor,
        currency=activity.currency,
        refunded_minor=0,
        state="completed",
        reason=None,
    )
