"""Section 9: whoever has the public keys can tell that an event is ours, and no other one."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import websockets

from tests.end_to_end.service import Service
from tests.end_to_end.speaking import register, vote
from tests.services.node import RunScript
from tests.services.verifying import elements, events_in, members, verify

ROOT = Path(__file__).parents[2]


async def test_node_verifies_signed_events_with_the_public_keys_alone(
    service: Service, run_node: RunScript
) -> None:
    """As JSON and as MessagePack, live, in a BATCH and on a HISTORY_PAGE."""
    media = await register(service)
    printed = await asyncio.to_thread(run_node, "signed_events.mjs", service.url, str(media))
    found = json.loads(printed)
    assert set(found.pop("recovered")) == set(found.pop("paged")) == {True}
    assert found == {
        "features": ["batch", "sig"],
        "plain": False,
        "json": True,
        "forged": False,
        "moved": False,
        "stranger": False,
        "packed": True,
        "sameData": True,
        "sameSignature": True,
        "sameBytes": True,
    }


async def test_the_keys_are_a_jwk_set_that_may_be_kept(service: Service) -> None:
    """RFC 7517: served where programs look for it, to anybody."""
    async with service.client() as client:
        answer = await client.get("/.well-known/jwks.json")
    assert answer.headers["content-type"] == "application/jwk-set+json"
    assert answer.headers["cache-control"] == "public, max-age=3600"
    (key,) = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["use"]) == ("OKP", "Ed25519", "sig")
    assert "d" not in key


async def test_python_verifies_them_as_well(service: Service) -> None:
    """Section 9."""
    media = await register(service)
    async with service.client() as client:
        keys = (await client.get("/.well-known/jwks.json")).json()
    subscribe = {"type": "SUBSCRIBE", "topics": [f"media.{media}"], "options": {"signed": True}}
    address = f"ws://127.0.0.1:{service.port}/v1/realtime"
    async with websockets.connect(address, proxy=None) as socket, asyncio.timeout(10):
        await socket.send(json.dumps(subscribe))
        await vote(service, media, "up")
        while True:
            told = await socket.recv(decode=False)
            if b'"type":"EVENT"' in told:
                break
    (event,) = events_in(told)
    assert verify(event, keys)["data"]["voteType"] == "up"


async def test_streams_and_polls_sign_the_same_bytes(service: Service) -> None:
    """Section 10: one event, one signature, whatever the door."""
    topic = f"media.{await register(service)}"
    media = int(topic.removeprefix("media."))
    async with service.client() as client, asyncio.timeout(10):
        keys = (await client.get("/.well-known/jwks.json")).json()
        asked = {"topics": [topic], "signed": True}
        registered = (await client.post("/v1/poll/register", json=asked)).json()
        query = {"topics": topic, "signed": "true"}
        async with client.stream("GET", "/v1/stream", params=query) as stream:
            lines = stream.aiter_lines()
            while await anext(lines) != "event: CAUGHT_UP":
                pass
            await vote(service, media, "up")
            while await anext(lines) != "event: EVENT":
                pass
            streamed = (await anext(lines)).removeprefix("data: ")
        told = verify(streamed, keys)
        place = {"cursor": registered["cursor"], "signed": "true"}
        answer = await client.get("/v1/poll", params=place)
    assert told["topic"] == topic
    polled = elements(dict(members(answer.text))["messages"])
    assert streamed in polled
    assert all(verify(one, keys) for one in polled)


def test_the_guide_shows_the_code_that_is_tested() -> None:
    code = (ROOT / "tests/js/signature.mjs").read_text()
    assert code in (ROOT / "docs/guides/signatures.md").read_text()
