"""An announcement for some users reaches nobody else, at any door of a real server (2.14)."""

from __future__ import annotations

import json

from tests.end_to_end.ears import Ear, Ears, Headers
from tests.end_to_end.speaking import token_of
from tests.services.server import Server, StartServer

TOPIC = "system.broadcast"
FOR_ADA, FOR_ALL = "only-for-ada", "for-everybody"


async def announce(server: Server, text: str, **more: object) -> None:
    async with server.client() as client:
        answer = await client.post(
            "/v1/announcements",
            json={"eventType": "test.said", "data": {"text": text}, **more},
            headers={"authorization": f"Bearer {server.api_key}"},
        )
        assert answer.status_code == 201, answer.text


async def every_door(ears: Ears, headers: Headers, last_event_id: str = "") -> list[Ear]:
    """The ears of somebody who listens everywhere, also to what was before."""
    socket, gateway = await ears.gateway(headers)
    options = {"history": 50}
    await socket.send(json.dumps({"type": "SUBSCRIBE", "topics": [TOPIC], "options": options}))
    await socket.send(json.dumps({"type": "HISTORY", "topic": TOPIC}))
    await gateway.until("HISTORY_PAGE")
    other, io = await ears.socketio(headers)
    body = {"topics": [TOPIC], "options": options}
    await other.send("42" + json.dumps(["subscribe", body]))
    await io.until("caught_up")
    path = f"/v1/stream?topics={TOPIC}&last_event_id={last_event_id}"
    _, stream = await ears.stream(path, headers)
    await stream.until("CAUGHT_UP")
    _, poll = await ears.polling([TOPIC, "activity"], headers)
    return [gateway, io, stream, poll]


async def test_live_and_past_at_every_door(server: StartServer, database_url: str) -> None:
    running = server(database_url)
    ada = {"authorization": f"Bearer {await token_of(running, 'ada')}"}
    others: list[Headers] = [{"authorization": f"Bearer {await token_of(running, 'bob')}"}, {}]
    async with Ears(running) as ears:  # type: ignore[arg-type]
        first = await every_door(ears, ada)
        hers = list(first)
        theirs = [one for headers in others for one in await every_door(ears, headers)]
        await announce(running, FOR_ADA, audience=["ada"])
        await announce(running, f"{FOR_ALL}-1")
        for ear in hers:
            await ear.until(FOR_ADA)
        for ear in theirs:
            await ear.until(f"{FOR_ALL}-1")
        log_id = hers[2].heard.decode().partition("id: ")[2].partition(".")[0]
        again = await every_door(ears, ada, f"{log_id}.0")
        for ear in again[:3]:
            await ear.until(FOR_ADA)
        for headers in others:
            late = await every_door(ears, headers, f"{log_id}.0")
            for ear in late[:3]:
                await ear.until(f"{FOR_ALL}-1")
            theirs += late
        await announce(running, f"{FOR_ALL}-2")
        for ear in theirs:
            await ear.until(f"{FOR_ALL}-2")
            assert FOR_ADA.encode() not in ear.heard, ear.name
        assert not any(b'"ada"' in ear.heard for ear in theirs)


async def test_an_audience_of_nobody_or_of_no_user_is_refused(
    server: StartServer, database_url: str
) -> None:
    running = server(database_url)
    async with running.client() as client:
        for audience in ([], ["a.b"], [""], "ada", [7]):
            answer = await client.post(
                "/v1/announcements",
                json={"eventType": "test.said", "audience": audience},
                headers={"authorization": f"Bearer {running.api_key}"},
            )
            assert answer.status_code == 400, audience
