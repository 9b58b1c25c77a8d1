"""Referrals as the log tells them, compared with what is kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events import referrals as events
from groundswell.log.reader import events_of
from groundswell.store import Statement, Store, Transaction

BOUND = Statement("SELECT referral_id, referrer_id, conversions, code_id FROM referrals")
CODES = Statement("SELECT code_id, clicks, human_clicks FROM referral_codes")
PROGRAMS = Statement("SELECT program_id, version, referrals, conversions FROM programs")
OPEN = Statement("SELECT case_id, signals FROM fraud_cases WHERE state = 'open'")
_KINDS = (
    *(events.AttributionAssigned, events.AttributionOverridden, events.LinkClicked),
    *(events.ConversionCompleted, events.ConversionReversed, events.ProgramEvent),
    *(events.FraudFlagged, events.FraudResolved),
)


@dataclass
class Told:
    """What the log says, folded."""

    referrers: dict[str, str] = field(default_factory=dict)
    conversions: dict[str, set[str]] = field(default_factory=dict)
    clicks: Counter[str] = field(default_factory=Counter)
    human_clicks: Counter[str] = field(default_factory=Counter)
    versions: dict[str, int] = field(default_factory=dict)
    referrals: Counter[str] = field(default_factory=Counter)
    completed: Counter[str] = field(default_factory=Counter)
    cases: dict[str, int] = field(default_factory=dict)

    def add(self, logged: LoggedEvent) -> None:
        """Take in one more event."""
        match logged.event:
            case events.AttributionAssigned() as event:
                self.referrers[event.referral_id] = event.referrer_id
                self.referrals[event.program_id] += 1
            case events.AttributionOverridden() as event:
                self.referrers[event.referral_id] = event.referrer_id
            case events.ConversionCompleted() as event:
                self.conversions.setdefault(event.referral_id, set()).add(event.conversion_id)
                self.completed[event.program_id] += 1
            case events.ConversionReversed(refunded_minor=None) as event:
                self.conversions[event.referral_id].discard(event.conversion_id)
                self.completed[event.program_id] -= 1
            case events.LinkClicked() as event:
                self.clicks[event.code_id] += 1
                self.human_clicks[event.code_id] += event.counted
            case events.ProgramEvent() as event:
                self.versions[event.program_id] = event.version
            case events.FraudFlagged() as event:
                self.cases[event.case_id] = self.cases.get(event.case_id, 0) + 1
            case events.FraudResolved() as event:
                self.cases.pop(event.case_id, None)


async def audit_referrals(store: Store) -> list[str]:
    """A line for each difference between the log and what is kept, at one and the same instant."""
    async with store.reading() as tx:
        told = await _told(tx)
        return [
            *await _referrals(tx, told),
            *await _codes(tx, told),
            *await _programs(tx, told),
            *await _cases(tx, told),
        ]


async def _told(tx: Transaction) -> Told:
    told = Told()
    async for logged in events_of(tx, *_KINDS):
        told.add(logged)
    return told


async def _referrals(tx: Transaction, told: Told) -> list[str]:
    kept = {row[0]: (row[1], row[2]) for row in await tx.fetch(BOUND)}
    wanted = {
        referral: (referrer, len(told.conversions.get(referral, ())))
        for referral, referrer in told.referrers.items()
    }
    return _differences("referral", kept, wanted)


async def _codes(tx: Transaction, told: Told) -> list[str]:
    kept = {row[0]: (row[1], row[2]) for row in await tx.fetch(CODES)}
    wanted = {code: (told.clicks[code], told.human_clicks[code]) for code in kept}
    return _differences("clicks of code", kept, wanted)


async def _programs(tx: Transaction, told: Told) -> list[str]:
    kept = {row[0]: tuple(row[1:]) for row in await tx.fetch(PROGRAMS)}
    wanted = {
        program: (version, told.referrals[program], told.completed[program])
        for program, version in told.versions.items()
    }
    return _differences("program", kept, wanted)


async def _cases(tx: Transaction, told: Told) -> list[str]:
    kept = {row[0]: row[1] for row in await tx.fetch(OPEN)}
    return _differences("open case", kept, told.cases)


def _differences(kind: str, kept: Mapping[str, object], wanted: Mapping[str, object]) -> list[str]:
    return [
        f"{kind} {name}: kept {kept.get(name)}, the log says {wanted.get(name)}"
        for name in sorted(kept.keys() | wanted.keys())
        if kept.get(name) != wanted.get(name)
    ]
