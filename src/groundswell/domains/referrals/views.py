"""What referral programs answer."""

from __future__ import annotations

from typing import Any, Literal, TypeVar

import msgspec

from groundswell.contract.events.referrals import RejectionReason, Severity
from groundswell.contract.money import Money
from groundswell.domains.referrals.attribution import Loss
from groundswell.domains.referrals.codes import CodeState
from groundswell.domains.referrals.rules import ProgramRules, TouchKind

ProgramState = Literal["active", "paused", "ended"]
ReferralState = Literal["attributed", "started", "completed", "rejected", "reversed", "expired"]
CaseState = Literal["open", "confirmed", "dismissed", "expired"]
Outcome = Literal["redirect", "gone", "unknown"]

T = TypeVar("T")


class View(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of answers."""


class ProgramView(View, frozen=True, kw_only=True):
    """A program with its newest rules."""

    program_id: str
    version: int
    name: str
    state: ProgramState
    starts_at: str | None
    ends_at: str | None
    rules: ProgramRules
    referrals: int
    conversions: int
    created_at: str
    updated_at: str


class CodeView(View, frozen=True, kw_only=True):
    """A code and its link. `humanClicks` of all `clicks` were people's."""

    code_id: str
    code: str
    url: str
    program_id: str
    user_id: str
    state: CodeState
    starts_at: str | None
    expires_at: str | None
    max_uses: int | None
    uses: int
    clicks: int
    human_clicks: int


class Followed(View, frozen=True, kw_only=True):
    """Where a link leads. With ids, the visitor is to carry them."""

    outcome: Outcome
    url: str | None = None
    click_id: str | None = None
    visitor_id: str | None = None
    lifetime: int = 0


class Touched(View, frozen=True, kw_only=True):
    """A touch that was reported."""

    touch_id: str


class Redemption(View, frozen=True, kw_only=True):
    """A referral, or why there is none."""

    referral_id: str | None
    program_id: str
    referrer_id: str | None
    user_id: str
    state: ReferralState | None
    rejected: RejectionReason | None = None


class Done(View, frozen=True, kw_only=True):
    """It is done."""

    done: bool = True


class ConversionView(View, frozen=True, kw_only=True):
    """A conversion as it stands, with what of its amount was paid back so far.

    `externalEventId` is what it was reported under; of an event, its `source`, `#` and its `id`.
    """

    conversion_id: str
    referral_id: str
    program_id: str
    referrer_id: str
    user_id: str
    type: str
    occurrence: int
    external_event_id: str
    state: Literal["completed", "reversed"]
    reason: str | None
    amount: Money | None
    refunded: Money | None
    converted_at: str


class ReferralRecord(View, frozen=True, kw_only=True):
    """A referral as the host sees it."""

    referral_id: str
    program_id: str
    referrer_id: str
    user_id: str
    state: ReferralState
    conversions: int
    anonymous: bool
    reason: RejectionReason | None
    touch_kind: TouchKind
    code_id: str | None
    rule_version: int
    attributed_at: str
    qualifies_until: str


class Swept(View, frozen=True, kw_only=True):
    """How much was found; as much as asked for means there may be more."""

    found: int


class ReferralView(View, frozen=True, kw_only=True):
    """A referral as its referrer sees it; `refereeId` is null where the person wants it so."""

    referral_id: str
    program_id: str
    referee_id: str | None
    state: ReferralState
    held: bool
    conversions: int
    reason: RejectionReason | None
    attributed_at: str


class ReferralTotals(View, frozen=True, kw_only=True):
    """All referrals of a user, counted."""

    clicks: int
    attributed: int
    completed: int
    conversions: int


class MyReferrals(View, frozen=True, kw_only=True):
    """The referrals of a user, newest first, and all of them counted."""

    items: list[ReferralView]
    next_cursor: str | None
    as_of: str
    totals: ReferralTotals


class ConsideredView(View, frozen=True, kw_only=True):
    """A touch that was considered; `lost` says why another one won."""

    touch_id: str
    referrer_id: str
    kind: TouchKind
    at: str
    lost: Loss | None


class AttributionView(View, frozen=True, kw_only=True):
    """Why a referral is whose it is."""

    referral_id: str
    program_id: str
    referee_id: str
    referrer_id: str
    state: ReferralState
    model: str
    rule_version: int
    touch_id: str
    touch_kind: str
    attributed_at: str
    qualifies_until: str
    trace: list[ConsideredView]


class SignalView(View, frozen=True, kw_only=True):
    """What fired, and on what."""

    referral_id: str
    evidence: dict[str, Any]
    at: str


class CaseView(View, frozen=True, kw_only=True):
    """A group of suspicions of one kind about one referrer."""

    case_id: str
    program_id: str
    referrer_id: str
    rule: str
    severity: Severity
    scope: str
    holds: bool
    state: CaseState
    opened_at: str
    expires_at: str | None
    resolved_at: str | None
    resolved_by: str | None
    note: str | None
    signals: list[SignalView]


class RuleTrial(View, frozen=True, kw_only=True):
    """What one rule would have flagged; up to ten examples."""

    rule: str
    flagged: int
    examples: list[str]


class Trial(View, frozen=True, kw_only=True):
    """What rules would have flagged among the newest referrals of a program."""

    examined: int
    flagged: int
    held: int
    rules: list[RuleTrial]


class DiscardCount(View, frozen=True, kw_only=True):
    """How many clicks a rule discarded."""

    reason: str
    clicks: int


class ProgramClicks(View, frozen=True, kw_only=True):
    """Clicks on a program's links, all and those of people, and why the others do not count."""

    clicks: int
    human_clicks: int
    discarded: list[DiscardCount]
