"""What the host looks through of a program, and what every list and write has in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.end_to_end.service import Service
from tests.support.waiting import until

ORDERS = {"name": "order", "on": "order.paid", "completes": True}
THANKS = {
    "ruleId": "thanks",
    "role": "referrer",
    "kind": "flat",
    "currency": "EUR",
    "amountMinor": 5000,
    "holdDays": 0,
    "needsApproval": True,
}
LIST = {"items", "nextCursor", "asOf"}


class Shop:
    """A program with a referrer whose people buy something."""

    def __init__(self, host: httpx.AsyncClient) -> None:
        self.host = host
        self.mark = uuid4().hex[:8]
        self.program = f"shop-{self.mark}"
        self.ada = f"ada-{self.mark}"
        self.code: dict[str, Any] = {}

    @property
    def path(self) -> str:
        return f"/v1/programs/{self.program}"

    async def open(self) -> None:
        rules = {
            "landingUrl": "https://shop.example/",
            "stages": [ORDERS],
            "rewards": [THANKS],
            "limits": {"conversionsPerReferee": None},
        }
        body = {"programId": self.program, "name": "Shop", "rules": rules}
        assert (await self.host.post("/v1/programs", json=body)).status_code == 201
        answer = await self.host.post(f"{self.path}/codes", json={"userId": self.ada})
        self.code = answer.json()

    async def bring(self, name: str) -> str:
        """Somebody types ada's code."""
        user = f"{name}-{self.mark}"
        claim = {"code": self.code["code"], "userId": user}
        answer = await self.host.post(f"{self.path}/redemptions", json=claim)
        assert answer.status_code == 201, answer.text
        return user

    async def buy(self, user: str, order: str, amount: str = "80.00") -> None:
        said = {
            "userId": user,
            "type": "order.paid",
            "externalEventId": order,
            "amount": {"amount": amount, "currency": "EUR"},
        }
        answer = await self.host.post(f"{self.path}/conversions", json=said)
        assert answer.status_code == 202, answer.text

    async def listed(self, what: str, **wanted: Any) -> list[dict[str, Any]]:
        answer = await self.host.get(f"{self.path}/{what}", params=wanted)
        assert answer.status_code == 200, answer.text
        assert set(answer.json()) == LIST
        return list(answer.json()["items"])


async def shop(host: httpx.AsyncClient) -> Shop:
    opened = Shop(host)
    await opened.open()
    return opened


async def test_an_order_is_found_by_its_own_id_and_paid_back(service: Service) -> None:
    async with service.host() as host:
        here = await shop(host)
        bob = await here.bring("bob")
        await here.buy(bob, "order-1")
        await here.buy(bob, "order-2", "20.00")
        (found,) = await here.listed("conversions", externalEventId="order-1")
        assert {name: found[name] for name in ("userId", "referrerId", "type", "state")} == {
            "userId": bob,
            "referrerId": here.ada,
            "type": "order",
            "state": "completed",
        }
        assert found["externalEventId"] == "order-1"
        assert found["amount"] == {"amount": "80.00", "currency": "EUR"}
        undo = f"/v1/conversions/{found['conversionId']}/reverse"
        refund = {"reason": "partial_refund", "refunded": {"amount": "5", "currency": "USD"}}
        other = await host.post(undo, json=refund)
        assert (other.status_code, other.json()["errors"][0]["field"]) == (
            400,
            "refunded.currency",
        )
        refund["refunded"] = {"amount": "5", "currency": "EUR"}
        part = await host.post(undo, json=refund)
        assert part.json()["refunded"] == {"amount": "5.00", "currency": "EUR"}
        assert (await host.post(undo, json={"reason": "refund"})).json()["state"] == "reversed"
        (gone,) = await here.listed("conversions", state="reversed", userId=bob)
        assert (gone["externalEventId"], gone["reason"]) == ("order-1", "refund")


async def test_referrals_and_codes_are_looked_through_page_by_page(service: Service) -> None:
    async with service.host() as host:
        here = await shop(host)
        people = [await here.bring(name) for name in ("bob", "cid", "dan")]
        seen: list[str] = []
        cursor: str | None = None
        while True:
            params = {"limit": 2} | ({} if cursor is None else {"cursor": cursor})
            page = (await host.get(f"{here.path}/referrals", params=params)).json()
            seen += [one["userId"] for one in page["items"]]
            cursor = page["nextCursor"]
            if cursor is None:
                break
        assert seen == people[::-1]
        (cid,) = await here.listed("referrals", userId=people[1])
        assert (cid["referrerId"], cid["state"], cid["touchKind"]) == (
            here.ada,
            "attributed",
            "code",
        )
        assert await here.listed("referrals", state="completed") == []
        assert len(await here.listed("referrals", referrerId=here.ada)) == 3
        (own,) = await here.listed("codes", userId=here.ada)
        assert (own["code"], own["uses"]) == (here.code["code"], 3)


@pytest.mark.parametrize("what", ["referrals", "conversions", "codes"])
async def test_lists_of_a_program_are_the_hosts(service: Service, what: str) -> None:
    async with service.host() as host, await service.user("ada") as ada:
        here = await shop(host)
        assert (await ada.get(f"{here.path}/{what}")).status_code == 403
        assert (await host.get(f"/v1/programs/none/{what}")).status_code == 404
        odd = await host.get(f"{here.path}/{what}", params={"cursor": "zzz"})
        assert odd.status_code == 400


async def test_every_list_of_rewards_is_a_page(service: Service) -> None:
    async with service.host() as host:
        here = await shop(host)
        await here.buy(await here.bring("bob"), "order-1")

        rewards: list[dict[str, Any]] = []

        async def granted() -> bool:
            answer = await host.get("/v1/rewards", params={"programId": here.program})
            rewards[:] = answer.json()["items"]
            return bool(rewards)

        await until(granted)
        (reward,) = rewards
        entries = f"/v1/rewards/{reward['rewardId']}/entries"
        async with await service.user(here.ada) as ada:
            for client, path in (
                (ada, "/v1/me/balance"),
                (ada, "/v1/me/progress"),
                (host, entries),
            ):
                first = await client.get(path, params={"limit": 1})
                assert set(first.json()) == LIST, path
                assert (await client.get(path, params={"limit": 0})).status_code == 400, path
                assert (await client.get(path, params={"cursor": "?"})).status_code == 400, path
        one = (await host.get(entries, params={"limit": 1})).json()
        rest = (await host.get(entries, params={"cursor": one["nextCursor"]})).json()
        assert [entry["amount"] for entry in one["items"] + rest["items"]][:2] == [
            "50.00",
            "-50.00",
        ]


@pytest.mark.parametrize("decision", ["confirm", "dismiss"])
async def test_a_case_is_decided_with_or_without_a_note(service: Service, decision: str) -> None:
    async with service.host() as host:
        here = await shop(host)
        cases: dict[str, str] = {}

        async def flagged() -> bool:
            found = (await host.get(f"{here.path}/fraud")).json()["items"]
            cases.update({one["referrerId"]: one["caseId"] for one in found})
            return here.ada in cases

        for name in ("bob", "cid"):
            here.ada = f"{name}-{decision}-{here.mark}"
            code = await host.post(f"{here.path}/codes", json={"userId": here.ada})
            here.code = code.json()
            mail = {"email": f"{here.ada}@example.com"}
            people = [
                {"userId": here.ada, **mail},
                {"userId": f"other-{here.ada}", "referral": {"code": here.code["code"]}, **mail},
            ]
            about = {"specversion": "1.0", "source": "/users", "type": "user.registered"}
            batch = [{**about, "id": uuid4().hex, "data": one} for one in people]
            assert (await host.post("/v1/events", json=batch)).status_code == 202
            await until(flagged)
        path = "/v1/fraud/{}/" + decision
        first, second = cases.values()
        bare = await host.post(path.format(first))
        assert (bare.status_code, bare.json()) == (200, {"done": True}), bare.text
        noted = await host.post(path.format(second), json={"note": "one of us"})
        assert noted.status_code == 200, noted.text


async def test_times_of_a_trace_are_written_as_everywhere(service: Service) -> None:
    async with service.host() as host:
        here = await shop(host)
        await here.bring("bob")
        (found,) = await here.listed("referrals")
        why = (await host.get(f"/v1/referrals/{found['referralId']}")).json()
        (touch,) = why["trace"]
        assert touch["at"] == why["attributedAt"]


Write = Callable[[httpx.AsyncClient, "Shop", dict[str, str]], Awaitable[httpx.Response]]


def report(at: str) -> Write:
    async def write(host: httpx.AsyncClient, here: Shop, key: dict[str, str]) -> httpx.Response:
        event = {
            "specversion": "1.0",
            "id": f"{here.mark}-{at}",
            "source": "/users",
            "type": "user.registered",
            "data": {"userId": f"eve-{here.mark}"},
        }
        return await host.post("/v1/events", json=event, headers=key)

    return write


def suspend(user: str) -> Write:
    async def write(host: httpx.AsyncClient, here: Shop, key: dict[str, str]) -> httpx.Response:
        return await host.post(f"{here.path}/referrers/{user}/suspend", headers=key)

    return write


def revoke(code: str) -> Write:
    async def write(host: httpx.AsyncClient, here: Shop, key: dict[str, str]) -> httpx.Response:
        name = here.code["codeId"] if code == "own" else code
        return await host.delete(f"{here.path}/codes/{name}", headers=key)

    return write


@pytest.mark.parametrize(
    ("write", "another"),
    [
        (report("1"), report("2")),
        (suspend("ada"), suspend("bob")),
        (revoke("own"), revoke("code-other")),
    ],
    ids=["events", "suspend", "revoke"],
)
async def test_a_key_stands_for_one_write(service: Service, write: Write, another: Write) -> None:
    async with service.host() as host:
        here = await shop(host)
        key = {"idempotency-key": uuid4().hex}
        first, again = await write(host, here, key), await write(host, here, key)
        assert first.is_success
        assert (again.status_code, again.content) == (first.status_code, first.content)
        other = await another(host, here, key)
        assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
