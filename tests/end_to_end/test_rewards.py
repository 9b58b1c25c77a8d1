"""Rewards in the real service: from a registration to a payment and back, told live."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.end_to_end.service import Service
from tests.end_to_end.speaking import Speaker, connect, enter, token_of
from tests.support.waiting import until

FLAT = {
    "ruleId": "thanks",
    "role": "referrer",
    "kind": "flat",
    "currency": "EUR",
    "amountMinor": 5_000,
    "holdDays": 0,
    "needsApproval": True,
}
WELCOME = {**FLAT, "ruleId": "welcome", "role": "referee", "amountMinor": 1_000, "holdDays": 15}
TWO = {
    "ruleId": "two",
    "role": "referrer",
    "kind": "milestone",
    "currency": "EUR",
    "amountMinor": 10_000,
    "atCount": 2,
}


class Town:
    """A program with people of its own."""

    def __init__(self, service: Service, host: httpx.AsyncClient) -> None:
        self.service = service
        self.host = host
        self.mark = uuid4().hex[:8]
        self.program = f"program-{self.mark}"
        self.ann = f"ann-{self.mark}"
        self.code = ""

    async def open(self, *rewards: dict[str, Any]) -> None:
        """The program exists, and ann has a code."""
        rules = {"landingUrl": "https://example.test/join", "rewards": list(rewards)}
        body = {"programId": self.program, "name": "Friends", "rules": rules}
        made = await self.host.post("/v1/programs", json=body)
        assert made.status_code == 201, made.text
        code = await self.host.post(f"/v1/programs/{self.program}/codes", json={"userId": self.ann})
        assert code.status_code in (200, 201), code.text
        self.code = code.json()["code"]

    async def join(self, name: str) -> str:
        """Somebody registers with ann's code."""
        user = f"{name}-{self.mark}"
        event = {
            "specversion": "1.0",
            "id": uuid4().hex,
            "source": "/tests",
            "type": "user.registered",
            "data": {"userId": user, "referral": {"code": self.code}},
        }
        answer = await self.host.post("/v1/events", json=event)
        assert answer.status_code == 202, answer.text
        return user

    async def rewards(self, **wanted: Any) -> list[dict[str, Any]]:
        """The program's rewards, newest first."""
        params = {"programId": self.program, **wanted}
        answer = await self.host.get("/v1/rewards", params=params)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def rewarded(self, number: int) -> list[dict[str, Any]]:
        """All rewards, once there are so many."""

        async def there_are() -> bool:
            return len(await self.rewards()) >= number

        await until(there_are)
        return await self.rewards()

    async def do(self, reward: str, action: str, **body: Any) -> httpx.Response:
        return await self.host.post(f"/v1/rewards/{reward}/{action}", json=body)


@pytest.mark.alone
async def test_from_a_registration_to_a_payment_and_back(service: Service) -> None:
    async with service.host() as host:
        town = Town(service, host)
        await town.open(FLAT, WELCOME, TWO)
        async with connect(service) as socket:
            ann = Speaker(socket)
            await enter(ann, await token_of(service, town.ann), "phone")
            await ann.say(type="SUBSCRIBE", id="1", topics=[f"user.{town.ann}.referrals"])
            await ann.until(type="SUBSCRIBED")
            began = time.monotonic()
            referee = await town.join("bob")
            counted = await _heard(ann, "referral.progress.updated")
            assert (counted["count"], counted["nextThreshold"]) == (1, 2)
            earned = await _heard(ann, "referral.reward.earned")
            took = time.monotonic() - began
            assert took < 3
            print(f"from the report to the notification of the reward: {took * 1000:.0f} ms")
            assert (earned["userId"], earned["amount"], earned["currency"]) == (
                town.ann,
                "50.00",
                "EUR",
            )
            reward = earned["rewardId"]
            assert (await town.do(reward, "pay")).json()["code"] == "approval_needed"
            approved = await town.do(reward, "approve")
            assert approved.status_code == 200, approved.text
            assert approved.json()["status"] == "approved"
            await _heard(ann, "referral.reward.approved")
            paid = await host.post(f"/v1/rewards/{reward}/pay")
            assert (paid.status_code, paid.json()["status"]) == (200, "paid"), paid.text
            await _heard(ann, "referral.reward.paid")
            back = await town.do(reward, "reverse", reason="chargeback", amount="20.00")
            assert back.json()["reversedAmount"] == "20.00", back.text
            told = await _heard(ann, "referral.reward.reversed")
            assert (told["amount"], told["status"], told["reason"]) == (
                *("20.00", "paid", "chargeback"),
            )
        async with await service.user(town.ann) as me:
            balance = (await me.get("/v1/me/balance")).json()["items"]
            assert [(one["paid"], one["payable"]) for one in balance] == [
                (
                    {"amount": "50.00", "currency": "EUR"},
                    {"amount": "-20.00", "currency": "EUR"},
                )
            ]
            (mine,) = (await me.get("/v1/me/rewards")).json()["items"]
            assert (mine["rewardId"], mine["status"]) == (reward, "paid")
            assert referee not in str(mine)
            (progress,) = (await me.get("/v1/me/progress")).json()["items"]
            assert (progress["programId"], progress["count"]) == (town.program, 1)
            inbox = (await me.get("/v1/me/inbox")).json()["items"]
            types = [one["eventType"].removeprefix("referral.reward.") for one in inbox]
            assert [one for one in types if "." not in one] == [
                *("earned", "approved", "paid", "reversed"),
            ]
        entries = (await host.get(f"/v1/rewards/{reward}/entries")).json()["items"]
        assert [one["amount"] for one in entries if one["account"] == "program"] == [
            "-50.00",
            "20.00",
        ]
    service.audit()


async def _heard(speaker: Speaker, event_type: str) -> dict[str, Any]:
    while True:
        message = await speaker.until(type="EVENT")
        if message["data"]["eventType"] == event_type:
            return dict(message["data"])


async def test_what_is_not_legal_is_refused_by_name(service: Service) -> None:
    async with service.host() as host:
        town = Town(service, host)
        await town.open(WELCOME)
        await town.join("cyd")
        (reward,) = await town.rewarded(1)
        name = reward["rewardId"]
        refusals = [
            ("approve", "reward_not_eligible"),
            ("pay", "reward_not_eligible"),
            ("release", "illegal_transition"),
        ]
        for action, code in refusals:
            refused = await town.do(name, action)
            assert (refused.status_code, refused.json()["code"]) == (409, code)
        assert (await town.do(name, "hold")).json()["heldBy"] == ["host"]
        assert (await town.do(name, "hold")).json()["code"] == "reward_held"
        assert (await town.do(name, "release", reason="fine")).json()["status"] == "pending"
        too_much = await town.do(name, "reverse", amount="10.01")
        assert too_much.json()["code"] == "amount_exceeds_reward"
        assert (await town.do("reward-none", "pay")).status_code == 404
        assert (await town.do(name, "reverse", amount="1", why="x")).status_code == 400
        assert (await town.do(name, "reverse")).json()["status"] == "cancelled"
        assert (await town.do(name, "reverse")).json()["code"] == "illegal_transition"
        assert await town.rewards(status="pending") == []


async def test_an_answer_that_got_lost_is_given_again(service: Service) -> None:
    async with service.host(**{"idempotency-key": uuid4().hex}) as again, service.host() as host:
        town = Town(service, host)
        await town.open({**FLAT, "needsApproval": False})
        await town.join("dan")
        (reward,) = await town.rewarded(1)
        first = await again.post(f"/v1/rewards/{reward['rewardId']}/pay")
        second = await again.post(f"/v1/rewards/{reward['rewardId']}/pay")
        assert first.status_code == second.status_code == 200, second.text
        assert first.json() == second.json()


async def test_rewards_are_paged_and_filtered(service: Service) -> None:
    async with service.host() as host:
        town = Town(service, host)
        await town.open(FLAT)
        for number in range(5):
            await town.join(f"friend{number}")
        everything = await town.rewarded(5)
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            params = {"programId": town.program, "limit": "2"}
            params |= {} if cursor is None else {"cursor": cursor}
            page = (await host.get("/v1/rewards", params=params)).json()
            found += page["items"]
            cursor = page["nextCursor"]
            if cursor is None:
                break
        assert found == everything
        one = found[0]["referralId"]
        assert len(await town.rewards(referralId=one, userId=town.ann)) == 1
        assert (await host.get("/v1/rewards?status=lost")).status_code == 400
        assert (await host.get("/v1/rewards?cursor=x")).status_code == 400


async def test_everybody_sees_only_what_is_theirs(service: Service) -> None:
    async with await service.user("stranger") as user:
        for path in ("/v1/rewards", "/v1/rewards/x", "/v1/conversions/x/rewards"):
            assert (await user.get(path)).status_code == 403
        assert (await user.post("/v1/rewards/x/pay")).status_code == 403
        assert (await user.get("/v1/me/rewards")).json()["items"] == []
        assert (await user.get("/v1/me/balance")).json()["items"] == []
    async with service.visitor("192.0.2.9") as visitor:
        for path in ("rewards", "progress", "balance"):
            assert (await visitor.get(f"/v1/me/{path}")).status_code == 401


async def test_who_is_gone_gets_nothing_more(service: Service) -> None:
    async with service.host() as host:
        town = Town(service, host)
        await town.open(FLAT)
        await town.join("eve")
        await town.rewarded(1)
        answer = await host.post("/v1/rewards/cancellations", json={"userId": town.ann})
        assert answer.json() == {"rewards": 1}
        (reward,) = await town.rewards()
        assert (reward["status"], reward["reason"]) == ("cancelled", "account_closed")


@pytest.mark.parametrize("missing", ["/v1/rewards/none", "/v1/conversions/none/rewards"])
async def test_what_nobody_knows_is_not_found(service: Service, missing: str) -> None:
    async with service.host() as host:
        assert (await host.get(missing)).status_code == 404
