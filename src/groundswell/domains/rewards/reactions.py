"""Which commands follow from what happens in referral programs: a plain function."""

from __future__ import annotations

from collections.abc import Sequence

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events.referrals import (
    AttributionAssigned,
    CodeGenerated,
    ConversionCompleted,
    ConversionRejected,
    ConversionReversed,
    FraudFlagged,
    FraudResolved,
    ProgramEvent,
    ReferrerSuspended,
)
from groundswell.domains.rewards.commands import (
    CancelUnpaid,
    GrantRewards,
    GrantUpfront,
    HoldReferrals,
    JoinProgram,
    NoteProgram,
    RejectReferral,
    ReleaseReferrals,
    ReverseRewards,
)
from groundswell.store.commands import Command

FRAUD = "fraud_confirmed"
"""The one reason for which a referral loses what was given for it. Others say why something new
was refused; what was given before stays."""


def react(logged: LoggedEvent) -> Sequence[Command]:
    """What is to be done about an event."""
    at, event = logged.at, logged.event
    match event:
        case ProgramEvent():
            return [
                NoteProgram(
                    at=at,
                    program_id=event.program_id,
                    version=event.version,
                    name=event.name,
                    terms=event.reward_terms,
                )
            ]
        case CodeGenerated(program_id=program_id, user_id=user_id):
            return [JoinProgram(at=at, program_id=program_id, user_id=user_id)]
        case AttributionAssigned():
            upfront = any(rule.upfront for rule in event.reward_terms)
            return [GrantUpfront(at=at, attribution=event, attributed_at=at)] if upfront else []
        case ConversionCompleted():
            return [GrantRewards(at=at, conversion=event)]
        case ConversionReversed():
            return [ReverseRewards(at=at, reversal=event)]
        case ConversionRejected(referral_id=str() as referral_id, reason="fraud_confirmed"):
            return [RejectReferral(at=at, referral_id=referral_id, reason=FRAUD)]
        case ReferrerSuspended(program_id=program_id, referrer_id=user_id, reason=reason):
            return [
                CancelUnpaid(
                    at=at, user_id=user_id, program_id=program_id, reason=reason, role="referrer"
                )
            ]
        case FraudFlagged(holds=True):
            return [_hold(at, event)]
        case FraudResolved():
            return _resolve(at, event)
        case _:
            return []


def _hold(at: int, event: FraudFlagged) -> HoldReferrals:
    return HoldReferrals(
        at=at,
        program_id=event.program_id,
        referral_ids=event.referral_ids,
        referrer_id=event.subject_id if event.scope == "referrer" else None,
        reason=event.rule,
    )


def _resolve(at: int, event: FraudResolved) -> list[Command]:
    """Confirmed, referrals lose everything, those included that have nothing left to reverse."""
    lost = event.referral_ids if event.resolution == "confirmed" else ()
    rejected: list[Command] = [
        RejectReferral(at=at, referral_id=referral_id, reason=FRAUD) for referral_id in lost
    ]
    if not event.released:
        return rejected
    return [*rejected, ReleaseReferrals(at=at, referral_ids=event.released, reason=event.rule)]
