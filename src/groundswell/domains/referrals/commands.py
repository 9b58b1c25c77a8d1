"""What can be done in referral programs."""

from __future__ import annotations

from typing import Any, ClassVar

from groundswell.contract.events.intake import Identity, ReferralHints
from groundswell.contract.events.referrals import ReversalReason
from groundswell.domains.referrals.clicks import Discard
from groundswell.domains.referrals.rules import Part, ProgramRules
from groundswell.domains.referrals.tokens import Carried
from groundswell.domains.referrals.views import (
    CaseState,
    CodeView,
    ConversionView,
    Done,
    Followed,
    ProgramState,
    ProgramView,
    Redemption,
    Swept,
    Touched,
)
from groundswell.store.commands import Command


class CreateProgram(Command, frozen=True, kw_only=True):
    """Make a program; ``program_id`` is made if none is given."""

    answer: ClassVar[type] = ProgramView
    program_id: str
    name: str
    rules: ProgramRules
    state: ProgramState = "active"
    starts_at: int | None = None
    ends_at: int | None = None


class ChangeProgram(Command, frozen=True, kw_only=True):
    """Change a program: ``changes`` are fields of the program, ``rules`` fields of its rules."""

    answer: ClassVar[type] = ProgramView
    program_id: str
    changes: dict[str, Any]
    rules: dict[str, Any]


class MakeCode(Command, frozen=True, kw_only=True):
    """A user's code of a program: the one they have, or a new one."""

    answer: ClassVar[type] = CodeView
    program_id: str
    user_id: str
    wanted: str | None = None
    starts_at: int | None = None
    expires_at: int | None = None
    max_uses: int | None = None
    recipient_id: str | None = None


class RevokeCode(Command, frozen=True, kw_only=True):
    """Take a code back. ``owner`` is who asks, None for the host."""

    answer: ClassVar[type] = CodeView
    program_id: str
    code_id: str
    reason: str
    owner: str | None = None


class FollowLink(Command, frozen=True, kw_only=True):
    """Somebody, or something, follows a link.

    ``discard`` is the rule by which it is a machine. ``identity`` and ``address`` are hashes,
    ``carried`` is what the visitor's cookie says.
    """

    answer: ClassVar[type] = Followed
    code: str
    identity: str
    address: str
    family: str
    carried: Carried | None = None
    discard: Discard | None = None
    source: str | None = None
    query: str = ""


class ReportTouch(Command, frozen=True, kw_only=True):
    """The host counted a click elsewhere, at ``touched_at``: of a visitor, or a user."""

    answer: ClassVar[type] = Touched
    program_id: str
    code: str
    touched_at: int
    visitor_id: str | None = None
    user_id: str | None = None


class RedeemCode(Command, frozen=True, kw_only=True):
    """A user typed a code."""

    answer: ClassVar[type] = Redemption
    program_id: str
    code: str
    user_id: str
    anonymous: bool = False


class RegisterReferee(Command, frozen=True, kw_only=True):
    """Somebody registered: find out who referred them, in each program."""

    answer: ClassVar[type] = Done
    user_id: str
    registered_at: int
    identity: Identity
    hints: ReferralHints
    external_id: str
    facts: dict[str, Any]


class UpdateIdentity(Command, frozen=True, kw_only=True):
    """A user can be recognised by something else now."""

    answer: ClassVar[type] = Done
    user_id: str
    identity: Identity


class RecordActivity(Command, frozen=True, kw_only=True):
    """A user did something that programs may count, in these ``parts``."""

    answer: ClassVar[type] = Done
    user_id: str
    parts: tuple[Part, ...]
    event_type: str
    external_id: str
    occurred_at: int
    amount_minor: int | None
    currency: str | None
    facts: dict[str, Any]
    program_id: str | None = None
    """The only program that may count it; None for any."""


class SetReferrer(Command, frozen=True, kw_only=True):
    """The host decides who referred somebody."""

    answer: ClassVar[type] = Redemption
    program_id: str
    user_id: str
    referrer_id: str
    reason: str


class ReverseConversion(Command, frozen=True, kw_only=True):
    """A conversion is undone, or ``refunded_minor`` more of its amount were paid back.

    ``currency`` is the one that was named for it, if one was.
    """

    answer: ClassVar[type] = ConversionView
    conversion_id: str
    reason: ReversalReason
    refunded_minor: int | None = None
    currency: str | None = None


class SuspendReferrer(Command, frozen=True, kw_only=True):
    """End a referrer's part in a program, or let them take part again."""

    answer: ClassVar[type] = Done
    program_id: str
    user_id: str
    suspended: bool


class EndReferrer(Command, frozen=True, kw_only=True):
    """A user is gone for good: end their part in every program."""

    answer: ClassVar[type] = Done
    user_id: str
    reason: str


class ResolveCase(Command, frozen=True, kw_only=True):
    """Somebody looked at a case, and decided."""

    answer: ClassVar[type] = Done
    case_id: str
    resolution: CaseState
    by: str
    note: str | None = None


class SweepReferrals(Command, frozen=True, kw_only=True):
    """Record what ended by itself, a portion at a time."""

    answer: ClassVar[type] = Swept
    portion: int = 200


COMMANDS: tuple[type[Command], ...] = (
    CreateProgram,
    ChangeProgram,
    MakeCode,
    RevokeCode,
    FollowLink,
    ReportTouch,
    RedeemCode,
    RegisterReferee,
    UpdateIdentity,
    RecordActivity,
    SetReferrer,
    ReverseConversion,
    SuspendReferrer,
    EndReferrer,
    ResolveCase,
    SweepReferrals,
)
