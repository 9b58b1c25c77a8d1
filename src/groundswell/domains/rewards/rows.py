"""Rewards, conversions and awards as they are worked on, each like its row."""

from __future__ import annotations

from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any, ClassVar

from groundswell.contract.events.rewards import RewardFacts, RewardStatus
from groundswell.contract.terms import RewardKind, RewardRole, RewardType
from groundswell.store import Row


@dataclass(slots=True)
class Reward:
    """A reward; the fields stand in the order of the columns."""

    reward_id: str
    program_id: str
    rule_id: str
    kind: RewardKind
    role: RewardRole
    type: RewardType
    user_id: str
    referrer_id: str
    referee_id: str
    referral_id: str
    conversion_id: str | None
    occurrence: int
    rule_version: int
    currency: str
    amount_minor: int
    hold_until: int
    needs_approval: int
    expires_days: int | None
    counted_at: int
    granted_at: int
    status: RewardStatus = "pending"
    reversed_minor: int = 0
    held_from: RewardStatus | None = None
    held_by: str | None = None
    approved_at: int | None = None
    expires_at: int | None = None
    paid_at: int | None = None
    updated_at: int = 0
    reason: str | None = None

    @property
    def net(self) -> int:
        """What is left of it."""
        return self.amount_minor - self.reversed_minor

    def facts(self) -> RewardFacts:
        """What never changes about it."""
        return RewardFacts(
            role=self.role,
            rule_id=self.rule_id,
            kind=self.kind,
            rule_version=self.rule_version,
            conversion_id=self.conversion_id,
            occurrence=self.occurrence,
            granted_minor=self.amount_minor,
            counted_at=self.counted_at,
            granted_at=self.granted_at,
            needs_approval=bool(self.needs_approval),
            expires_days=self.expires_days,
        )


@dataclass(slots=True)
class Conversion:
    """A conversion as far as rewards need it."""

    conversion_id: str
    program_id: str
    referral_id: str
    referrer_id: str
    referee_id: str
    occurrence: int
    completed: int = 0
    counted: int = 0
    reversed: int = 0
    amount_minor: int | None = None
    refunded_minor: int = 0
    decisions: str = "[]"
    updated_at: int = 0


@dataclass(slots=True)
class Award:
    """A step that a referrer reached."""

    program_id: str
    user_id: str
    rule_id: str
    threshold: int
    measure: int | None
    revoke_on_drop: int
    reward_id: str | None
    reached_at: int
    revoked_at: int | None = None


class Columns:
    """The names of columns, in order."""

    REWARD: ClassVar = tuple(field.name for field in fields(Reward))
    CONVERSION: ClassVar = tuple(field.name for field in fields(Conversion))
    AWARD: ClassVar = tuple(field.name for field in fields(Award))


def row_of(one: Reward | Conversion | Award) -> tuple[Any, ...]:
    """The values of the columns."""
    return tuple(getattr(one, name) for name in one.__slots__)


def reward_of(row: Row) -> Reward:
    """The reward of a row of ``Columns.REWARD``."""
    return Reward(*row)


def reward_id(program_id: str, source_id: str, rule_id: str, role: str, occurrence: int) -> str:
    """The id of the one reward there may be for these. ``source_id`` is of the conversion, or of
    the referral if it is given at the attribution."""
    name = "\n".join((program_id, source_id, rule_id, role, str(occurrence)))
    return f"reward-{sha256(name.encode()).hexdigest()[:32]}"
