"""Meta: the app's HMAC, several changes at once, and the handshake."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from groundswell.contract.events.sharing import Engager
from groundswell.domains.sharing.webhooks import hub_signature
from groundswell.domains.sharing.webhooks.adapter import Delivery, WebhookForged
from groundswell.domains.sharing.webhooks.meta import make
from tests.unit.sharing.webhooks.deliveries import NOW, SURROUNDINGS, delivery

ADAPTER = make(["app-secret;typed-token"], SURROUNDINGS)
FROM = {"id": "100", "name": "Bob"}


def page(*values: dict[str, Any]) -> dict[str, Any]:
    changes = [{"field": "feed", "value": value} for value in values]
    return {"object": "page", "entry": [{"id": "1", "time": 1_700_000_000, "changes": changes}]}


def reaction(**more: Any) -> dict[str, Any]:
    return {
        "item": "reaction",
        "verb": "add",
        "reaction_type": "love",
        "post_id": "1_2",
        "from": FROM,
        "created_time": 1_700_000_000,
        **more,
    }


def comment(**more: Any) -> dict[str, Any]:
    return reaction(item="comment", comment_id="2_3", message="Nice", **more)


def signed(body: object, secret: str = "app-secret") -> Delivery:
    raw = msgspec.json.encode(body)
    return delivery(raw, x_hub_signature_256=hub_signature.signature(secret, raw))


async def test_it_is_signed_with_the_secret_of_the_app() -> None:
    await ADAPTER.verify(signed(page(reaction())))
    with pytest.raises(WebhookForged):
        await ADAPTER.verify(signed(page(reaction()), "typed-token"))
    with pytest.raises(WebhookForged):
        await ADAPTER.verify(delivery(page(reaction())))


def test_reactions_comments_and_shares_come_together() -> None:
    told = ADAPTER.read(signed(page(reaction(), comment(), reaction(item="share"))), NOW)
    assert [(one.engagement_type, one.platform_event_id) for one in told] == [
        ("reaction", "reaction:1_2:100:1700000000"),
        ("comment", "comment:2_3"),
        ("share", "share:1_2:100:1700000000"),
    ]
    assert {one.reference for one in told} == {"post:1_2"}
    assert told[0].engager == Engager(id="100", name="Bob")
    assert told[0].at == 1_700_000_000_000_000


@pytest.mark.parametrize(
    "value",
    [
        reaction(verb="remove"),
        reaction(item="status"),
        reaction(post_id=None),
        reaction(**{"from": None}),
        comment(verb="edited"),
    ],
)
def test_what_is_taken_back_or_unclear_is_not_counted(value: dict[str, Any]) -> None:
    assert ADAPTER.read(signed(page(value)), NOW) == []


def test_comments_on_instagram() -> None:
    value = {
        "id": "17",
        "text": "!",
        "from": {"id": "9", "username": "bob"},
        "media": {"id": "m1"},
    }
    change = {"field": "comments", "value": value}
    body = {"object": "instagram", "entry": [{"id": "1", "changes": [change]}]}
    (one,) = ADAPTER.read(signed(body), NOW)
    assert (one.reference, one.platform_event_id) == ("post:m1", "comment:17")
    assert one.engager.name == "bob"


@pytest.mark.parametrize("body", [{}, {"entry": 5}, {"entry": [5, {"changes": [{"value": 1}]}]}])
def test_anything_may_come(body: dict[str, Any]) -> None:
    assert ADAPTER.read(signed(body), NOW) == []


def test_the_challenge_is_answered_to_those_who_know_the_token() -> None:
    asked = {
        "hub.mode": "subscribe",
        "hub.challenge": "1158201444",
        "hub.verify_token": "typed-token",
    }
    assert ADAPTER.answer_to(asked) == "1158201444"
    assert ADAPTER.answer_to({**asked, "hub.verify_token": "other"}) is None
    assert ADAPTER.answer_to({**asked, "hub.mode": "x"}) is None
    assert ADAPTER.answer_to({**asked, "hub.challenge": "<script>"}) is None
    assert make(["app-secret"], SURROUNDINGS).answer_to({**asked, "hub.verify_token": ""}) is None
