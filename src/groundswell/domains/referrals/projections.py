"""Referral programs as the log alone tells them: counters, attributions, conversions, cases."""

from __future__ import annotations

from typing import Final

import msgspec

from groundswell.contract.events import LoggedEvent
from groundswell.contract.events import referrals as events
from groundswell.log.projections import Fold, Projection, Rows, Table
from groundswell.store import BIGINT, TEXT

PROGRAMS: Final = Table(
    "programs",
    {"program_id": TEXT},
    {
        **{"version": BIGINT, "name": TEXT, "state": TEXT},
        **{"referrals": BIGINT, "conversions": BIGINT},
    },
    whole=False,
)
CODES: Final = Table(
    "referral_codes",
    {"code_id": TEXT},
    {
        **dict.fromkeys(("program_id", "user_id", "ended"), TEXT),
        **dict.fromkeys(("created_at", "clicks", "human_clicks"), BIGINT),
    },
    whole=False,
)
DISCARDS: Final = Table(
    "referral_discards", {"program_id": TEXT, "reason": TEXT}, {"clicks": BIGINT}, absent=(0,)
)
REFERRERS: Final = Table(
    "referrers",
    {"program_id": TEXT, "user_id": TEXT},
    dict.fromkeys(("referrals", "confirmed_cases", "suspended_at"), BIGINT),
    absent=(0, 0, None),
)
REFERRALS: Final = Table(
    "referrals",
    {"referral_id": TEXT},
    {
        **dict.fromkeys(("program_id", "referee_id", "referrer_id", "touch_id", "model"), TEXT),
        **dict.fromkeys(("rule_version", "recorded_at", "anonymous", "conversions"), BIGINT),
    },
    whole=False,
)
CONVERSIONS: Final = Table(
    "referral_conversions",
    {"conversion_id": TEXT},
    {
        **dict.fromkeys(("referral_id", "program_id", "referrer_id", "external_id"), TEXT),
        **{"stage": TEXT, "occurrence": BIGINT, "at": BIGINT, "recorded_at": BIGINT},
        **{"amount_minor": BIGINT, "currency": TEXT, "refunded_minor": BIGINT},
        **{"state": TEXT, "reason": TEXT},
    },
)
CASES: Final = Table(
    "fraud_cases",
    {"case_id": TEXT},
    {
        **dict.fromkeys(("program_id", "referrer_id", "rule", "severity", "scope"), TEXT),
        **{"holds": BIGINT, "state": TEXT, "signals": BIGINT},
        **{"opened_at": BIGINT, "resolved_at": BIGINT, "resolved_by": TEXT},
    },
    whole=False,
)


class Program(msgspec.Struct):
    """A program; the fields stand in the order of the columns."""

    version: int
    name: str
    state: str
    referrals: int = 0
    conversions: int = 0


class Code(msgspec.Struct):
    """A code; the fields stand in the order of the columns."""

    program_id: str
    user_id: str
    ended: str | None
    created_at: int
    clicks: int = 0
    human_clicks: int = 0


class Referrer(msgspec.Struct):
    """Somebody in a program; the fields stand in the order of the columns."""

    referrals: int = 0
    confirmed: int = 0
    suspended_at: int | None = None


class Referral(msgspec.Struct):
    """A referral; the fields stand in the order of the columns."""

    program_id: str
    referee_id: str
    referrer_id: str
    touch_id: str
    model: str
    rule_version: int
    recorded_at: int
    anonymous: int
    conversions: int = 0


class Conversion(msgspec.Struct):
    """A conversion; the fields stand in the order of the columns."""

    referral_id: str
    program_id: str
    referrer_id: str
    external_id: str
    stage: str
    occurrence: int
    at: int
    recorded_at: int
    amount_minor: int | None
    currency: str | None
    refunded_minor: int = 0
    state: str = "completed"
    reason: str | None = None


class Case(msgspec.Struct):
    """A case; the fields stand in the order of the columns."""

    program_id: str
    referrer_id: str
    rule: str
    severity: str
    scope: str
    holds: int
    state: str
    signals: int
    opened_at: int
    resolved_at: int | None = None
    resolved_by: str | None = None


class ReferralFold(Fold):
    """All that the log tells of programs."""

    takes = (
        *(events.ProgramEvent, events.CodeGenerated, events.CodeRevoked, events.CodeExpired),
        *(events.LinkClicked, events.AttributionAssigned, events.AttributionOverridden),
        *(events.ConversionCompleted, events.ConversionReversed),
        *(events.FraudFlagged, events.FraudResolved),
        *(events.ReferrerSuspended, events.ReferrerReinstated),
    )

    programs: dict[str, Program] = msgspec.field(default_factory=dict)
    codes: dict[str, Code] = msgspec.field(default_factory=dict)
    discards: dict[tuple[str, str], int] = msgspec.field(default_factory=dict)
    referrers: dict[tuple[str, str], Referrer] = msgspec.field(default_factory=dict)
    referrals: dict[str, Referral] = msgspec.field(default_factory=dict)
    conversions: dict[str, Conversion] = msgspec.field(default_factory=dict)
    cases: dict[str, Case] = msgspec.field(default_factory=dict)

    def add(self, logged: LoggedEvent) -> None:
        """Take in the event that follows."""
        at = logged.at
        match logged.event:
            case events.ProgramEvent() as event:
                self._program(event)
            case events.CodeGenerated() as event:
                code = Code(event.program_id, event.user_id, None, at)
                self.codes[event.code_id] = code
            case events.CodeRevoked() as event:
                self.codes[event.code_id].ended = "revoked"
            case events.CodeExpired() as event:
                self.codes[event.code_id].ended = "expired"
            case events.LinkClicked() as event:
                self._click(event)
            case events.AttributionAssigned() as event:
                self._bind(event, at)
            case events.AttributionOverridden() as event:
                self._rebind(event)
            case events.ConversionCompleted() as event:
                self._complete(event, at)
            case events.ConversionReversed() as event:
                self._reverse(event)
            case events.FraudFlagged() as event:
                self._flag(event, at)
            case events.FraudResolved() as event:
                self._resolve(event, at)
            case events.ReferrerSuspended() as event:
                self._referrer(event.program_id, event.referrer_id).suspended_at = at
            case events.ReferrerReinstated() as event:
                self._referrer(event.program_id, event.referrer_id).suspended_at = None

    def rows(self) -> Rows:
        """The rows as they have to be now."""
        tuple_of = msgspec.structs.astuple
        return {
            PROGRAMS.name: {(name,): tuple_of(one) for name, one in self.programs.items()},
            CODES.name: {(name,): tuple_of(one) for name, one in self.codes.items()},
            DISCARDS.name: {key: (clicks,) for key, clicks in self.discards.items()},
            REFERRERS.name: {key: tuple_of(one) for key, one in self.referrers.items()},
            REFERRALS.name: {(name,): tuple_of(one) for name, one in self.referrals.items()},
            CONVERSIONS.name: {(name,): tuple_of(one) for name, one in self.conversions.items()},
            CASES.name: {(name,): tuple_of(one) for name, one in self.cases.items()},
        }

    def _program(self, event: events.ProgramEvent) -> None:
        program = self.programs.setdefault(event.program_id, Program(0, "", ""))
        program.version, program.name, program.state = event.version, event.name, event.state

    def _click(self, event: events.LinkClicked) -> None:
        code = self.codes[event.code_id]
        code.clicks += 1
        code.human_clicks += event.counted
        if event.discard_reason is not None:
            key = (event.program_id, event.discard_reason)
            self.discards[key] = self.discards.get(key, 0) + 1

    def _referrer(self, program_id: str, user_id: str) -> Referrer:
        return self.referrers.setdefault((program_id, user_id), Referrer())

    def _bind(self, event: events.AttributionAssigned, at: int) -> None:
        self.referrals[event.referral_id] = Referral(
            event.program_id,
            event.referee_id,
            event.referrer_id,
            event.touch_id,
            event.model,
            event.rule_version,
            at,
            int(event.anonymous),
        )
        self.programs[event.program_id].referrals += 1
        self._referrer(event.program_id, event.referrer_id).referrals += 1

    def _rebind(self, event: events.AttributionOverridden) -> None:
        referral = self.referrals[event.referral_id]
        self._referrer(event.program_id, referral.referrer_id).referrals -= 1
        self._referrer(event.program_id, event.referrer_id).referrals += 1
        referral.referrer_id, referral.touch_id = event.referrer_id, event.touch_id

    def _complete(self, event: events.ConversionCompleted, at: int) -> None:
        self.conversions[event.conversion_id] = Conversion(
            event.referral_id,
            event.program_id,
            event.referrer_id,
            event.external_id,
            event.conversion_type,
            event.occurrence,
            event.converted_at,
            at,
            event.amount_minor,
            event.currency,
        )
        self.referrals[event.referral_id].conversions += 1
        self.programs[event.program_id].conversions += 1

    def _reverse(self, event: events.ConversionReversed) -> None:
        conversion = self.conversions[event.conversion_id]
        conversion.reason = event.reason
        if event.refunded_minor is not None:
            conversion.refunded_minor = event.refunded_minor
            return
        conversion.state = "reversed"
        self.referrals[event.referral_id].conversions -= 1
        self.programs[event.program_id].conversions -= 1

    def _flag(self, event: events.FraudFlagged, at: int) -> None:
        case = self.cases.get(event.case_id)
        if case is None:
            about = (event.program_id, event.subject_id, event.rule, event.severity, event.scope)
            case = self.cases[event.case_id] = Case(*about, int(event.holds), "open", 0, at)
        case.signals += 1

    def _resolve(self, event: events.FraudResolved, at: int) -> None:
        case = self.cases[event.case_id]
        case.state, case.resolved_at = str(event.resolution), at
        case.resolved_by = event.by
        if event.resolution == "confirmed":
            self._referrer(event.program_id, event.subject_id).confirmed += 1


REFERRAL_PROJECTION: Final = Projection(
    "referrals",
    1,
    ReferralFold,
    (PROGRAMS, CODES, DISCARDS, REFERRERS, REFERRALS, CONVERSIONS, CASES),
)
"""The rules of programs, people's touches and what they can be recognised by are not in the log."""
