"""Programs, codes and links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from groundswell.contract.events.base import Event, Privacy
from groundswell.contract.events.referrals.common import (
    OfReferrer,
    program_topic,
    referrals_topic,
)
from groundswell.contract.terms import RewardRule


class ProgramEvent(Event, frozen=True, kw_only=True):
    """Something about a program as a whole; its members are told."""

    privacy: ClassVar[Privacy] = "personal"
    program_id: str
    version: int
    name: str
    state: str
    reward_terms: tuple[RewardRule, ...]

    @property
    def partition_key(self) -> str:
        """A program's versions stay in order."""
        return f"program.{self.program_id}"

    def topics(self) -> Sequence[str]:
        """The members of the program."""
        return (program_topic(self.program_id),)


class ProgramCreated(ProgramEvent, frozen=True, kw_only=True):
    """There is a new program."""

    event_type: ClassVar[str] = "referral.program.created"


class ProgramUpdated(ProgramEvent, frozen=True, kw_only=True):
    """A program has a new version of its rules. ``changed`` names what is different."""

    event_type: ClassVar[str] = "referral.program.updated"
    changed: tuple[str, ...]


class _OfCode(Event, frozen=True, kw_only=True):
    privacy: ClassVar[Privacy] = "personal"
    code_id: str
    user_id: str
    program_id: str

    @property
    def partition_key(self) -> str:
        """A code's life stays in order."""
        return f"referrer.{self.user_id}"

    def topics(self) -> Sequence[str]:
        """Whose code it is."""
        return (referrals_topic(self.user_id),)


class CodeGenerated(_OfCode, frozen=True, kw_only=True):
    """Somebody has a code of a program, and a link."""

    event_type: ClassVar[str] = "referral.code.generated"


class CodeRevoked(_OfCode, frozen=True, kw_only=True):
    """A code was taken back; clicks made before still count."""

    event_type: ClassVar[str] = "referral.code.revoked"
    reason: str


class CodeExpired(_OfCode, frozen=True, kw_only=True):
    """A code's time is over."""

    event_type: ClassVar[str] = "referral.code.expired"
    reason: str


class LinkClicked(OfReferrer, frozen=True, kw_only=True):
    """Somebody, or something, followed a link.

    ``source_ip`` is a keyed hash, ``user_agent`` a family. Only a counted click is a touch and has
    a referral; a repeat within the hour has those of the first. ``discard_reason`` says why one is
    not counted.
    """

    event_type: ClassVar[str] = "referral.link.clicked"
    referral_id: str | None
    source_ip: str | None
    user_agent: str
    click_id: str
    counted: bool
    discard_reason: str | None
    code_id: str
