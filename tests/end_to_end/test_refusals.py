"""Whatever is refused has a code of its own, changes nothing, and leaves a trace to be read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.end_to_end.refusing import assert_refused, everything, quiet, rejections, traced
from tests.end_to_end.service import Service, shared_service
from tests.end_to_end.test_referrals import code, name, program
from tests.end_to_end.test_rewards import WELCOME, Town
from tests.end_to_end.test_sharing import SECRET, webhook

SOMEBODY = "203.0.113.77"
WORDS = "!buypills\n"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def refusing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    place = tmp_path_factory.mktemp("refusals")
    (place / "words.txt").write_text(WORDS)
    yield from shared_service(
        request,
        place,
        request.param,
        GROUNDSWELL_WEBHOOK_SECRETS=f"acme={SECRET}",
        GROUNDSWELL_MODERATION_WORDS=str(place / "words.txt"),
        GROUNDSWELL_RATE_LIMITS="off",
    )


@pytest.fixture
async def host(refusing: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with refusing.host() as client:
        yield client


WEBHOOKS: list[tuple[str, dict[str, Any], int, str]] = [
    ("acme", {"secret": "whsec_" + "QUJD" * 12}, 401, "webhook_signature_invalid"),
    ("acme", {"age": 600}, 400, "webhook_stale"),
    ("acme", {"age": -600}, 400, "webhook_stale"),
    ("nobody", {}, 404, "unknown_platform"),
]


@pytest.mark.parametrize(("platform", "forge", "status", "reason"), WEBHOOKS)
async def test_a_forged_or_stale_webhook(
    refusing: Service, platform: str, forge: dict[str, Any], status: int, reason: str
) -> None:
    call = webhook({"shareId": "share-1"}, **forge)
    before = await everything(refusing)
    async with refusing.visitor(SOMEBODY) as sender:
        answer = await sender.post(f"/v1/webhooks/{platform}", **call)
    one = await assert_refused(
        refusing,
        answer,
        status,
        reason,
        route="/v1/webhooks/{platform}",
        method="POST",
        caller="visitor",
        subjectKind="platform",
        subjectId=platform,
    )
    assert len(one["callerId"]) == 64
    assert call["headers"]["webhook-signature"] not in str(one)
    assert await everything(refusing) == before


async def test_a_replayed_webhook_is_known_and_changes_nothing(refusing: Service) -> None:
    call = webhook({"shareId": f"share-{uuid4().hex}"})
    async with refusing.visitor(SOMEBODY) as sender:
        assert (await sender.post("/v1/webhooks/acme", **call)).json()["parked"] == 1
        before = await everything(refusing)
        again = await sender.post("/v1/webhooks/acme", **call)
    assert (again.status_code, again.json()["repeated"]) == (202, 1)
    assert await everything(refusing) == before
    one = await traced(refusing, again.headers["x-request-id"], code="webhook_repeated")
    assert (one["status"], one["subjectId"]) == (202, "acme")


async def test_a_replayed_event_is_known_and_changes_nothing(
    refusing: Service, host: httpx.AsyncClient
) -> None:
    event = {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": "/users",
        "type": "user.registered",
        "data": {"userId": name("ada")},
    }
    assert (await host.post("/v1/events", json=event)).json()["accepted"] == 1
    await quiet(refusing)
    before = await everything(refusing)
    again = await host.post("/v1/events", json=event)
    assert (again.status_code, again.json()["repeated"]) == (202, 1)
    await quiet(refusing)
    assert await everything(refusing) == before
    one = await traced(refusing, again.headers["x-request-id"], code="event_repeated")
    assert (one["status"], one["caller"], one["callerId"]) == (202, "host", "settings")


async def test_codes_that_cannot_be_redeemed(refusing: Service, host: httpx.AsyncClient) -> None:
    spring, ada, bob = await program(refusing), name("ada"), name("bob")
    own = await code(refusing, spring, ada)
    ended = await code(refusing, spring, name("eve"), expiresAt="2020-01-01T00:00:00Z")
    later = await code(refusing, spring, name("eve"), startsAt="2100-01-01T00:00:00Z")
    used_up = await code(refusing, spring, name("eve"), maxUses=1)
    path = f"/v1/programs/{spring}/redemptions"
    first = await host.post(path, json={"code": used_up["code"], "userId": name("cyd")})
    assert first.status_code == 201, first.text
    revoked = await code(refusing, spring, name("eve"))
    await host.delete(f"/v1/programs/{spring}/codes/{revoked['codeId']}")
    asleep = await program(refusing)
    of_asleep = await code(refusing, asleep, ada)
    paused = await host.patch(f"/v1/programs/{asleep}", json={"state": "paused"})
    assert paused.status_code == 200, paused.text
    await quiet(refusing)
    before = await everything(refusing)
    claims = [
        (spring, own, ada, 409, "self_referral"),
        (spring, ended, bob, 409, "code_expired"),
        (spring, revoked, bob, 409, "code_expired"),
        (spring, later, bob, 409, "code_not_started"),
        (spring, used_up, bob, 409, "code_exhausted"),
        (spring, {"code": "NOBODYS1"}, bob, 404, "code_not_found"),
        (asleep, of_asleep, bob, 409, "program_inactive"),
        ("none", own, bob, 404, "program_not_found"),
    ]
    for where, claimed, user, status, reason in claims:
        answer = await host.post(
            f"/v1/programs/{where}/redemptions",
            json={"code": claimed["code"], "userId": user},
            headers={"groundswell-user": user},
        )
        one = await assert_refused(
            refusing,
            answer,
            status,
            reason,
            route="/v1/programs/{program_id}/redemptions",
            caller="user",
            callerId=user,
            subjectKind="program",
            subjectId=where,
        )
        assert claimed["code"] not in str(one)
    await quiet(refusing)
    reasons = [reason for *_, reason in claims if reason != "program_not_found"]
    assert rejections(before, await everything(refusing)) == reasons
    # Else it is found to be over by and by, while another test looks at everything.
    over = await host.delete(f"/v1/programs/{spring}/codes/{ended['codeId']}")
    assert over.status_code == 200, over.text


async def test_who_was_referred_cannot_be_referred_again_nor_back(
    refusing: Service, host: httpx.AsyncClient
) -> None:
    spring, ada, bob = await program(refusing), name("ada"), name("bob")
    own, other = await code(refusing, spring, ada), await code(refusing, spring, name("eve"))
    back = await code(refusing, spring, bob)
    path = f"/v1/programs/{spring}/redemptions"
    claimed = await host.post(path, json={"code": own["code"], "userId": bob})
    assert claimed.status_code == 201, claimed.text
    await quiet(refusing)
    before = await everything(refusing)
    for claim, user, reason in (
        (other, bob, "already_referred"),
        (back, ada, "circular_referral"),
    ):
        answer = await host.post(path, json={"code": claim["code"], "userId": user})
        await assert_refused(refusing, answer, 409, reason, caller="host", callerId="settings")
    await quiet(refusing)
    found = rejections(before, await everything(refusing))
    assert found == ["already_referred", "circular_referral"]


@pytest.mark.parametrize(
    ("method", "path", "reason"),
    [
        ("PATCH", "/v1/programs/none", "program_not_found"),
        ("POST", "/v1/programs/none/codes", "program_not_found"),
        ("POST", "/v1/programs/none/conversions", "program_not_found"),
        ("POST", "/v1/conversions/none/reverse", "conversion_not_found"),
        ("POST", "/v1/rewards/none/pay", "reward_not_found"),
        ("POST", "/v1/shares/none/failed", "share_not_found"),
        ("POST", "/v1/moderation/none/approve", "moderation_item_not_found"),
        ("DELETE", "/v1/webhook-endpoints/none", "endpoint_not_found"),
    ],
)
async def test_what_nobody_knows_is_named(
    refusing: Service, host: httpx.AsyncClient, method: str, path: str, reason: str
) -> None:
    bodies = {
        "PATCH": {"state": "paused"},
        "/v1/programs/none/codes": {"userId": "ada"},
        "/v1/programs/none/conversions": {
            "userId": "ada",
            "externalEventId": "e",
            "type": "registration",
        },
        "/v1/conversions/none/reverse": {"reason": "refund"},
        "/v1/shares/none/failed": {"reason": "gone"},
    }
    before = await everything(refusing)
    answer = await host.request(method, path, json=bodies.get(path) or bodies.get(method) or {})
    await assert_refused(refusing, answer, 404, reason, method=method, subjectId="none")
    assert await everything(refusing) == before


async def test_steps_that_a_reward_does_not_know(
    refusing: Service, host: httpx.AsyncClient
) -> None:
    town = Town(refusing, host)
    await town.open(WELCOME)
    await town.join("cyd")
    (reward,) = await town.rewarded(1)
    which = reward["rewardId"]
    await quiet(refusing)
    before = await everything(refusing)
    steps: list[tuple[str, dict[str, Any], str]] = [
        ("pay", {}, "reward_not_eligible"),
        ("release", {}, "illegal_transition"),
        ("reverse", {"amount": "10.01"}, "amount_exceeds_reward"),
    ]
    for step, body, reason in steps:
        answer = await town.do(which, step, **body)
        await assert_refused(
            refusing,
            answer,
            409,
            reason,
            route=f"/v1/rewards/{{reward_id}}/{step}",
            subjectKind="reward",
            subjectId=which,
        )
    await quiet(refusing)
    assert await everything(refusing) == before


async def test_a_text_that_is_not_accepted_is_kept_nowhere(refusing: Service) -> None:
    media, ada = await refusing.register(), name("ada")
    await quiet(refusing)
    async with await refusing.user(ada) as client:
        before = await everything(refusing)
        answer = await client.post(f"/v1/media/{media}/comments", json={"body": "buypills now"})
        one = await assert_refused(
            refusing,
            answer,
            400,
            "content_rejected",
            caller="user",
            callerId=ada,
            subjectKind="mediaFile",
            subjectId=str(media),
        )
    assert "buypills" not in str(one)
    assert await everything(refusing) == before
