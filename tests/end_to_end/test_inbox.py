"""Inboxes over HTTP, and through kill -9: no critical message is lost, none comes twice."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from tests.end_to_end.service import Service, StartService
from tests.support.waiting import until

ROUNDS = 3
USERS = 4


async def file(service: Service, user: str, **more: Any) -> dict[str, Any]:
    body = {"userId": user, "eventType": "reward.earned", "data": {"amount": "5.00"}, **more}
    async with service.host() as host:
        answer = await host.post("/v1/messages", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def inbox(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """All messages, page by page."""
    found: list[dict[str, Any]] = []
    after: str | None = "0"
    while after is not None:
        answer = await client.get("/v1/me/inbox", params={"after": after, "limit": 50})
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        after = answer.json()["nextCursor"]
    return found


async def test_a_message_is_filed_acknowledged_and_read(service: Service) -> None:
    filed = await file(service, "reader-1")
    await file(service, "reader-1", eventType="friend.joined", delivery="normal")
    async with await service.user("reader-1") as ada:
        page = (await ada.get("/v1/me/inbox")).json()
        assert (page["unread"], page["nextCursor"]) == (2, None)
        assert "digest" not in page
        first = page["items"][0]
        assert {**first, "timestamp": ""} == {
            "id": filed["messageId"],
            "seq": 1,
            "eventType": "reward.earned",
            "data": {"amount": "5.00"},
            "delivery": "critical",
            "timestamp": "",
            "expiresAt": None,
            "state": "unread",
        }
        acked = await ada.post("/v1/me/inbox/ack", json={"clientId": "phone", "ids": [first["id"]]})
        assert acked.json() == {"clientId": "phone", "ackedTo": 0, "pending": 0}
        read = await ada.post("/v1/me/inbox/read", json={"state": "read", "upTo": 2})
        assert read.status_code == 200
        assert [one["state"] for one in read.json()["entries"]] == ["read", "read"]
        assert (read.json()["unread"], read.json()["vv"]) == (0, {"server": 1})
        assert [one["state"] for one in await inbox(ada)] == ["read", "read"]


async def test_a_repeated_attempt_files_one_message(service: Service) -> None:
    body = {"userId": "once", "eventType": "reward.earned", "data": {}}
    async with service.host(**{"idempotency-key": "m-1"}) as host:
        answers = [await host.post("/v1/messages", json=body) for _ in range(3)]
    assert len({answer.text for answer in answers}) == 1
    async with await service.user("once") as user:
        assert len(await inbox(user)) == 1


async def test_a_comment_reaches_the_owner_of_the_file(service: Service) -> None:
    media = await service.register("Kind of Blue", ownerId="miles")
    async with service.visitor("203.0.113.77") as visitor:
        await visitor.post(f"/v1/media/{media}/comments", json={"body": "Nice"})
    async with await service.user("miles") as miles:

        async def told() -> bool:
            return bool(await inbox(miles))

        await until(told)
        (message,) = await inbox(miles)
    assert message["eventType"] == "engagement.comment.recorded"
    assert message["data"] == {
        "mediaFileId": media,
        "mediaTitle": "Kind of Blue",
        "commentCount": 1,
    }


async def test_a_listener_hears_of_its_messages_and_of_nobody_elses(service: Service) -> None:
    async with await service.user("listener") as user:
        address = "/v1/stream?topics=user.listener.inbox"
        async with user.stream("GET", address, timeout=20) as stream:
            lines = stream.aiter_lines()
            async for line in lines:
                if "CAUGHT_UP" in line:
                    break
            await file(service, "somebody-else")
            filed = await file(service, "listener")
            async for line in lines:
                if line.startswith("data:") and '"type":"EVENT"' in line:
                    break
        assert filed["messageId"] in line
        assert '"delivery":"critical"' in line
        assert '"inboxSeq":1' in line
        refused = await user.get("/v1/stream?topics=user.miles.inbox")
        assert refused.status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/me/inbox?after=-1", None, 400),
        ("GET", "/v1/me/inbox?after=x", None, 400),
        ("GET", "/v1/me/inbox?after=9223372036854775808", None, 400),
        ("POST", "/v1/me/inbox/ack", {"clientId": "phone"}, 400),
        ("POST", "/v1/me/inbox/ack", {"clientId": "phone", "upTo": 1, "ids": ["x"]}, 400),
        ("POST", "/v1/me/inbox/ack", {"clientId": "a b", "upTo": 1}, 400),
        ("POST", "/v1/me/inbox/ack", {"clientId": "phone", "ids": ["x"] * 201}, 400),
        ("POST", "/v1/me/inbox/read", {"state": "seen", "upTo": 1}, 400),
        ("POST", "/v1/me/inbox/read", {"state": "read", "upTo": 1, "at": "yesterday"}, 400),
        ("POST", "/v1/me/inbox/read", {"state": "read", "upTo": 1, "vv": {"a": -1}}, 400),
        ("PUT", "/v1/me/subscriptions", {"subscriptions": [{"topics": []}]}, 400),
        ("PUT", "/v1/me/subscriptions", {"subscriptions": [{"topics": ["nothing.at.all"]}]}, 404),
        ("PUT", "/v1/me/subscriptions", {"subscriptions": [{"topics": ["user.x.inbox"]}]}, 403),
        ("PUT", "/v1/me/subscriptions", {"subscriptions": [{"topics": ["hot"], "x": 1}]}, 400),
        ("POST", "/v1/messages", {"userId": "ada", "eventType": "a.b", "data": {}}, 403),
    ],
)
async def test_what_a_user_may_not_say_is_refused(
    service: Service, method: str, path: str, body: object, status: int
) -> None:
    async with await service.user("ada") as ada:
        answer = await ada.request(method, path, json=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "wrong",
    [
        {"userId": "a.b"},
        {"eventType": "Reward"},
        {"eventType": "reward"},
        {"data": {"eventType": "x"}},
        {"data": {"inboxSeq": 1}},
        {"data": []},
        {"delivery": "urgent"},
        {"ttlSeconds": 0},
        {"more": 1},
    ],
)
async def test_a_message_that_cannot_be_filed_is_refused(
    service: Service, wrong: dict[str, Any]
) -> None:
    body = {"userId": "ada", "eventType": "reward.earned", "data": {}, **wrong}
    async with service.host() as host:
        assert (await host.post("/v1/messages", json=body)).status_code == 400


async def test_visitors_have_no_inbox_and_large_data_no_place(service: Service) -> None:
    async with service.visitor("203.0.113.9") as visitor, service.host() as host:
        for path in ("/v1/me/inbox", "/v1/me/subscriptions", "/v1/me/push"):
            assert (await visitor.get(path)).status_code == 401
            assert (await host.get(path)).status_code == 403
        large = {"userId": "ada", "eventType": "a.b", "data": {"x": "x" * 33_000}}
        assert (await host.post("/v1/messages", json=large)).status_code == 413


async def test_subscriptions_are_saved_as_they_were_sent(service: Service) -> None:
    wanted = [
        {"topics": ["activity", "media.7"], "options": {"history": 10, "priority": "low"}},
        {"topics": ["user.saver.inbox"], "options": {"offlineDelivery": True}},
    ]
    async with await service.user("saver") as saver:
        empty = (await saver.get("/v1/me/subscriptions")).json()
        assert empty == {"subscriptions": [], "updatedAt": None}
        put = await saver.put("/v1/me/subscriptions", json={"subscriptions": wanted})
        assert put.status_code == 200
        kept = (await saver.get("/v1/me/subscriptions")).json()
    assert kept == put.json()
    assert kept["subscriptions"] == wanted


async def test_push_is_off_until_somebody_can_be_written_to(service: Service) -> None:
    from tests.integration.inbox.push_service import Browser

    async with await service.user("ada") as ada:
        assert (await ada.get("/v1/me/push")).json() == {"publicKey": None, "endpoints": []}
        wanted = Browser("https://push.example.com/1").subscription()
        refused = await ada.put("/v1/me/push", json=wanted)
    assert (refused.status_code, refused.json()["code"]) == (409, "push_is_off")


async def test_push_endpoints_are_registered_checked_and_removed(
    database_url: str, start_service: StartService
) -> None:
    from tests.integration.inbox.push_service import Browser

    contact = "mailto:operator@example.com"
    service = start_service(database_url, GROUNDSWELL_PUSH_CONTACT=contact)
    async with await service.user("ada") as ada:
        key = (await ada.get("/v1/me/push")).json()["publicKey"]
        assert len(key) == 87
        first = Browser("https://push.example.com/1").subscription()
        second = Browser("https://push.example.com/2").subscription()
        for wanted in (first, second, first):
            state = await ada.put("/v1/me/push", json=wanted)
            assert state.status_code == 200, state.text
        named = [one["endpoint"] for one in state.json()["endpoints"]]
        assert sorted(named) == [first["endpoint"], second["endpoint"]]
        inside = Browser("https://127.0.0.1/x").subscription()
        for wrong in (inside, {**first, "expirationTime": 1}, {**first, "keys": {}}):
            assert (await ada.put("/v1/me/push", json=wrong)).status_code == 400
        gone = await ada.delete("/v1/me/push", params={"endpoint": first["endpoint"]})
        assert gone.status_code == 204
        left = (await ada.get("/v1/me/push")).json()["endpoints"]
        assert [one["endpoint"] for one in left] == [second["endpoint"]]
        assert (await ada.delete("/v1/me/push")).status_code == 204
        assert (await ada.get("/v1/me/push")).json()["endpoints"] == []


class Filing:
    """Files messages and comments for users, and notes which were accepted."""

    def __init__(self, service: Service, media: int) -> None:
        self._service = service
        self._media = media
        self.accepted: dict[str, set[str]] = {f"user-{one}": set() for one in range(USERS)}
        self.comments = 0
        self.unanswered = 0

    @property
    def count(self) -> int:
        return sum(map(len, self.accepted.values())) + self.comments

    async def run(self) -> None:
        """Until the service goes away."""
        async with self._service.host() as host:
            try:
                await asyncio.gather(*(self._user(host, user) for user in self.accepted))
            except httpx.TransportError:
                self.unanswered += 1

    async def _user(self, host: httpx.AsyncClient, user: str) -> None:
        while True:
            number = len(self.accepted[user])
            message = {"userId": user, "eventType": "reward.earned", "data": {"n": number}}
            answer = await host.post("/v1/messages", json=message)
            if answer.status_code == 201:
                self.accepted[user].add(answer.json()["messageId"])
            comment = await host.post(f"/v1/media/{self._media}/comments", json={"body": "Nice"})
            self.comments += comment.status_code == 201


async def test_no_message_is_lost_or_doubled_by_kill_9(
    database_url: str, start_service: StartService
) -> None:
    service = start_service(database_url, GROUNDSWELL_RATE_LIMITS="off")
    filing = Filing(service, await service.register("Kind of Blue", ownerId="owner"))
    for number in range(ROUNDS):
        enough = filing.count + 60 + 40 * number
        running = asyncio.create_task(filing.run())

        async def filed(enough: int = enough) -> bool:
            return filing.count >= enough

        await until(filed, seconds=30)
        await asyncio.to_thread(service.kill)
        await running
        await asyncio.to_thread(service.start)
    assert filing.unanswered == ROUNDS
    for user, accepted in filing.accepted.items():
        await assert_whole(service, user, accepted)
    await assert_owner_was_told(service, filing)
    service.audit()


async def assert_whole(service: Service, user: str, accepted: set[str]) -> None:
    """All that was accepted is there once, numbered without a gap."""
    async with await service.user(user) as client:
        items = await inbox(client)
    ids = [one["id"] for one in items]
    assert [one["seq"] for one in items] == list(range(1, len(items) + 1))
    assert len(set(ids)) == len(ids)
    assert accepted <= set(ids)
    # What was in flight when the service was killed may have been stored without an answer.
    assert len(ids) <= len(accepted) + ROUNDS


async def assert_owner_was_told(service: Service, filing: Filing) -> None:
    """Each comment that was stored became exactly one message to the owner of the file."""
    media = await service.media(1)

    async with await service.user("owner") as owner:

        async def all_told() -> bool:
            return len(await inbox(owner)) >= media["commentCount"]

        await until(all_told, seconds=20)
        items = await inbox(owner)
    assert media["commentCount"] >= filing.comments > 0
    assert [one["seq"] for one in items] == list(range(1, media["commentCount"] + 1))
    counts = sorted(one["data"]["commentCount"] for one in items)
    assert counts == list(range(1, media["commentCount"] + 1))


async def test_two_processes_file_each_message_once(
    database_url: str, start_service: StartService
) -> None:
    one = start_service(database_url, GROUNDSWELL_RATE_LIMITS="off")
    other = start_service(database_url, GROUNDSWELL_RATE_LIMITS="off")
    media = await one.register("Far away", ownerId="owner")

    async def comment(service: Service, count: int) -> None:
        async with service.host() as host:
            for _ in range(count):
                said = await host.post(f"/v1/media/{media}/comments", json={"body": "Nice"})
                assert said.status_code == 201

    await asyncio.gather(comment(one, 20), comment(other, 20))
    async with await other.user("owner") as owner:

        async def all_told() -> bool:
            return len(await inbox(owner)) >= 40

        await until(all_told)
        items = await inbox(owner)
    assert [item["seq"] for item in items] == list(range(1, 41))
    assert sorted(item["data"]["commentCount"] for item in items) == list(range(1, 41))
    one.audit()
