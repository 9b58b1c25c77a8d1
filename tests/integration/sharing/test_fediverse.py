"""An activity signed by another implementation, its key fetched from a server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from groundswell.contract.times import now
from groundswell.domains.sharing.webhooks.activitypub import make
from groundswell.domains.sharing.webhooks.adapter import Delivery, Surroundings, WebhookForged
from groundswell.domains.sharing.webhooks.fetching import LARGEST, fetch_json
from groundswell.domains.sharing.webhooks.mentions import Mentions
from tests.services.node import RunScript

INBOX = "https://gs.example/v1/webhooks/fediverse?shared=1"


class Instance:
    """A little server with one document, at every address."""

    def __init__(self) -> None:
        self.status = "200 OK"
        self.body = b"{}"

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked = await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 {self.status}\r\nlocation: /other\r\nconnection: close\r\n"
        writer.write(head.encode() + f"content-length: {len(self.body)}\r\n\r\n".encode())
        writer.write(self.body)
        await writer.drain()
        writer.close()


async def test_an_activity_signed_as_peertube_and_misskey_do(
    run_node: RunScript, tmp_path: Path
) -> None:
    instance = Instance()
    origin = await instance.start()
    actor, private = f"{origin}/users/bob", rsa.generate_private_key(65537, 2048)
    instance.body = json.dumps(actor_document(actor, private)).encode()
    key_file = tmp_path / "key.pem"
    key_file.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    body = json.dumps({"id": f"{actor}/1", "type": "Like", "actor": actor, "object": "x"})
    printed = await asyncio.to_thread(
        run_node, "sign_request.mjs", str(key_file), f"{actor}#main-key", INBOX, body
    )
    headers = {name.lower(): value for name, value in json.loads(printed).items()}
    adapter = make([origin], Surroundings(now, Mentions("https://gs.example"), fetch_json))

    def delivery(target: str) -> Delivery:
        return Delivery(method="POST", target=target, headers=headers, body=body.encode())

    await adapter.verify(delivery("/v1/webhooks/fediverse?shared=1"))
    assert b"accept: application/activity+json" in instance.asked.lower()
    (told,) = adapter.read(delivery("/"), now())
    assert (told.engagement_type, told.engager.id) == ("like", actor)
    with pytest.raises(WebhookForged):
        await adapter.verify(delivery("/v1/webhooks/fediverse"))


def actor_document(actor: str, private: rsa.RSAPrivateKey) -> dict[str, Any]:
    pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    key = {"id": f"{actor}#main-key", "owner": actor, "publicKeyPem": pem.decode()}
    return {"id": actor, "type": "Person", "publicKey": key}


async def test_what_servers_answer_is_bounded() -> None:
    instance = Instance()
    origin = await instance.start()
    assert await fetch_json(f"{origin}/x") == {}
    instance.body = b" " * (LARGEST + 1)
    with pytest.raises(ValueError, match="large"):
        await fetch_json(f"{origin}/x")
    instance.body = b"<html>"
    with pytest.raises(ValueError):
        await fetch_json(f"{origin}/x")
    instance.status = "302 Found"
    with pytest.raises(OSError, match="302"):
        await fetch_json(f"{origin}/x")
    with pytest.raises(OSError):
        await fetch_json("http://127.0.0.1:1/x")
