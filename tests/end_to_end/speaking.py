"""What tests say to the gateway of a real server, and what they do over HTTP meanwhile."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import websockets

from tests.services.server import Server

SOON = 5


async def register(server: Server, title: str = "First Light") -> int:
    async with server.client() as client:
        answer = await client.post(
            "/v1/media",
            json={"title": title},
            headers={"authorization": f"Bearer {server.api_key}"},
        )
        assert answer.status_code == 201
        return int(answer.json()["mediaFileId"])


async def vote(server: Server, media: int, vote: str) -> None:
    async with server.client() as client:
        answer = await client.put(f"/v1/media/{media}/vote", json={"voteType": vote})
        assert answer.status_code == 200


async def token_of(server: Server, user: str, **limits: Any) -> str:
    async with server.client() as client:
        answer = await client.post(
            "/v1/tokens",
            json={"userId": user, **limits},
            headers={"authorization": f"Bearer {server.api_key}"},
        )
        return str(answer.json()["accessToken"])


class Speaker:
    """A plain WebSocket client that keeps what it heard."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket

    async def say(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def until(self, **wanted: Any) -> dict[str, Any]:
        """The next message that has these fields."""
        async with asyncio.timeout(SOON):
            while True:
                message: dict[str, Any] = json.loads(await self.socket.recv())
                if all(message.get(name) == value for name, value in wanted.items()):
                    return message


def connect(server: Server) -> Any:
    return websockets.connect(
        f"ws://127.0.0.1:{server.port}/v1/realtime", subprotocols=["groundswell.v1"], proxy=None
    )


async def message(server: Server, user: str, event_type: str, **data: Any) -> str:
    """File a critical message for a user; its id."""
    async with server.client() as client:
        answer = await client.post(
            "/v1/messages",
            json={"userId": user, "eventType": event_type, "data": data},
            headers={"authorization": f"Bearer {server.api_key}"},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["messageId"])


async def enter(
    speaker: Speaker, token: str, client_id: str, features: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Open a session as a user's device; the WELCOME."""
    await speaker.say(
        type="HELLO", protocol=1, token=token, clientId=client_id, features=list(features)
    )
    return await speaker.until(type="WELCOME")
