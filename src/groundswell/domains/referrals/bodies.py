"""The bodies of requests: what the slice accepts as input."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from groundswell.access.identity import USER_ID_PATTERN
from groundswell.contract.errors import Invalid
from groundswell.contract.money import Money
from groundswell.contract.times import from_datetime
from groundswell.domains.referrals.rules import FraudRules, Limit, ProgramRules
from groundswell.http.decoding import VISIBLE

ProgramId = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
UserId = Annotated[str, Meta(pattern=USER_ID_PATTERN)]
Name = Annotated[str, Meta(min_length=1, max_length=120, pattern=VISIBLE)]
Reason = Annotated[str, Meta(min_length=1, max_length=255, pattern=VISIBLE)]
Moment = Annotated[datetime, Meta(tz=True)]
WantedCode = Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{4,32}$")]
TypedCode = Annotated[str, Meta(min_length=1, max_length=64)]
Carried = Annotated[str, Meta(min_length=1, max_length=256)]
Minor = Annotated[int, Meta(ge=1, le=10**15)]


class Body(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Base of request bodies: camelCase, unknown fields refused."""


class NewProgram(Body, frozen=True, kw_only=True):
    """A program to make. Without an id it gets one."""

    name: Name
    rules: ProgramRules
    program_id: ProgramId | None = None
    state: Literal["active", "paused"] = "active"
    starts_at: Moment | None = None
    ends_at: Moment | None = None


class ProgramChanges(Body, frozen=True, kw_only=True):
    """What to change; what is left out stays, null clears a time.

    Of `rules` the fields that are given replace those there are. Referrals keep the rules they
    were attributed under.
    """

    name: Name | UnsetType = UNSET
    state: Literal["active", "paused", "ended"] | UnsetType = UNSET
    starts_at: Moment | UnsetType | None = UNSET
    ends_at: Moment | UnsetType | None = UNSET
    rules: dict[str, Any] | UnsetType = UNSET


class NewCode(Body, frozen=True, kw_only=True):
    """A code to make: users make their own, the host says for whom and may set limits."""

    user_id: UserId | None = None
    code: WantedCode | None = None
    starts_at: Moment | None = None
    expires_at: Moment | None = None
    max_uses: Limit | None = None
    recipient_id: UserId | None = None


class NewRedemption(Body, frozen=True, kw_only=True):
    """A code somebody typed. `anonymous` hides from the referrer who it was."""

    code: TypedCode
    user_id: UserId
    anonymous: bool = False


class NewTouch(Body, frozen=True, kw_only=True):
    """A click that was counted elsewhere: of a visitor, by their cookie, or of a user."""

    code: TypedCode
    at: Moment
    cookie: Carried | None = None
    user_id: UserId | None = None


class NewReferrer(Body, frozen=True, kw_only=True):
    """Who referred somebody, by decision of the host."""

    user_id: UserId
    referrer_id: UserId
    reason: Reason


class NewConversion(Body, frozen=True, kw_only=True):
    """Something a user did that is none of the host's usual events; known by `externalEventId`."""

    user_id: UserId
    type: Annotated[str, Meta(max_length=100, pattern=r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$")]
    external_event_id: Annotated[str, Meta(min_length=1, max_length=255)]
    occurred_at: Moment | None = None
    amount: Money | None = None
    data: dict[str, Any] = msgspec.field(default_factory=dict)


class Reversal(Body, frozen=True, kw_only=True):
    """Why a conversion is undone; with `refunded`, how much of its amount was paid back."""

    reason: Literal["refund", "partial_refund", "chargeback", "cancelled", "mistake"]
    refunded: Money | None = None


class Decision(Body, frozen=True, kw_only=True):
    """What somebody says to a decision."""

    note: Reason | None = None


class Revocation(Body, frozen=True, kw_only=True):
    """Why a code is taken back."""

    reason: Reason = "revoked"


class TrialOf(Body, frozen=True, kw_only=True):
    """Rules to try on the newest referrals."""

    rules: FraudRules
    limit: Annotated[int, Meta(ge=1, le=5000)] = 1000


def instant(moment: Any, field: str) -> Any:
    """Microseconds of a time of the input, sent as ``field``; null and absent pass.

    Raises:
        Invalid: a year outside of what can be stored.
    """
    if not isinstance(moment, datetime):
        return moment
    if not 1970 <= moment.year <= 2200:
        raise Invalid.at(field, "Must lie between the years 1970 and 2200")
    return from_datetime(moment)


def ordered(starts_at: int | None, ends_at: int | None, field: str) -> None:
    """Refuse a time that ends before it begins.

    Raises:
        Invalid: at ``field``.
    """
    if isinstance(starts_at, int) and isinstance(ends_at, int) and ends_at <= starts_at:
        raise Invalid.at(field, "Must be after the start")
