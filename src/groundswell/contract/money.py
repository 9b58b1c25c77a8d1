"""Money: an amount and a currency at the edge, integer minor units inside."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec
from babel.numbers import get_currency_precision
from msgspec import Meta

from groundswell.contract.errors import Invalid

MOST_MINOR_UNITS = 10**15


class Money(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An amount of a currency: ``{"amount": "12.50", "currency": "EUR"}``, or 12.5 as a number."""

    amount: Decimal
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]


def to_minor(money: Money, field: str = "amount") -> int:
    """The amount in the currency's smallest unit.

    Raises:
        Invalid: negative, too large, or finer than the smallest unit.
    """
    if not money.amount.is_finite() or abs(money.amount.adjusted()) > 18:
        raise Invalid.at(field, "Must be an amount of money")
    scaled = money.amount.scaleb(get_currency_precision(money.currency))
    minor = int(scaled)
    if minor != scaled or not 0 <= minor <= MOST_MINOR_UNITS:
        raise Invalid.at(field, "Must be positive, with no more decimals than the currency has")
    return minor


def to_money(minor: int, currency: str) -> Money:
    """An amount of minor units as it is told."""
    places = get_currency_precision(currency)
    return Money(amount=Decimal(minor).scaleb(-places), currency=currency)
