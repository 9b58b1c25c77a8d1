"""Deciding what was suspected, and who may not take part any more."""

from __future__ import annotations

from groundswell.contract.errors import Conflict, GroundswellError
from groundswell.contract.events import referrals as events
from groundswell.domains.referrals import conversion_rows as conversions
from groundswell.domains.referrals import referral_rows as sql
from groundswell.domains.referrals import suspicions as cases
from groundswell.domains.referrals.commands import EndReferrer, ResolveCase, SuspendReferrer
from groundswell.domains.referrals.conversion_rows import Conversion
from groundswell.domains.referrals.converting import set_state, undo
from groundswell.domains.referrals.program_rows import find_program
from groundswell.domains.referrals.referral_rows import Referral
from groundswell.domains.referrals.refusals import CaseNotFound, ProgramNotFound
from groundswell.domains.referrals.suspicions import Case, holding_rules
from groundswell.domains.referrals.views import CaseState, Done
from groundswell.store import Statement, Transaction
from groundswell.store.commands import EventTail

PROGRAMS_OF = Statement(
    "SELECT DISTINCT program_id FROM referral_codes WHERE user_id = :user_id ORDER BY program_id"
)
RESOLVE = Statement(
    """
    UPDATE fraud_cases SET state = :state, resolved_at = :now, resolved_by = :resolved_by,
      note = :note
    WHERE case_id = :case_id
    """
)
REFERRALS_OF_CASE = Statement(
    "SELECT DISTINCT referral_id FROM fraud_signals WHERE case_id = :case_id ORDER BY referral_id"
)
REFERRALS_OF_REFERRER = Statement(
    """
    SELECT referral_id FROM referrals
    WHERE referrer_id = :referrer_id AND program_id = :program_id
      AND state IN ('attributed', 'started', 'completed')
    ORDER BY referral_id
    """
)


async def resolve_case(
    transaction: Transaction, command: ResolveCase, tail: EventTail
) -> Done | GroundswellError:
    """Decide a case. The same decision once more changes nothing, another one is refused."""
    rows = await transaction.fetch(cases.FIND_CASE, case_id=command.case_id)
    if not rows:
        return CaseNotFound()
    case = Case(*rows[0])
    if case.state == command.resolution:
        return Done()
    if case.state != "open":
        return Conflict("case_resolved", "This case was decided otherwise.")
    await resolve(transaction, tail, case, command.resolution, command.by, command.note, command.at)
    return Done()


async def suspend_referrer(
    transaction: Transaction, command: SuspendReferrer, tail: EventTail
) -> Done | GroundswellError:
    """End a referrer's part, or let them take part again."""
    if await find_program(transaction, command.program_id) is None:
        return ProgramNotFound()
    before = await sql.is_suspended(transaction, command.program_id, command.user_id)
    if before != command.suspended:
        await _suspend(transaction, tail, command, "host")
    return Done()


async def end_referrer(transaction: Transaction, command: EndReferrer, tail: EventTail) -> Done:
    """End a user's part wherever they have a code: links lead on, nothing unpaid is paid."""
    for (program_id,) in await transaction.fetch(PROGRAMS_OF, user_id=command.user_id):
        if not await sql.is_suspended(transaction, program_id, command.user_id):
            one = SuspendReferrer(
                at=command.at, program_id=program_id, user_id=command.user_id, suspended=True
            )
            await _suspend(transaction, tail, one, command.reason)
    return Done()


async def resolve(
    transaction: Transaction,
    tail: EventTail,
    case: Case,
    resolution: CaseState,
    by: str | None,
    note: str | None,
    now: int,
) -> None:
    """Record a decision, or that nobody made one in time, and what follows from it."""
    await transaction.fetch(
        RESOLVE, case_id=case.case_id, state=resolution, now=now, resolved_by=by, note=note
    )
    flagged = await _referrals(transaction, case)
    concerned = {one.referral_id: one for one in flagged}
    if case.scope == "referrer":
        concerned |= {one.referral_id: one for one in await _all_of(transaction, case)}
    event = events.FraudResolved(
        case_id=case.case_id,
        subject_id=case.referrer_id,
        program_id=case.program_id,
        rule=case.rule,
        severity=case.severity,
        scope=case.scope,
        resolution="confirmed" if resolution == "confirmed" else _softly(resolution),
        referral_ids=tuple(one.referral_id for one in flagged),
        released=await _released(transaction, case, resolution, flagged, concerned),
        by=by,
    )
    tail.append(event, now)
    if resolution == "confirmed":
        for referral in flagged:
            await _end_for_fraud(transaction, tail, referral, now)
        await _count_confirmed(transaction, tail, case, now)


def _softly(resolution: CaseState) -> events.Resolution:
    return "expired" if resolution == "expired" else "dismissed"


async def _released(
    transaction: Transaction,
    case: Case,
    resolution: CaseState,
    flagged: list[Referral],
    concerned: dict[str, Referral],
) -> tuple[str, ...]:
    """Those no other open case holds; none of what was confirmed to be wrong."""
    if not case.holds:
        return ()
    wrong = {one.referral_id for one in flagged} if resolution == "confirmed" else set()
    return tuple(
        [
            one.referral_id
            for one in concerned.values()
            if one.referral_id not in wrong and not await holding_rules(transaction, one)
        ]
    )


async def _end_for_fraud(
    transaction: Transaction, tail: EventTail, referral: Referral, now: int
) -> None:
    if referral.is_over or referral.state == "reversed":
        return
    rows = await transaction.fetch(conversions.FIND_OF_REFERRAL, referral_id=referral.referral_id)
    completed = [one for one in (Conversion(*row) for row in rows) if one.state == "completed"]
    for one in completed:
        await undo(transaction, tail, referral, one, "fraud_confirmed", now)
    if not completed:
        event = events.ConversionRejected(
            referral_id=referral.referral_id,
            reason="fraud_confirmed",
            program_id=referral.program_id,
            referrer_id=referral.referrer_id,
            user_id=referral.referee_id,
        )
        tail.append(event, now)
    state = "reversed" if completed else "rejected"
    await set_state(
        transaction,
        referral,
        "reversed" if state == "reversed" else "rejected",
        reason="fraud_confirmed",
        conversions=0,
    )


async def _count_confirmed(transaction: Transaction, tail: EventTail, case: Case, now: int) -> None:
    program = await find_program(transaction, case.program_id)
    rows = await transaction.fetch(
        sql.COUNT_CONFIRMED, program_id=case.program_id, user_id=case.referrer_id
    )
    most = None if program is None else program.rules.fraud.suspend_after
    if rows and most is not None and rows[0][0] >= most and rows[0][1] is None:
        command = SuspendReferrer(
            at=now, program_id=case.program_id, user_id=case.referrer_id, suspended=True
        )
        await _suspend(transaction, tail, command, "fraud_confirmed")


async def _suspend(
    transaction: Transaction, tail: EventTail, command: SuspendReferrer, reason: str
) -> None:
    await transaction.fetch(
        sql.SUSPEND,
        program_id=command.program_id,
        user_id=command.user_id,
        suspended_at=command.at if command.suspended else None,
    )
    who = {"program_id": command.program_id, "referrer_id": command.user_id}
    if command.suspended:
        tail.append(events.ReferrerSuspended(**who, reason=reason), command.at)
    else:
        tail.append(events.ReferrerReinstated(**who), command.at)


async def _referrals(transaction: Transaction, case: Case) -> list[Referral]:
    ids = await transaction.fetch(REFERRALS_OF_CASE, case_id=case.case_id)
    return await _by_ids(transaction, ids)


async def _all_of(transaction: Transaction, case: Case) -> list[Referral]:
    ids = await transaction.fetch(
        REFERRALS_OF_REFERRER, referrer_id=case.referrer_id, program_id=case.program_id
    )
    return await _by_ids(transaction, ids)


async def _by_ids(transaction: Transaction, ids: list[tuple[str, ...]]) -> list[Referral]:
    found: list[Referral] = []
    for (referral_id,) in ids:
        rows = await transaction.fetch(sql.FIND_BY_ID, referral_id=referral_id)
        found += [Referral(*row) for row in rows]
    return found
