"""Two processes on one PostgreSQL are one service: counters, lists, votes, keys and live topics."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.end_to_end.listener import Listener
from tests.end_to_end.load import Ledger, Load, assert_kept
from tests.end_to_end.service import NewAddress, Pair, two_processes
from tests.services.postgres import PostgresServer

UP = {"voteType": "up"}


@pytest.fixture(scope="module")
def pair(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pair]:
    yield from two_processes(postgres_server, tmp_path_factory.mktemp("pair"))


async def test_a_vote_at_one_is_heard_at_the_other(pair: Pair, new_address: NewAddress) -> None:
    one, other = pair
    media = await one.register("Far away")
    async with (
        Listener(other, f"/v1/stream?topics=activity,media.{media}") as listener,
        one.visitor(new_address()) as visitor,
    ):
        await visitor.put(f"/v1/media/{media}/vote", json=UP)
        await listener.until(lambda: listener.events("engagement.vote", f"media.{media}"))
        await listener.until(lambda: listener.events("engagement.counters", f"media.{media}"))
        await listener.until(lambda: listener.events("engagement.activity", "activity"))


def plays(listener: Listener) -> list[int]:
    return [event["activityId"] for event in listener.events() if event["type"] == "play"]


async def test_both_hear_everything_in_the_same_order(pair: Pair, new_address: NewAddress) -> None:
    media = await pair[0].register("In order")
    topics = "/v1/stream?topics=activity"
    async with Listener(pair[0], topics) as here, Listener(pair[1], topics) as there:

        async def play(number: int) -> None:
            async with pair[number % 2].visitor(new_address()) as visitor:
                assert (await visitor.post(f"/v1/media/{media}/plays")).status_code == 201

        await asyncio.gather(*(play(number) for number in range(40)))
        for listener in (here, there):
            await listener.until(lambda listener=listener: len(plays(listener)) >= 40)
        assert plays(here) == plays(there) == sorted(set(plays(here)))


async def test_a_stream_goes_on_at_the_other_where_it_broke_off(
    pair: Pair, new_address: NewAddress
) -> None:
    one, other = pair
    media = await one.register("Moved")
    async with Listener(one, "/v1/stream?topics=activity") as before:
        async with one.visitor(new_address()) as visitor:
            await visitor.post(f"/v1/media/{media}/plays")
        await before.until(before.events)
        position = before.reader.last_event_id
    async with one.visitor(new_address()) as visitor:
        for _ in range(5):
            await visitor.post(f"/v1/media/{media}/downloads")
    headers = {"last-event-id": position}
    async with Listener(other, "/v1/stream?topics=activity", **headers) as after:
        await after.until(lambda: len(after.events()) >= 5)
        assert [event["type"] for event in after.events()] == ["download"] * 5
        assert after.reader.named("GAP") == []


async def test_any_process_answers_a_poll(pair: Pair, new_address: NewAddress) -> None:
    """The cursor holds all there is to know of a client: no process remembers it (section 10)."""
    media = await pair[0].register("Polled")
    seqs: list[int] = []
    async with (
        asyncio.timeout(20),
        pair[0].visitor(new_address()) as here,
        pair[1].visitor(new_address()) as there,
    ):
        registered = await here.post("/v1/poll/register", json={"topics": ["activity"]})
        cursor = registered.json()["cursor"]
        for number in range(6):
            happens, asked = (here, there) if number % 2 else (there, here)
            await happens.post(f"/v1/media/{media}/plays", json={"playDuration": 30})
            while len(seqs) <= number:
                answer = await asked.get("/v1/poll", params={"cursor": cursor, "waitMs": 2000})
                cursor = answer.json()["cursor"]
                seqs += [one["seq"] for one in answer.json()["messages"]]
    assert len(seqs) == 6
    assert seqs == sorted(set(seqs))


async def test_counters_votes_and_lists_are_shared(pair: Pair, new_address: NewAddress) -> None:
    one, other = pair
    media, address = await one.register("Shared"), new_address()
    for number in range(6):
        async with pair[number % 2].visitor(new_address()) as visitor:
            await visitor.post(f"/v1/media/{media}/plays")
    async with one.visitor(address) as here, other.visitor(address) as there:
        await here.put(f"/v1/media/{media}/vote", json=UP)
        assert (await there.put(f"/v1/media/{media}/vote", json=UP)).json()["upvotes"] == 1
        assert (await there.get(f"/v1/media/{media}/vote")).json()["voteType"] == "up"
        assert (await there.get(f"/v1/media/{media}")).json()["playCount"] == 6
        async with asyncio.timeout(5):
            while True:
                listed = [
                    [
                        (item["mediaFileId"], item["score"])
                        for item in (await caller.get("/v1/popular")).json()["items"]
                    ]
                    for caller in (here, there)
                ]
                if listed[0] == listed[1] and media in dict(listed[1]):
                    break
                await asyncio.sleep(0.1)
    assert dict(listed[1])[media] == 6


async def test_equal_votes_at_both_at_the_same_moment_are_one(
    pair: Pair, new_address: NewAddress
) -> None:
    media, address = await pair[0].register(), new_address()
    async with pair[0].visitor(address) as here, pair[1].visitor(address) as there:
        answers = await asyncio.gather(
            *(caller.put(f"/v1/media/{media}/vote", json=UP) for caller in (here, there) * 10)
        )
    assert {answer.status_code for answer in answers} == {200}
    assert (await pair[0].media(media))["upvotes"] == 1


async def test_one_attempt_sent_to_both_happens_once(pair: Pair, new_address: NewAddress) -> None:
    media, address = await pair[0].register(), new_address()
    for attempt in range(10):
        key = {"idempotency-key": f"attempt-{attempt}"}
        async with pair[0].visitor(address) as here, pair[1].visitor(address) as there:
            answers = await asyncio.gather(
                *(caller.post(f"/v1/media/{media}/plays", headers=key) for caller in (here, there))
            )
        assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
        assert answers[0].json() == answers[1].json()
    assert (await pair[0].media(media))["playCount"] == 10


async def test_a_session_of_one_is_known_at_the_other(pair: Pair) -> None:
    one, other = pair
    tokens, media = await one.tokens("ada"), await one.register()
    async with other.bearer(tokens["accessToken"]) as user:
        assert (await user.put(f"/v1/media/{media}/vote", json=UP)).status_code == 200
        body = {"refreshToken": tokens["refreshToken"]}
        assert (await user.post("/v1/tokens/refresh", json=body)).status_code == 201


async def test_one_killed_under_load_on_both_leaves_the_other_and_every_promise(
    pair: Pair,
) -> None:
    one, other = pair
    files = [await one.register(f"File {number}") for number in range(3)]
    here, there = Ledger(files), Ledger([await one.register("Elsewhere"), files[0]])
    # The second ledger counts from another number, so that its visitors are others.
    there.lost_connections = 50_000
    async with Load(one, here, workers=40) as load_here, Load(other, there, workers=40) as load:
        await load_here.acknowledged(150)
        await asyncio.to_thread(one.kill)
        await load.acknowledged(150)
    await asyncio.to_thread(one.start)
    assert there.lost_connections == 50_000
    both = Ledger([*files, there.files[0]])
    for ledger in (here, there):
        assert ledger.unforeseen == []
        both.counted += ledger.counted
        both.uncertain += ledger.uncertain
        both.votes |= ledger.votes
    await assert_kept(one, both)
    await assert_kept(other, both)
    other.audit()
