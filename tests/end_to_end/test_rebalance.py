"""An operator spreads connections anew, at a real server."""

from __future__ import annotations

import pytest
import websockets

from tests.end_to_end.speaking import Speaker, connect
from tests.services.server import StartServer


async def test_clients_are_sent_away_and_may_come_back(
    server: StartServer, database_url: str
) -> None:
    running = server(database_url)
    headers = {"authorization": f"Bearer {running.api_key}"}
    async with connect(running) as socket, running.client() as client:
        speaker = Speaker(socket)
        await speaker.say(type="SUBSCRIBE", topics=["activity"])
        await speaker.until(type="CAUGHT_UP")
        refused = await client.post("/v1/ops/rebalance", json={"share": 1})
        assert refused.status_code in (401, 403)
        wrong = await client.post("/v1/ops/rebalance", json={"share": 2}, headers=headers)
        assert wrong.status_code == 400
        answer = await client.post("/v1/ops/rebalance", json={"share": 1}, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"sentAway": 1})
        assert (await speaker.until(type="DRAIN"))["reason"] == "rebalance"
        with pytest.raises(websockets.ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4201
    async with connect(running) as socket:
        back = Speaker(socket)
        await back.say(type="SUBSCRIBE", topics=["activity"])
        await back.until(type="CAUGHT_UP")
