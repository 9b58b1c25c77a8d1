"""Binding a person to whoever referred them: once per program, and for good.

What is decided can change within a day only, by a click that happened before but arrived late: so
that in which order things arrive does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from groundswell.contract.events import referrals as events
from groundswell.contract.events.referrals import RejectionReason
from groundswell.contract.times import DAY
from groundswell.domains.referrals import code_rows, program_rows
from groundswell.domains.referrals import referral_rows as sql
from groundswell.domains.referrals.attribution import Decision, Touch, attribute
from groundswell.domains.referrals.converting import apply_activities, bind_conversions_anew
from groundswell.domains.referrals.fraud import Facts, signals
from groundswell.domains.referrals.looking import CLICKS, facts_of
from groundswell.domains.referrals.naming import new_id
from groundswell.domains.referrals.obstacles import Referee, barred_referrers, obstacle, reject
from groundswell.domains.referrals.program_rows import Program
from groundswell.domains.referrals.referral_rows import Person, Referral, find_referral
from groundswell.domains.referrals.suspicions import flag, holding_rules
from groundswell.domains.referrals.touch_rows import find_touch, touches_of
from groundswell.store import Transaction
from groundswell.store.commands import EventTail

GRACE = DAY
"""How long after a registration was reported a click from before may still arrive."""

Bound = Referral | RejectionReason | None


async def consider(
    transaction: Transaction,
    tail: EventTail,
    program: Program,
    referee: Referee,
    touches: Sequence[Touch],
    now: int,
) -> Bound:
    """Bind a person who is not bound yet: the referral, why there is none, or None without touch.

    A rejection is written into the log.
    """
    barred = await barred_referrers(transaction, program, referee.user_id, touches)
    rules = program.rules
    decision = attribute(touches, referee.at, rules.model, rules.windows, barred)
    reason = await obstacle(transaction, program, referee, decision)
    if reason is not None:
        touch = decision.winner or (touches[-1] if touches else None)
        reject(tail, program.program_id, referee.user_id, reason, now, touch)
        return reason
    if decision.winner is None:
        return None
    return await _bind(transaction, tail, program, referee, decision, decision.winner, now)


async def reconsider(
    transaction: Transaction, tail: EventTail, program: Program, person: Person, now: int
) -> None:
    """A click from before the registration arrived late: decide as if it had been in time."""
    if now - person.recorded_at > GRACE:
        return
    rows = await touches_of(transaction, person.user_id, person.visitor_id, person.click_id)
    touches = [row.touch(person.click_id) for row in rows if row.program_id == program.program_id]
    bound = await find_referral(transaction, program.program_id, person.user_id)
    referee = Referee(person.user_id, person.registered_at, bool(person.anonymous))
    if bound is None:
        await consider(transaction, tail, program, referee, touches, now)
        return
    if bound.touch_kind not in CLICKS or bound.is_over or bound.state == "reversed":
        return
    barred = await barred_referrers(transaction, program, person.user_id, touches)
    rules = await program_rows.rules_of(transaction, program, bound.rule_version)
    decision = attribute(touches, referee.at, rules.model, rules.windows, barred)
    if decision.winner is not None and decision.winner.touch_id != bound.touch_id:
        await rebind(transaction, tail, program, bound, decision, "late_click", now)


async def rebind(
    transaction: Transaction,
    tail: EventTail,
    program: Program,
    bound: Referral,
    decision: Decision,
    reason: str,
    now: int,
) -> Referral:
    """Give a referral to the winner of another decision, with everything it brought."""
    touch = decision.winner
    assert touch is not None  # noqa: S101 - callers rebind to a winner only
    facts = await facts_of(transaction, program, touch, bound.referee_id, bound.attributed_at, now)
    await transaction.fetch(
        sql.REBIND,
        referral_id=bound.referral_id,
        referrer_id=touch.referrer_id,
        code_id=touch.code_id,
        touch_id=touch.touch_id,
        touch_kind=touch.kind,
        touch_at=touch.at,
        trace=_json(decision.trace),
        facts=_json(facts),
    )
    if touch.referrer_id != bound.referrer_id:
        await _count(transaction, program.program_id, bound.referrer_id, -1)
        await _count(transaction, program.program_id, touch.referrer_id, 1)
    if touch.code_id is not None and touch.code_id != bound.code_id:
        await transaction.write(code_rows.USE, code_id=touch.code_id)
    after = await find_referral(transaction, bound.program_id, bound.referee_id)
    assert after is not None  # noqa: S101 - it was there a moment ago
    event = events.AttributionOverridden(
        program_id=bound.program_id,
        referrer_id=after.referrer_id,
        referral_id=bound.referral_id,
        referee_id=bound.referee_id,
        model=bound.model,
        touch_id=touch.touch_id,
        previous_referrer_id=bound.referrer_id,
        reason=reason,
        anonymous=bool(bound.anonymous),
    )
    tail.append(event, now)
    for signal in signals(facts, program.rules.fraud):
        await flag(transaction, tail, after, signal, now)
    return await bind_conversions_anew(transaction, tail, program, bound, after, now)


async def look_again(
    transaction: Transaction, tail: EventTail, program: Program, referral: Referral, now: int
) -> None:
    """More is known of the referee than when they were bound: judge anew."""
    row = await find_touch(transaction, referral.touch_id)
    if row is None:
        return
    touch = row.touch(referral.touch_id)
    at = referral.attributed_at
    facts = await facts_of(transaction, program, touch, referral.referee_id, at, now)
    await transaction.fetch(sql.SET_FACTS, referral_id=referral.referral_id, facts=_json(facts))
    for signal in signals(facts, program.rules.fraud):
        await flag(transaction, tail, referral, signal, now)


async def _bind(
    transaction: Transaction,
    tail: EventTail,
    program: Program,
    referee: Referee,
    decision: Decision,
    touch: Touch,
    now: int,
) -> Referral:
    facts = await facts_of(transaction, program, touch, referee.user_id, referee.at, now)
    referral = await _write(transaction, program, referee, decision, touch, facts, now)
    found = signals(facts, program.rules.fraud)
    held = any(signal.weight.holds for signal in found)
    held = held or bool(await holding_rules(transaction, referral))
    tail.append(_assigned(program, referral, held), now)
    for signal in found:
        await flag(transaction, tail, referral, signal, now)
    return await apply_activities(transaction, tail, program, referral, now)


async def _write(
    transaction: Transaction,
    program: Program,
    referee: Referee,
    decision: Decision,
    touch: Touch,
    facts: Facts,
    now: int,
) -> Referral:
    rules = program.rules
    row = Referral(
        referral_id=await _free_id(transaction, touch),
        program_id=program.program_id,
        referee_id=referee.user_id,
        referrer_id=touch.referrer_id,
        code_id=touch.code_id,
        touch_id=touch.touch_id,
        touch_kind=touch.kind,
        touch_at=touch.at,
        model=rules.model,
        rule_version=program.version,
        attributed_at=referee.at,
        recorded_at=now,
        qualifies_until=referee.at + rules.windows.qualification,
        state="attributed",
        conversions=0,
        anonymous=int(referee.anonymous or rules.anonymous),
        reason=None,
    )
    values = msgspec.structs.asdict(row)
    for fixed in ("state", "conversions", "reason"):
        values.pop(fixed)
    await transaction.write(sql.ADD, **values, trace=_json(decision.trace), facts=_json(facts))
    await transaction.write(program_rows.COUNT_REFERRAL, program_id=program.program_id, more=1)
    await _count(transaction, program.program_id, touch.referrer_id, 1)
    if touch.code_id is not None:
        await transaction.write(code_rows.USE, code_id=touch.code_id)
    return row


async def _free_id(transaction: Transaction, touch: Touch) -> str:
    """The id that was announced at the touch. Two people with one browser have one click, and a
    referral each; what is typed or decided by hand is one person's alone.
    """
    shared = touch.kind in CLICKS
    taken = shared and await transaction.fetch(sql.FIND_BY_ID, referral_id=touch.referral_id)
    return new_id("ref") if taken else touch.referral_id


async def _count(transaction: Transaction, program_id: str, user_id: str, more: int) -> None:
    await transaction.write(sql.COUNT_REFERRER, program_id=program_id, user_id=user_id, more=more)


def _assigned(program: Program, referral: Referral, held: bool) -> events.AttributionAssigned:
    return events.AttributionAssigned(
        program_id=referral.program_id,
        referrer_id=referral.referrer_id,
        referral_id=referral.referral_id,
        referee_id=referral.referee_id,
        model=referral.model,
        touch_id=referral.touch_id,
        touch_kind=referral.touch_kind,
        rule_version=referral.rule_version,
        reward_terms=program.rules.rewards,
        held=held,
        anonymous=bool(referral.anonymous),
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
