"""Cases: what fired is grouped by referrer and rule, holds rewards, and waits for somebody."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec

from groundswell.contract.events.referrals import FraudFlagged
from groundswell.contract.times import DAY
from groundswell.domains.referrals.fraud import Signal
from groundswell.domains.referrals.naming import new_id
from groundswell.domains.referrals.referral_rows import Referral
from groundswell.store import Statement, Transaction
from groundswell.store.commands import EventTail

CASE_LIFE = 30 * DAY

_CASE = """
    case_id, program_id, referrer_id, rule, severity, scope, holds, state, signals, opened_at,
    expires_at, resolved_at, resolved_by, note
"""
FIND_OPEN = Statement(
    """
    SELECT case_id FROM fraud_cases
    WHERE program_id = :program_id AND referrer_id = :referrer_id AND rule = :rule
      AND state = 'open'
    """
)
FIND_CASE = Statement(f"SELECT {_CASE} FROM fraud_cases WHERE case_id = :case_id")  # noqa: S608
DUE = Statement(
    f"""
    SELECT {_CASE} FROM fraud_cases
    WHERE state = 'open' AND expires_at IS NOT NULL AND expires_at <= :now
    ORDER BY opened_at LIMIT :portion
    """  # noqa: S608
)
ADD_CASE = Statement(
    """
    INSERT INTO fraud_cases (case_id, program_id, referrer_id, rule, severity, scope, holds, state,
      signals, opened_at, expires_at)
    VALUES (:case_id, :program_id, :referrer_id, :rule, :severity, :scope, :holds, 'open', 0, :now,
      :expires_at)
    """
)
COUNT_SIGNAL = Statement("UPDATE fraud_cases SET signals = signals + 1 WHERE case_id = :case_id")
ADD_SIGNAL = Statement(
    """
    INSERT INTO fraud_signals (signal_id, case_id, referral_id, digest, evidence, at)
    VALUES (:signal_id, :case_id, :referral_id, :digest, :evidence, :now)
    ON CONFLICT (case_id, digest) DO NOTHING RETURNING signal_id
    """
)
HOLDING = Statement(
    """
    SELECT rule FROM fraud_cases c
    WHERE c.program_id = :program_id AND c.referrer_id = :referrer_id AND c.state = 'open'
      AND c.holds = 1 AND (c.scope = 'referrer' OR EXISTS (
        SELECT 1 FROM fraud_signals s
        WHERE s.case_id = c.case_id AND s.referral_id = :referral_id))
    ORDER BY rule
    """
)


class Case(msgspec.Struct, frozen=True):
    """A case as it is kept; fields in the order of the columns."""

    case_id: str
    program_id: str
    referrer_id: str
    rule: str
    severity: Any
    scope: Any
    holds: int
    state: str
    signals: int
    opened_at: int
    expires_at: int | None
    resolved_at: int | None
    resolved_by: str | None
    note: str | None


async def holding_rules(transaction: Transaction, referral: Referral) -> tuple[str, ...]:
    """The rules because of which a referral's rewards wait."""
    rows = await transaction.fetch(
        HOLDING,
        program_id=referral.program_id,
        referrer_id=referral.referrer_id,
        referral_id=referral.referral_id,
    )
    return tuple(row[0] for row in rows)


async def flag(
    transaction: Transaction, tail: EventTail, referral: Referral, signal: Signal, now: int
) -> None:
    """Put a signal into the open case of its kind; the same once more changes nothing."""
    case_id = await _open_case(transaction, referral, signal, now)
    signal_id = new_id("signal")
    added = await transaction.fetch(
        ADD_SIGNAL,
        signal_id=signal_id,
        case_id=case_id,
        referral_id=referral.referral_id,
        digest=_digest(referral, signal),
        evidence=msgspec.json.encode(signal.evidence).decode(),
        now=now,
    )
    if not added:
        return
    await transaction.fetch(COUNT_SIGNAL, case_id=case_id)
    weight = signal.weight
    event = FraudFlagged(
        case_id=case_id,
        subject_id=referral.referrer_id,
        program_id=referral.program_id,
        rule=signal.rule,
        severity=weight.severity,
        scope=weight.scope,
        resolution=None,
        referral_ids=(referral.referral_id,),
        holds=weight.holds,
        signal_id=signal_id,
    )
    tail.append(event, now)


async def _open_case(transaction: Transaction, referral: Referral, signal: Signal, now: int) -> str:
    found = await transaction.fetch(
        FIND_OPEN,
        program_id=referral.program_id,
        referrer_id=referral.referrer_id,
        rule=signal.rule,
    )
    if found:
        return str(found[0][0])
    weight, case_id = signal.weight, new_id("case")
    await transaction.fetch(
        ADD_CASE,
        case_id=case_id,
        program_id=referral.program_id,
        referrer_id=referral.referrer_id,
        rule=signal.rule,
        severity=weight.severity,
        scope=weight.scope,
        holds=int(weight.holds),
        now=now,
        expires_at=None if weight.lasting else now + CASE_LIFE,
    )
    return case_id


def _digest(referral: Referral, signal: Signal) -> str:
    said = msgspec.json.encode([referral.referral_id, signal.evidence], order="sorted")
    return blake2b(said, digest_size=16).hexdigest()
