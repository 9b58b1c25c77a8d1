"""A referral program over HTTP: from the program to the referrer who hears of a conversion."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from tests.end_to_end.service import NewAddress, Service
from tests.end_to_end.speaking import Speaker, connect, enter, token_of
from tests.support.waiting import until

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
LANDING = "https://shop.example/welcome?lang=en"
THANKS = {
    "ruleId": "thanks",
    "role": "referrer",
    "kind": "flat",
    "currency": "EUR",
    "amountMinor": 5000,
}


async def program(service: Service, **rules: Any) -> str:
    body = {"name": "Spring", "rules": {"landingUrl": LANDING, "rewards": [THANKS], **rules}}
    async with service.host() as host:
        answer = await host.post("/v1/programs", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["programId"])


async def code(service: Service, program_id: str, user: str, **more: Any) -> dict[str, Any]:
    async with service.host() as host:
        answer = await host.post(f"/v1/programs/{program_id}/codes", json={"userId": user, **more})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def registered(service: Service, user: str, **referral: Any) -> None:
    event = {
        "specversion": "1.0",
        "id": uuid4().hex,
        "source": "/users",
        "type": "user.registered",
        "data": {"userId": user, "email": f"{user}@example.com", "referral": referral},
    }
    async with service.host() as host:
        answer = await host.post("/v1/events", json=event)
    assert answer.status_code == 202, answer.text


async def referrals(service: Service, user: str) -> dict[str, Any]:
    async with await service.user(user) as client:
        answer = await client.get("/v1/me/referrals")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def name(stem: str) -> str:
    return f"{stem}-{uuid4().hex[:8]}"


@pytest.mark.alone
async def test_a_sign_up_through_a_link_is_heard_by_the_referrer(
    service: Service, new_address: NewAddress
) -> None:
    ada, bob = name("ada"), name("bob")
    spring = await program(service, fraud={"soonestSeconds": 0})
    link = await code(service, spring, ada)
    async with service.visitor(new_address(), **{"user-agent": FIREFOX}) as visitor:
        landed = await visitor.get(f"/r/{link['code']}")
    assert landed.status_code == 302
    where = urlsplit(landed.headers["location"])
    assert where.geturl().startswith("https://shop.example/welcome?lang=en&gs_click=")
    assert landed.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert "HttpOnly" in landed.headers["set-cookie"]
    token = parse_qs(where.query)["gs_click"][0]

    async with connect(service) as socket:
        speaker = Speaker(socket)
        await enter(speaker, await token_of(service, ada), "phone")
        await speaker.say(type="SUBSCRIBE", topics=[f"user.{ada}.referrals"])
        await speaker.until(type="SUBSCRIBED")
        started = time.perf_counter()
        await registered(service, bob, clickToken=token)
        while True:
            message = await speaker.until(type="EVENT", topic=f"user.{ada}.referrals")
            if message["data"]["eventType"] == "referral.conversion.completed":
                break
        assert time.perf_counter() - started < 1.0
    told = message["data"]
    assert (told["referrerId"], told["newUserId"], told["programId"]) == (ada, bob, spring)
    assert (told["conversionType"], told["rewardPending"]) == ("registration", True)
    assert told["reward"]["status"] == "pending"

    mine = await referrals(service, ada)
    assert mine["totals"] == {"clicks": 1, "attributed": 1, "completed": 1, "conversions": 1}
    assert mine["items"][0]["refereeId"] == bob
    async with await service.user(ada) as client:

        async def filed() -> bool:
            items = (await client.get("/v1/me/inbox")).json()["items"]
            return "referral.conversion.completed" in [one["eventType"] for one in items]

        await until(filed)
    async with service.host() as host:
        why = (await host.get(f"/v1/referrals/{told['referralId']}")).json()
    assert [(one["kind"], one["lost"]) for one in why["trace"]] == [("click", None)]


@pytest.mark.parametrize(
    ("method", "headers", "reason"),
    [
        ("HEAD", {"user-agent": FIREFOX}, "head_request"),
        ("GET", {"user-agent": FIREFOX, "sec-purpose": "prefetch;prerender"}, "prefetch"),
        ("GET", {"user-agent": ""}, "missing_agent"),
        ("GET", {"user-agent": "facebookexternalhit/1.1"}, "preview"),
        ("GET", {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}, "bot"),
    ],
)
async def test_machines_are_redirected_and_not_counted(
    service: Service,
    new_address: NewAddress,
    method: str,
    headers: dict[str, str],
    reason: str,
) -> None:
    spring = await program(service)
    link = await code(service, spring, name("ada"))
    async with service.visitor(new_address(), **headers) as visitor:
        landed = await visitor.request(method, f"/r/{link['code']}")
    assert (landed.status_code, landed.headers["location"]) == (302, LANDING)
    assert "groundswell_ref" not in landed.headers.get("set-cookie", "")
    async with service.host() as host:
        clicks = (await host.get(f"/v1/programs/{spring}/clicks")).json()
    assert clicks == {
        "clicks": 1,
        "humanClicks": 0,
        "discarded": [{"reason": reason, "clicks": 1}],
    }


async def test_a_visitor_is_counted_once_an_hour_and_keeps_the_click(
    service: Service, new_address: NewAddress
) -> None:
    spring = await program(service)
    link = await code(service, spring, name("ada"))
    address = new_address()
    tokens = set()
    for cookies in (False, True):
        async with service.visitor(address, **{"user-agent": FIREFOX}) as visitor:
            for _ in range(2):
                landed = await visitor.get(f"/r/{link['code']}")
                tokens.add(landed.headers["location"])
                if not cookies:
                    visitor.cookies.clear()
    assert len(tokens) == 1
    async with service.host() as host:
        clicks = (await host.get(f"/v1/programs/{spring}/clicks")).json()
    assert (clicks["clicks"], clicks["humanClicks"]) == (4, 1)


@pytest.mark.parametrize(
    ("query", "arrives"),
    [
        ("", {"lang": ["en"]}),
        ("utm_source=mail&tag=a&tag=b+c", {"utm_source": ["mail"], "tag": ["a", "b c"]}),
        ("lang=de&gs_click=forged", {"lang": ["en"]}),
        ("x=%0d%0aSet-Cookie:%20a=1&y=%23", {"x": ["\r\nSet-Cookie: a=1"], "y": ["#"]}),
    ],
)
async def test_what_a_link_is_followed_with_goes_along(
    service: Service, new_address: NewAddress, query: str, arrives: dict[str, list[str]]
) -> None:
    own = await code(service, await program(service), name("ada"))
    async with service.visitor(new_address(), **{"user-agent": FIREFOX}) as visitor:
        answer = await visitor.get(f"/r/{own['code']}?{query}")
    target = urlsplit(answer.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == "https://shop.example/welcome"
    found = parse_qs(target.query)
    (token,) = found.pop("gs_click")
    assert token.startswith("click-")
    assert found == {"lang": ["en"]} | arrives


async def test_a_user_asks_for_a_code_without_a_body_and_gets_the_same_again(
    service: Service,
) -> None:
    spring = await program(service)
    async with await service.user(name("ada")) as ada, service.host() as host:
        path = f"/v1/programs/{spring}/codes"
        made = [await ada.post(path), await ada.post(path), await ada.post(path, json={})]
        assert [one.status_code for one in made] == [201] * 3, made[0].text
        assert len({one.json()["code"] for one in made}) == 1
        nobody = await host.post(path)
        assert (nobody.status_code, nobody.json()["code"]) == (400, "validation_failed")


async def test_links_of_ended_codes_are_gone_and_unknown_ones_not_found(
    service: Service, new_address: NewAddress
) -> None:
    spring, ada = await program(service), name("ada")
    link = await code(service, spring, ada)
    async with await service.user(ada) as owner:
        path = f"/v1/programs/{spring}/codes/{link['codeId']}"
        assert (await owner.delete(path)).json()["state"] == "revoked"
    async with service.visitor(new_address(), **{"user-agent": FIREFOX}) as visitor:
        assert (await visitor.get(f"/r/{link['code']}")).status_code == 410
        assert (await visitor.get("/r/NOBODYS1")).status_code == 404


async def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["code"])


async def test_claims_that_are_refused_say_why(service: Service) -> None:
    spring, ada, bob = await program(service), name("ada"), name("bob")
    own = await code(service, spring, ada)
    other = await code(service, spring, name("eve"))
    path = f"/v1/programs/{spring}/redemptions"
    async with service.host() as host:

        async def claim(code_: str, user: str) -> httpx.Response:
            return await host.post(path, json={"code": code_, "userId": user})

        assert await refused(await claim("NOBODYS1", bob)) == (404, "code_not_found")
        assert await refused(await claim(own["code"], ada)) == (409, "self_referral")
        first = await claim(own["code"].lower(), bob)
        assert first.status_code == 201
        assert (await claim(own["code"], bob)).json() == first.json()
        assert await refused(await claim(other["code"], bob)) == (409, "already_referred")
        missing = await host.post(
            "/v1/programs/none/redemptions", json={"code": own["code"], "userId": bob}
        )
        assert await refused(missing) == (404, "program_not_found")
    async with await service.user(name("mallory")) as mallory:
        answer = await mallory.post(path, json={"code": own["code"], "userId": name("victim")})
        assert answer.status_code == 403


async def test_members_hear_of_changes_of_their_program_and_nobody_else(service: Service) -> None:
    spring, ada = await program(service), name("ada")
    await code(service, spring, ada)
    topic = f"program.{spring}.updates"
    async with connect(service) as socket, connect(service) as stranger:
        member, other = Speaker(socket), Speaker(stranger)
        await enter(member, await token_of(service, ada), "phone")
        await enter(other, await token_of(service, name("eve")), "phone")
        await member.say(type="SUBSCRIBE", topics=[topic])
        await member.until(type="SUBSCRIBED")
        await other.say(type="SUBSCRIBE", topics=[topic])
        denied = (await other.until(type="SUBSCRIBED"))["topics"][topic]
        assert (denied["ok"], denied["error"]["code"]) == (False, 1103)
        async with service.host() as host:
            answer = await host.patch(
                f"/v1/programs/{spring}", json={"rules": {"model": "first_touch"}}
            )
            assert (answer.status_code, answer.json()["version"]) == (200, 2)
        told = (await member.until(type="EVENT", topic=topic))["data"]
        assert told["eventType"] == "referral.program.updated"
        assert (told["version"], told["changed"]) == (2, ["rules.model"])


async def test_a_suspicion_is_reviewed_over_http(service: Service) -> None:
    spring, ada, bob = await program(service), name("ada"), name("bob")
    own = await code(service, spring, ada)
    mailbox = f"{ada}@gmail.com"
    async with service.host() as host:
        people = [(ada, mailbox, {}), (bob, f"{ada}+2@googlemail.com", {"code": own["code"]})]
        for user, email, hints in people:
            event = {
                "specversion": "1.0",
                "id": uuid4().hex,
                "source": "/users",
                "type": "user.registered",
                "data": {"userId": user, "email": email, "referral": hints},
            }
            assert (await host.post("/v1/events", json=event)).status_code == 202

        async def queue() -> list[dict[str, Any]]:
            answer = await host.get(f"/v1/programs/{spring}/fraud")
            return list(answer.json()["items"])

        async def flagged() -> bool:
            return len(await queue()) == 2

        await until(flagged)
        cases = {one["rule"]: one for one in await queue()}
        assert set(cases) == {"same_email", "duplicate_identity"}
        assert mailbox not in str(cases)
        assert (await referrals(service, ada))["items"][0]["held"]
        trial = await host.post(
            f"/v1/programs/{spring}/fraud/dry-run", json={"rules": {"off": ["same_email"]}}
        )
        assert [one["rule"] for one in trial.json()["rules"]] == ["duplicate_identity"]
        path = f"/v1/fraud/{cases['same_email']['caseId']}"
        assert (await host.post(f"{path}/confirm", json={"note": "seen"})).status_code == 200
        assert await refused(await host.post(f"{path}/dismiss", json={})) == (409, "case_resolved")
    (item,) = (await referrals(service, ada))["items"]
    assert (item["state"], item["reason"]) == ("reversed", "fraud_confirmed")
    async with await service.user(ada) as client:
        assert (await client.get(f"/v1/programs/{spring}/fraud")).status_code == 403


async def test_conversions_are_reported_once_and_undone(service: Service) -> None:
    stage = {"name": "order", "on": "order.paid", "completes": True}
    spring, ada, bob = await program(service, stages=[stage]), name("ada"), name("bob")
    own = await code(service, spring, ada)
    order = {
        "userId": bob,
        "type": "order.paid",
        "externalEventId": "order-1",
        "amount": {"amount": "80.00", "currency": "EUR"},
    }
    async with service.host() as host:
        claim = {"code": own["code"], "userId": bob}
        assert (
            await host.post(f"/v1/programs/{spring}/redemptions", json=claim)
        ).status_code == 201
        for _ in range(2):
            answer = await host.post(f"/v1/programs/{spring}/conversions", json=order)
            assert answer.status_code == 202, answer.text
        assert (await referrals(service, ada))["totals"]["conversions"] == 1
        missing = await host.post("/v1/conversions/conv-none/reverse", json={"reason": "refund"})
        assert missing.status_code == 404


async def test_who_may_know_of_a_referral_is_each_sides_own_wish(service: Service) -> None:
    ada, bob, eve = name("ada"), name("bob"), name("eve")
    spring = await program(service, fraud={"soonestSeconds": 0})
    typed = (await code(service, spring, ada))["code"]
    async with await service.user(ada) as referrer, await service.user(bob) as came:
        await came.patch("/v1/me/privacy", json={"attribution": "nobody"})
        await registered(service, bob, code=typed)

        async def attributed() -> bool:
            return bool((await referrals(service, ada))["items"])

        await until(attributed)
        assert [one["refereeId"] for one in (await referrals(service, ada))["items"]] == [None]
        await until(lambda: _filed(referrer, "referral.conversion.completed"))
        inbox = (await referrer.get("/v1/me/inbox")).text
        assert bob not in inbox, inbox
        assert (await referrer.get("/v1/me/friends")).json()["items"] == []

        await came.patch("/v1/me/privacy", json={"attribution": "friends"})
        assert [one["refereeId"] for one in (await referrals(service, ada))["items"]] == [None]
        await came.put(f"/v1/me/friends/{ada}")
        await referrer.put(f"/v1/me/friends/{bob}")
        assert [one["refereeId"] for one in (await referrals(service, ada))["items"]] == [bob]

        await referrer.patch("/v1/me/privacy", json={"attribution": "nobody"})
        claim = {"code": typed, "userId": eve}
        async with await service.user(eve) as other, service.host() as host:
            said = await other.post(f"/v1/programs/{spring}/redemptions", json=claim)
            assert (said.status_code, said.json()["referrerId"]) == (201, None), said.text
            again = await host.post(f"/v1/programs/{spring}/redemptions", json=claim)
            assert again.json()["referrerId"] == ada
            archive = (await other.post("/v1/me/export")).json()["data"]["referrals"]
            assert archive["referredBy"][0]["referrerId"] is None


async def _filed(client: httpx.AsyncClient, event_type: str) -> bool:
    items = (await client.get("/v1/me/inbox")).json()["items"]
    return event_type in [one["eventType"] for one in items]
