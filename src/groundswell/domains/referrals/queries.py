"""What can be asked of referral programs."""

from __future__ import annotations

from typing import Any

import msgspec

from groundswell.contract.errors import NotFound
from groundswell.contract.times import Clock, to_rfc3339
from groundswell.domains.referrals import code_rows, program_rows
from groundswell.domains.referrals.attribution import Considered
from groundswell.domains.referrals.fraud import Facts, Signal, signals
from groundswell.domains.referrals.program_rows import Program, program_of
from groundswell.domains.referrals.rules import FraudRules
from groundswell.domains.referrals.suspicions import HOLDING, Case
from groundswell.domains.referrals.views import (
    AttributionView,
    CaseState,
    CaseView,
    CodeView,
    DiscardCount,
    MyReferrals,
    Page,
    ProgramClicks,
    ProgramView,
    ReferralTotals,
    ReferralView,
    RuleTrial,
    SignalView,
    Trial,
)
from groundswell.http.parameters import decode_cursor, encode_cursor
from groundswell.store import Statement, Store, Transaction

_MOST_EXAMPLES = 10

MINE = Statement(
    """
    SELECT referral_id, program_id, referee_id, referrer_id, state, conversions, anonymous, reason,
      attributed_at, recorded_at
    FROM referrals
    WHERE referrer_id = :user_id
      AND (recorded_at < :at OR (recorded_at = :at AND referral_id < :id))
    ORDER BY recorded_at DESC, referral_id DESC LIMIT :limit
    """
)
TOTALS = Statement(
    """
    SELECT COUNT(*), COALESCE(SUM(CASE WHEN conversions > 0 THEN 1 ELSE 0 END), 0),
      COALESCE(SUM(conversions), 0)
    FROM referrals WHERE referrer_id = :user_id
    """
)
CLICKS_OF = Statement(
    "SELECT COALESCE(SUM(human_clicks), 0) FROM referral_codes WHERE user_id = :user_id"
)
ATTRIBUTION = Statement(
    """
    SELECT referral_id, program_id, referee_id, referrer_id, state, model, rule_version, touch_id,
      touch_kind, attributed_at, qualifies_until, trace
    FROM referrals WHERE referral_id = :referral_id
    """
)
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
CLICKS = Statement(
    """
    SELECT COALESCE(SUM(clicks), 0), COALESCE(SUM(human_clicks), 0)
    FROM referral_codes WHERE program_id = :program_id
    """
)
DISCARDS = Statement(
    "SELECT reason, clicks FROM referral_discards WHERE program_id = :program_id ORDER BY reason"
)
IS_MEMBER = Statement(
    """
    SELECT 1 FROM referral_codes WHERE program_id = :program_id AND user_id = :user_id
    UNION SELECT 1 FROM referrals WHERE program_id = :program_id AND referee_id = :user_id
    """
)
CODES_OF = Statement(
    """
    SELECT code_id, code, program_id, user_id, created_at, starts_at, expires_at, max_uses, uses,
      recipient_id, ended, clicks, human_clicks
    FROM referral_codes WHERE user_id = :user_id ORDER BY created_at, code_id
    """
)
REFERRED_BY = Statement(
    """
    SELECT program_id, referrer_id, state, attributed_at FROM referrals
    WHERE referee_id = :user_id ORDER BY attributed_at
    """
)

_trace = msgspec.json.Decoder(list[Considered]).decode
_facts = msgspec.json.Decoder(Facts).decode
_FIRST = (2**62, "~")


class ReferralQueries:
    """Answers from one snapshot each.

    Args:
        store: where everything is.
        clock: the time of an answer.
        link_base: what links begin with.
    """

    def __init__(self, store: Store, clock: Clock, link_base: str) -> None:
        self._store = store
        self._clock = clock
        self._link_base = link_base

    async def program(self, program_id: str) -> ProgramView:
        """One program.

        Raises:
            NotFound: nobody knows it.
        """
        return (await self._program(program_id)).view()

    async def programs(self, limit: int, cursor: str | None) -> Page[ProgramView]:
        """All programs, newest first."""
        at, after = _position(cursor)
        rows = await self._store.fetch(program_rows.LIST, at=at, id=after, limit=limit + 1)
        found = [program_of(row) for row in rows[:limit]]
        last = found[-1] if len(rows) > limit else None
        return Page(
            items=[one.view() for one in found],
            next_cursor=None if last is None else encode_cursor((last.created_at, last.program_id)),
            as_of=to_rfc3339(self._clock()),
        )

    async def clicks(self, program_id: str) -> ProgramClicks:
        """The clicks on a program's links, and why some do not count."""
        await self._program(program_id)
        async with self._store.reading() as tx:
            counted = await tx.fetch(CLICKS, program_id=program_id)
            discarded = await tx.fetch(DISCARDS, program_id=program_id)
        return ProgramClicks(
            clicks=int(counted[0][0]),
            human_clicks=int(counted[0][1]),
            discarded=[DiscardCount(reason=reason, clicks=clicks) for reason, clicks in discarded],
        )

    async def mine(self, user_id: str, limit: int, cursor: str | None) -> MyReferrals:
        """The referrals of a user, newest first."""
        at, after = _position(cursor)
        async with self._store.reading() as tx:
            rows = await tx.fetch(MINE, user_id=user_id, at=at, id=after, limit=limit + 1)
            items = [await self._referral(tx, row) for row in rows[:limit]]
            totals = await self._totals(tx, user_id)
        last = rows[limit - 1] if len(rows) > limit else None
        return MyReferrals(
            items=items,
            next_cursor=None if last is None else encode_cursor((last[9], last[0])),
            as_of=to_rfc3339(self._clock()),
            totals=totals,
        )

    async def attribution(self, referral_id: str) -> AttributionView:
        """Why a referral is whose it is.

        Raises:
            NotFound: nobody knows it.
        """
        rows = await self._store.fetch(ATTRIBUTION, referral_id=referral_id)
        if not rows:
            raise NotFound("No such referral")
        *values, attributed, until, trace = rows[0]
        names = AttributionView.__struct_fields__[: len(values)]
        return AttributionView(
            **dict(zip(names, values, strict=True)),
            attributed_at=to_rfc3339(attributed),
            qualifies_until=to_rfc3339(until),
            trace=_trace(trace),
        )

    async def cases(
        self, program_id: str, state: CaseState, limit: int, cursor: str | None
    ) -> Page[CaseView]:
        """The review queue of a program, newest first."""
        await self._program(program_id)
        at, after = _position(cursor)
        async with self._store.reading() as tx:
            rows = await tx.fetch(
                CASES, program_id=program_id, state=state, at=at, id=after, limit=limit + 1
            )
            found = [Case(*row) for row in rows[:limit]]
            items = [_case(case, await tx.fetch(SIGNALS, case_id=case.case_id)) for case in found]
        last = found[-1] if len(rows) > limit else None
        return Page(
            items=items,
            next_cursor=None if last is None else encode_cursor((last.opened_at, last.case_id)),
            as_of=to_rfc3339(self._clock()),
        )

    async def trial(self, program_id: str, rules: FraudRules, limit: int) -> Trial:
        """What rules would have flagged among the newest referrals; nothing is changed."""
        await self._program(program_id)
        rows = await self._store.fetch(HISTORY, program_id=program_id, limit=limit)
        return trial_of([(referral, _facts(facts)) for referral, facts in rows], rules)

    async def is_member(self, program_id: str, user_id: str) -> bool:
        """Whether somebody has a code of the program, or was referred in it."""
        return bool(await self._store.fetch(IS_MEMBER, program_id=program_id, user_id=user_id))

    async def export(self, user_id: str) -> dict[str, Any]:
        """Everything about a user."""
        now = self._clock()
        async with self._store.reading() as tx:
            rows = await tx.fetch(MINE, user_id=user_id, at=_FIRST[0], id="~", limit=10_000)
            referrals = [await self._referral(tx, row) for row in rows]
            codes = [self._code(row, now) for row in await tx.fetch(CODES_OF, user_id=user_id)]
            referred = await tx.fetch(REFERRED_BY, user_id=user_id)
        names = ("programId", "referrerId", "state")
        return {
            "codes": msgspec.to_builtins(codes),
            "referrals": msgspec.to_builtins(referrals),
            "referredBy": [
                {**dict(zip(names, row[:3], strict=True)), "attributedAt": to_rfc3339(row[3])}
                for row in referred
            ],
        }

    async def _program(self, program_id: str) -> Program:
        rows = await self._store.fetch(program_rows.FIND, program_id=program_id)
        if not rows:
            raise NotFound("No such program")
        return program_of(rows[0])

    async def _totals(self, tx: Transaction, user_id: str) -> ReferralTotals:
        attributed, completed, conversions = (await tx.fetch(TOTALS, user_id=user_id))[0]
        clicks = (await tx.fetch(CLICKS_OF, user_id=user_id))[0][0]
        return ReferralTotals(
            clicks=int(clicks),
            attributed=attributed,
            completed=int(completed),
            conversions=int(conversions),
        )

    async def _referral(self, tx: Transaction, row: tuple[Any, ...]) -> ReferralView:
        referral, program, referee, referrer, state, conversions, anonymous, reason, at, _ = row
        holding = await tx.fetch(
            HOLDING, program_id=program, referrer_id=referrer, referral_id=referral
        )
        return ReferralView(
            referral_id=referral,
            program_id=program,
            referee_id=None if anonymous else referee,
            state=state,
            held=bool(holding),
            conversions=conversions,
            reason=reason,
            attributed_at=to_rfc3339(at),
        )

    def _code(self, row: tuple[Any, ...], now: int) -> CodeView:
        *columns, clicks, human = row
        code = code_rows.code_of(tuple(columns))
        return code_rows.code_view(code, now, self._link_base, clicks, human)


def _position(cursor: str | None) -> tuple[int, str]:
    """When and what the page before ended with."""
    if cursor is None:
        return _FIRST
    at, after = decode_cursor(cursor, tuple[int, str | int])
    return at, str(after)


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
