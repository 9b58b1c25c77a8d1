"""The host listens to many topics with one subscription, at real servers (2.8)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.end_to_end.ears import Ears
from tests.end_to_end.service import Service
from tests.end_to_end.speaking import Speaker, connect, message, register, token_of, vote
from tests.services.postgres import PostgresServer
from tests.services.redis import RedisServer
from tests.services.server import API_KEY, StartServer

HOST = {"authorization": f"Bearer {API_KEY}"}


async def test_the_key_opens_patterns_and_a_users_token_does_not(
    server: StartServer, database_url: str
) -> None:
    running = server(database_url)
    token = await token_of(
        running, "ada", grants=[{"topics": ["user.ada.*"], "actions": ["subscribe"]}]
    )
    async with connect(running) as one, connect(running) as two:
        host, ada = Speaker(one), Speaker(two)
        await host.say(type="HELLO", protocol=1, token=running.api_key)
        await ada.say(type="HELLO", protocol=1, token=token)
        for speaker in (host, ada):
            await speaker.say(type="SUBSCRIBE", topics=["user.ada.*", "media.*"])
        told = await host.until(type="SUBSCRIBED")
        assert [one["recovery"] for one in told["topics"].values()] == ["none", "none"]
        refused = (await ada.until(type="SUBSCRIBED"))["topics"]
        assert {one["error"]["code"] for one in refused.values()} == {1001}
        await vote(running, await register(running), "up")
        first = await host.until(type="EVENT")
        assert first["topic"].startswith("media.")
        assert first["seq"] > told["topics"]["media.*"]["seq"]
        filed = await message(running, "ada", "test.said")
        assert (await host.until(type="EVENT", topic="user.ada.inbox"))["id"] == filed
        await ada.say(type="PING", t=1)
        assert (await ada.until())["type"] == "PONG"


async def test_the_doors_that_have_no_patterns_say_so(
    server: StartServer, database_url: str
) -> None:
    running = server(database_url)
    async with running.client() as client:
        stream = await client.get("/v1/stream?topics=media.*", headers=HOST)
        poll = await client.post("/v1/poll/register", json={"topics": ["media.*"]}, headers=HOST)
    assert stream.status_code == 400
    assert "over WebSocket or Socket.IO" in stream.text
    assert poll.status_code == 200
    assert "over WebSocket or Socket.IO" in str(poll.json()["topics"]["media.*"]["error"])


@pytest.fixture
def pair(
    postgres_server: PostgresServer, redis_server: RedisServer, tmp_path: Path
) -> Iterator[tuple[Service, Service]]:
    """Two processes that share a database and a Redis."""
    name = f"patterns_{uuid4().hex}"
    postgres_server.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    made = [
        Service(
            postgres_server.url(name),
            log=tmp_path / f"{number}.log",
            GROUNDSWELL_REDIS_URL=redis_server.url,
        )
        for number in (1, 2)
    ]
    try:
        for one in made:
            one.start()
        yield made[0], made[1]
    finally:
        for one in made:
            one.kill()


async def test_what_happens_at_another_process_is_heard_by_the_pattern(
    pair: tuple[Service, Service],
) -> None:
    one, other = pair
    async with Ears(one) as ears, other.host() as host:
        for opened in (ears.gateway(HOST), ears.socketio(HOST)):
            socket, ear = await opened
            asked: Any = {"topics": ["user.ada.*"]}
            if ear is ears.all[0]:
                await socket.send(json.dumps({"type": "SUBSCRIBE", **asked}))
            else:
                await socket.send(f"42{json.dumps(['subscribe', asked])}")
        for ear, word in zip(ears.all, ("CAUGHT_UP", "caught_up"), strict=True):
            await ear.until(word)
        for user in ("bob", "ada"):
            body = {"userId": user, "eventType": "test.said", "data": {"text": f"for {user}"}}
            assert (await host.post("/v1/messages", json=body)).status_code == 201
        for ear in ears.all:
            await ear.until("for ada")
            assert ear.heard.count(b"for ada") == 1
            assert b"for bob" not in ear.heard
