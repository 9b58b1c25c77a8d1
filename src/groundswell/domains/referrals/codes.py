"""Codes: how they are made, and whether one may be used now."""

from __future__ import annotations

import secrets
from typing import Literal

import msgspec

CodeState = Literal["scheduled", "active", "exhausted", "expired", "revoked"]
Refusal = Literal["code_not_started", "code_expired", "code_exhausted"]

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""No letters and digits that look alike."""
LENGTH = 8


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A code as it is kept; ``uses`` counts the people bound by it."""

    code_id: str
    code: str
    program_id: str
    user_id: str
    created_at: int
    starts_at: int | None
    expires_at: int | None
    max_uses: int | None
    uses: int
    recipient_id: str | None
    ended: str | None
    """``revoked`` or ``expired``, once that is recorded."""

    def state(self, now: int) -> CodeState:
        """What may be done with it at ``now``. The end of its time is excluded."""
        if self.ended == "revoked":
            return "revoked"
        if self.ended == "expired" or (self.expires_at is not None and now >= self.expires_at):
            return "expired"
        if self.max_uses is not None and self.uses >= self.max_uses:
            return "exhausted"
        if self.starts_at is not None and now < self.starts_at:
            return "scheduled"
        return "active"

    def refusal(self, now: int) -> Refusal | None:
        """Why it cannot be used at ``now``; None if it can. A revoked one is past its time."""
        reasons: dict[CodeState, Refusal | None] = {
            "scheduled": "code_not_started",
            "active": None,
            "exhausted": "code_exhausted",
            "expired": "code_expired",
            "revoked": "code_expired",
        }
        return reasons[self.state(now)]


def new_code() -> str:
    """A code nobody can guess: one of 32^8."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def normalised(code: str) -> str:
    """A code as it is kept: people type small letters, spaces and hyphens."""
    return "".join(one for one in code.upper() if one not in " -\t")
