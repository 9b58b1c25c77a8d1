"""A client of the real service that comes back after more has happened than is kept for replays."""

from __future__ import annotations

import asyncio

from tests.end_to_end.speaking import Speaker, connect, message, register, token_of, vote
from tests.services.server import Server, StartServer

KEPT = 300
LOST = 20


async def register_many(server: Server, count: int) -> None:
    async with server.client() as client:
        for start in range(0, count, 40):
            answers = await asyncio.gather(
                *(
                    client.post(
                        "/v1/media",
                        json={"title": f"Song {number}"},
                        headers={"authorization": f"Bearer {server.api_key}"},
                    )
                    for number in range(start, min(start + 40, count))
                )
            )
            assert {answer.status_code for answer in answers} == {201}


async def test_what_is_lost_is_named_and_summed_up_from_the_log(
    server: StartServer, database_url: str
) -> None:
    """Section 7, row 4."""
    running = await asyncio.to_thread(server, database_url)
    await register(running)
    async with connect(running) as socket:
        speaker = Speaker(socket)
        await speaker.say(type="SUBSCRIBE", topics=["activity"], clientId="one")
        held = (await speaker.until(type="SUBSCRIBED"))["topics"]["activity"]
    await register_many(running, LOST + KEPT)
    async with connect(running) as socket:
        speaker = Speaker(socket)
        await speaker.say(type="HELLO", protocol=1, features=["batch", "digest"])
        place = {"epoch": held["epoch"], "offset": held["offset"]}
        await speaker.say(
            type="SUBSCRIBE", topics=["activity"], options={"resume": {"activity": place}}
        )
        gap = await speaker.until(type="GAP")
        first = held["offset"] + 1
        assert (gap["from"], gap["to"], gap["missed"]) == (first, first + LOST - 1, LOST)
        digest = await speaker.until(type="DIGEST")
        assert (digest["fromOffset"], digest["toOffset"]) == (gap["from"], gap["to"])
        assert digest["byType"] == {"engagement.activity.created": LOST}
        assert digest["top"][0]["type"] == "upload"
        assert (await speaker.until(type="CAUGHT_UP"))["offset"] == gap["to"] + KEPT


async def test_counters_of_what_is_on_screen_come_for_one_request(
    server: StartServer, database_url: str
) -> None:
    """Section 3, TRACK."""
    running = await asyncio.to_thread(server, database_url)
    shown, hidden = await register(running), await register(running)
    async with connect(running) as socket:
        speaker = Speaker(socket)
        await speaker.say(type="TRACK", topic="media", keys=[str(shown)], ref="t")
        held = (await speaker.until(type="SUBSCRIBED", ref="t"))["topics"]
        assert list(held) == [f"media.{shown}"]
        await vote(running, hidden, "up")
        await vote(running, shown, "up")
        counters = await speaker.until(type="EVENT")
        while counters["data"]["eventType"] != "engagement.counters.updated":
            counters = await speaker.until(type="EVENT")
        assert counters["topic"] == f"media.{shown}"
        assert counters["data"]["counters"]["upvotes"] == 1


async def test_the_plain_client_gets_what_was_filed_while_it_was_away(
    server: StartServer, database_url: str
) -> None:
    """Section 8, with the two messages of the specification only."""
    running = await asyncio.to_thread(server, database_url)
    token = await token_of(running, "ada")
    subscribe = {
        "type": "SUBSCRIBE",
        "topics": ["user.ada.referrals"],
        "clientId": "phone",
        "options": {"history": 10, "priority": "high", "offlineDelivery": True},
    }

    async def heard() -> list[int]:
        async with connect(running) as socket:
            speaker, numbers = Speaker(socket), []
            await speaker.say(type="HELLO", protocol=1, token=token, clientId="phone")
            await speaker.say(**subscribe)
            while (told := await speaker.until())["type"] != "CAUGHT_UP":
                if told["type"] == "EVENT":
                    numbers.append(told["data"]["n"])
            return numbers

    assert await heard() == []
    for number in (1, 2):
        await message(running, "ada", "referral.reward.earned", n=number)
    assert await heard() == [1, 2]
    assert await heard() == []
