"""A grant that ends before its token ends its topic at every door of a real server (2.13)."""

from __future__ import annotations

import json
import time

import pytest

from tests.end_to_end.ears import Ears
from tests.end_to_end.speaking import message, token_of
from tests.services.server import StartServer

SOCIAL, INBOX = "user.ada.social", "user.ada.inbox"


@pytest.mark.parametrize("door", ["websocket", "socketio", "stream", "poll"])
async def test_nothing_is_told_after_it(door: str, server: StartServer, database_url: str) -> None:
    running = server(database_url)
    ends = int(time.time()) + 3
    actions = ["subscribe", "history"]
    grants = [
        {"topics": [SOCIAL], "actions": actions},
        {"topics": [INBOX], "actions": actions, "exp": ends},
    ]
    headers = {"authorization": f"Bearer {await token_of(running, 'ada', grants=grants)}"}
    async with Ears(running) as ears:
        topics = [SOCIAL, INBOX]
        if door == "websocket":
            socket, ear = await ears.gateway(headers)
            await socket.send(json.dumps({"type": "SUBSCRIBE", "topics": topics}))
            await ear.until("CAUGHT_UP")
        elif door == "socketio":
            socket, ear = await ears.socketio(headers)
            await socket.send("42" + json.dumps(["subscribe", {"topics": topics}]))
            await ear.until("caught_up")
        elif door == "stream":
            _, ear = await ears.stream(f"/v1/stream?topics={','.join(topics)}", headers)
            await ear.until("CAUGHT_UP")
        else:
            _, ear = await ears.polling(topics, headers)
        before = await message(running, "ada", "test.said")
        await ear.until(before)
        await ear.until("2501")
        assert time.time() >= ends
        after = await message(running, "ada", "test.said")
        again = await ears.stream(f"/v1/stream?topics={INBOX}&last_event_id=x.0", headers)
        await ears.polling([INBOX], headers)
        assert again is not None
        for one in ears.all:
            assert after.encode() not in one.heard
