"""Messages in the inbox of `/me` say what happened, with what may be known of it."""

from __future__ import annotations

from typing import Any

import pytest

from groundswell.domains.inbox.views import Item
from groundswell.web.sentences import sentence_of


def message(event_type: str, **data: Any) -> Item:
    return Item(
        id="msg-1",
        seq=1,
        event_type=event_type,
        data=data,
        delivery="critical",
        timestamp="2026-03-15T14:30:40.120Z",
        expires_at=None,
        state="unread",
    )


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            message("referral.reward.earned", amount="5.00", currency="EUR"),
            "You earned 5.00 EUR",
        ),
        (
            message("referral.reward.earned", amount=None, currency=None),
            "You earned a reward",
        ),
        (
            message("referral.conversion.completed", newUserId="bob"),
            "Your referral of bob is complete",
        ),
        (message("referral.conversion.completed"), "A referral of yours is complete"),
        (message("referral.milestone.reached", tier="silver"), "You reached silver"),
        (message("testimonial.requested", title="Roof"), "You are asked how it went: Roof"),
        (message("order.shipped", orderId="o-77"), "Order shipped"),
        (message("newsletter", title=" What was played "), "What was played"),
        (message("odd.one", title="{currency} {0}"), "{currency} {0}"),
    ],
)
def test_a_message_says_what_happened(told: Item, said: str) -> None:
    assert sentence_of(told) == said
