"""Standard Webhooks: signed, fresh, known by their id."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from standardwebhooks import Webhook

from groundswell.contract.errors import Invalid
from groundswell.contract.events.sharing import Engager
from groundswell.domains.sharing.commands import Engagement
from groundswell.domains.sharing.webhooks.adapter import Delivery, WebhookForged, WebhookStale
from groundswell.domains.sharing.webhooks.standard import make
from tests.unit.sharing.webhooks.deliveries import (
    NOW,
    SHARE,
    SURROUNDINGS,
    delivery,
    seconds,
)

OLD = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
NEW = "whsec_MTEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
ADAPTER = make([NEW, OLD], SURROUNDINGS)


def told(**data: Any) -> dict[str, Any]:
    return {
        "type": "share.engaged",
        "timestamp": "2026-01-02T03:04:05Z",
        "data": {"shareId": SHARE, "engagementType": "like", **data},
    }


def signed(body: object, secret: str = OLD, at: int | None = None, name: str = "m1") -> Delivery:
    raw = msgspec.json.encode(body)
    moment = seconds() if at is None else at
    signature = Webhook(secret).sign(name, datetime.fromtimestamp(moment, UTC), raw.decode())
    return delivery(
        raw,
        webhook_id=name,
        webhook_timestamp=str(moment),
        webhook_signature=f"v1a,bm9uZQ== {signature}",
    )


@pytest.mark.parametrize("secret", [OLD, NEW])
async def test_it_is_signed_with_any_of_the_secrets(secret: str) -> None:
    await ADAPTER.verify(signed(told(), secret))


@pytest.mark.parametrize(
    "changed",
    [
        {"body": b"{}"},
        {"body": b"\xff"},
        {"headers": {"webhook-id": "m2"}},
        {"headers": {"webhook-signature": ""}},
        {"headers": {"webhook-signature": "v1"}},
        {"headers": {"webhook-signature": "v1,é"}},
        {"headers": {"webhook-signature": "v1,bm9uZQ=="}},
        {"headers": {"webhook-timestamp": "soon"}},
        {"headers": {"webhook-timestamp": ""}},
        {"headers": {"webhook-timestamp": "9" * 30}},
    ],
)
async def test_a_forged_webhook(changed: dict[str, Any]) -> None:
    genuine = signed(told())
    headers = {**genuine.headers, **changed.get("headers", {})}
    forged = msgspec.structs.replace(
        genuine, headers=headers, body=changed.get("body", genuine.body)
    )
    with pytest.raises(WebhookForged):
        await ADAPTER.verify(forged)


async def test_a_webhook_of_somebody_else() -> None:
    with pytest.raises(WebhookForged):
        await make([NEW], SURROUNDINGS).verify(signed(told(), OLD))


@pytest.mark.parametrize("off", [-310, 310])
async def test_a_stale_webhook(off: int) -> None:
    with pytest.raises(WebhookStale):
        await ADAPTER.verify(signed(told(), at=seconds() + off))


@pytest.mark.parametrize("off", [-280, 280])
async def test_clocks_may_differ_a_little(off: int) -> None:
    await ADAPTER.verify(signed(told(), at=seconds() + off))


def test_the_id_of_the_webhook_is_that_of_the_engagement_unless_the_platform_has_one() -> None:
    (one,) = ADAPTER.read(signed(told(engagerInfo={"id": 5, "name": "Bob", "more": 1})), NOW)
    assert one == Engagement(
        reference=SHARE,
        platform_event_id="m1",
        engagement_type="like",
        engager=Engager(id="5", name="Bob"),
        at=1_767_323_045_000_000,
    )
    (two,) = ADAPTER.read(signed(told(platformEventId="e7")), NOW)
    assert two.platform_event_id == "e7"


def test_a_post_is_named_as_the_platform_calls_it() -> None:
    body = {"type": "share.engaged", "data": {"externalId": "p1", "engagementType": "like"}}
    assert [one.reference for one in ADAPTER.read(signed(body), NOW)] == ["post:p1"]


def test_other_messages_are_not_for_us() -> None:
    assert ADAPTER.read(signed({"type": "user.created", "data": {}}), NOW) == []


@pytest.mark.parametrize(
    "data",
    [
        {"engagementType": "Like!"},
        {"shareId": None},
        {"externalId": "p1"},
        {"shareId": 7},
        {"engagerInfo": []},
    ],
)
def test_what_cannot_be_understood_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        ADAPTER.read(signed(told(**data)), NOW)


def test_a_field_is_named_by_its_place_in_the_body() -> None:
    with pytest.raises(Invalid) as refused:
        ADAPTER.read(signed(told(engagementType="Like!")), NOW)
    assert [one.field for one in refused.value.errors] == ["data.engagementType"]


def test_a_link_of_the_engager_is_one_to_the_web() -> None:
    (one,) = ADAPTER.read(signed(told(engagerInfo={"url": "javascript:alert(1)"})), NOW)
    assert one.engager == Engager()


def test_a_secret_is_base64() -> None:
    with pytest.raises(ValueError):
        make(["whsec_é"], SURROUNDINGS)
