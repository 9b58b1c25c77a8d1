"""What can be asked about suspicions."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.contract.paging import Page, following, place_of
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.domains.referrals.fraud import Facts, Signal, signals
from groundswell.domains.referrals.program_rows import check_program
from groundswell.domains.referrals.rules import FraudRules
from groundswell.domains.referrals.suspicions import Case
from groundswell.domains.referrals.views import (
    CaseState,
    CaseView,
    RuleTrial,
    SignalView,
    Trial,
)
from groundswell.store import Statement, Store

_MOST_EXAMPLES = 10

CASES = Statement(
    """
    SELECT case_id, program_id, referrer_id, rule, severity, scope, holds, state, signals,
      opened_at, expires_at, resolved_at, resolved_by, note
    FROM fraud_cases
    WHERE program_id = :program_id AND state = :state
      AND (opened_at < :at OR (opened_at = :at AND case_id < :id))
    ORDER BY opened_at DESC, case_id DESC LIMIT :limit
    """
)
SIGNALS = Statement(
    """
    SELECT referral_id, evidence, at FROM fraud_signals WHERE case_id = :case_id
    ORDER BY at DESC, signal_id DESC LIMIT 100
    """
)
HISTORY = Statement(
    """
    SELECT referral_id, facts FROM referrals WHERE program_id = :program_id
    ORDER BY attributed_at DESC LIMIT :limit
    """
)
_facts = msgspec.json.Decoder(Facts).decode


class ReviewQueries:
    """Answers from one snapshot each.

    Args:
        store: where everything is.
        clock: the time of an answer.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def cases(
        self, program_id: str, state: CaseState, limit: int, cursor: str | None
    ) -> Page[CaseView]:
        """The review queue of a program, newest first."""
        await check_program(self._store, program_id)
        at, after = place_of(cursor)
        async with self._store.reading() as tx:
            rows = await tx.fetch(
                CASES, program_id=program_id, state=state, at=at, id=after, limit=limit + 1
            )
            found = [Case(*row) for row in rows]
            items = [
                _case(one, await tx.fetch(SIGNALS, case_id=one.case_id)) for one in found[:limit]
            ]
        more = following(found, limit, lambda one: (one.opened_at, one.case_id))
        return Page(items=items, next_cursor=more, as_of=to_rfc3339(self._clock()))

    async def trial(self, program_id: str, rules: FraudRules, limit: int) -> Trial:
        """What rules would have flagged among the newest referrals; nothing is changed."""
        await check_program(self._store, program_id)
        rows = await self._store.fetch(HISTORY, program_id=program_id, limit=limit)
        return trial_of([(referral, _facts(facts)) for referral, facts in rows], rules)


def trial_of(history: list[tuple[str, Facts]], rules: FraudRules) -> Trial:
    """What rules find in the facts of referrals."""
    found: dict[str, list[Signal]] = {one: signals(facts, rules) for one, facts in history}
    by_rule: dict[str, list[str]] = {}
    for referral, fired in found.items():
        for signal in fired:
            by_rule.setdefault(signal.rule, []).append(referral)
    return Trial(
        examined=len(history),
        flagged=sum(1 for fired in found.values() if fired),
        held=sum(1 for fired in found.values() if any(one.weight.holds for one in fired)),
        rules=[
            RuleTrial(rule=rule, flagged=len(ids), examples=ids[:_MOST_EXAMPLES])
            for rule, ids in sorted(by_rule.items())
        ],
    )


def _case(case: Case, fired: list[tuple[Any, ...]]) -> CaseView:
    values = {
        name: getattr(case, name)
        for name in ("case_id", "program_id", "referrer_id", "rule", "severity", "scope")
    }
    return CaseView(
        **values,
        holds=bool(case.holds),
        state=case.state,  # type: ignore[arg-type]
        opened_at=to_rfc3339(case.opened_at),
        expires_at=None if case.expires_at is None else to_rfc3339(case.expires_at),
        resolved_at=None if case.resolved_at is None else to_rfc3339(case.resolved_at),
        resolved_by=case.resolved_by,
        note=case.note,
        signals=[
            SignalView(
                referral_id=referral, evidence=msgspec.json.decode(evidence), at=to_rfc3339(at)
            )
            for referral, evidence, at in fired
        ],
    )
