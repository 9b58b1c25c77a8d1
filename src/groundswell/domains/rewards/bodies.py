"""The bodies of requests about rewards."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from groundswell.access.identity import USER_ID_PATTERN
from groundswell.http.decoding import VISIBLE

Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=VISIBLE)]


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of request bodies: camelCase, unknown fields refused."""


class RewardDecision(Body, frozen=True, kw_only=True):
    """Why the host decided so; the reward's owner is told."""

    reason: Reason | None = None


class RewardReversal(Body, frozen=True, kw_only=True):
    """Why a reward is taken back, and how much of it, in its currency; all of it without."""

    reason: Reason | None = None
    amount: Decimal | None = None


class RewardCancellation(Body, frozen=True, kw_only=True):
    """Whose unpaid rewards end, and why; of one program or of all."""

    user_id: Annotated[str, msgspec.Meta(pattern=USER_ID_PATTERN)]
    program_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None = None
    reason: Reason = "account_closed"
