"""A device hears its inbox over event streams and polls until it acknowledges (section 8)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.end_to_end.listener import Listener
from tests.end_to_end.service import Service


@pytest.fixture
def user_id(request: pytest.FixtureRequest) -> str:
    """A user of this test alone."""
    return request.node.originalname[-40:]


async def _file(service: Service, user_id: str, text: str) -> str:
    body = {"userId": user_id, "eventType": "test.said", "data": {"text": text}}
    async with service.host() as host:
        answer = await host.post("/v1/messages", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["messageId"])


async def _ack(service: Service, token: str, client_id: str, *ids: str) -> None:
    async with service.bearer(token) as user:
        body = {"clientId": client_id, "ids": ids}
        assert (await user.post("/v1/me/inbox/ack", json=body)).status_code == 200


def _ids(listener: Listener) -> list[str]:
    return [message.data["id"] for message in listener.reader.named("EVENT")]


async def test_a_stream_tells_each_device_until_it_acknowledges(
    service: Service, user_id: str
) -> None:
    token = (await service.tokens(user_id))["accessToken"]
    headers = {"authorization": f"Bearer {token}"}
    first, second = [await _file(service, user_id, text) for text in ("one", "two")]
    address = f"/v1/stream?topics=user.{user_id}.inbox&clientId="
    async with Listener(service, f"{address}phone", **headers) as phone:
        await phone.until(lambda: len(_ids(phone)) == 2)
        third = await _file(service, user_id, "three")
        await phone.until(lambda: len(_ids(phone)) == 3)
        assert _ids(phone) == [first, second, third]
    await _ack(service, token, "phone", first, third)
    async with Listener(service, f"{address}phone", **headers) as phone:
        await phone.until(lambda: _ids(phone))
        assert _ids(phone) == [second]
    await _ack(service, token, "phone", second)
    async with (
        Listener(service, f"{address}phone", **headers) as phone,
        Listener(service, f"{address}laptop", **headers) as laptop,
    ):
        fourth = await _file(service, user_id, "four")
        await phone.until(lambda: _ids(phone))
        await laptop.until(lambda: fourth in _ids(laptop))
        assert _ids(phone) == [fourth]


async def test_polls_tell_each_device_until_it_acknowledges(service: Service, user_id: str) -> None:
    token = (await service.tokens(user_id))["accessToken"]
    topics = {"topics": [f"user.{user_id}.inbox"], "clientId": "phone"}
    first = await _file(service, user_id, "one")
    async with service.bearer(token) as user:

        async def ask(cursor: str | None) -> tuple[str, list[str]]:
            if cursor is None:
                answer = await user.post("/v1/poll/register", json=topics)
            else:
                asked: dict[str, Any] = {"cursor": cursor, "clientId": "phone", "waitMs": 3000}
                answer = await user.get("/v1/poll", params=asked)
            assert answer.status_code == 200, answer.text
            body = answer.json()
            return body["cursor"], [one["id"] for one in body["messages"]]

        cursor, told = await ask(None)
        while not told:
            cursor, told = await ask(cursor)
        assert told == [first]
        second = await _file(service, user_id, "two")
        cursor, told = await ask(cursor)
        assert told == [second]
        await _ack(service, token, "phone", second)
        # A device that registers anew was away: what it has not acknowledged is told again.
        _, told = await ask(None)
        assert told == [first]
        await _ack(service, token, "phone", first)
        _, told = await ask(None)
        assert told == []


async def test_a_token_of_one_device_speaks_for_no_other(service: Service, user_id: str) -> None:
    async with service.host() as host:
        body = {"userId": user_id, "clientId": "phone"}
        token = (await host.post("/v1/tokens", json=body)).json()["accessToken"]
    async with service.bearer(token) as user:
        topic = f"user.{user_id}.inbox"
        refused = await user.get(f"/v1/stream?topics={topic}&clientId=laptop")
        assert (refused.status_code, refused.json()["code"]) == (403, "subject_mismatch")
        body = {"topics": [topic], "clientId": "laptop"}
        assert (await user.post("/v1/poll/register", json=body)).status_code == 403
        own = await user.post("/v1/poll/register", json=body | {"clientId": "phone"})
        assert own.json()["topics"][topic]["ok"] is True
        ticket = (await user.post("/v1/realtime/tickets")).json()["ticket"]
    async with service.client() as nobody:
        query = f"topics={topic}&ticket={ticket}&clientId=laptop"
        assert (await nobody.get(f"/v1/stream?{query}")).status_code == 403
