"""Killed in the middle of load, or asked to stop: what was acknowledged is there afterwards."""

from __future__ import annotations

import asyncio
import time

from tests.end_to_end.load import Ledger, Load, assert_kept
from tests.end_to_end.service import NewAddress, Service, StartService

ROUNDS = 3
FILES = 5


async def new_ledger(service: Service) -> Ledger:
    return Ledger([await service.register(f"File {number}") for number in range(FILES)])


async def test_every_acknowledged_write_survives_kill_9_in_the_middle_of_load(
    database_url: str, start_service: StartService
) -> None:
    service = start_service(database_url)
    ledger = await new_ledger(service)
    for number in range(ROUNDS):
        before = ledger.acknowledged
        async with Load(service, ledger) as load:
            await load.acknowledged(150 + 250 * number)
            await asyncio.to_thread(service.kill)
        assert ledger.acknowledged - before >= 150
        await asyncio.gather(asyncio.to_thread(service.start), asyncio.to_thread(service.audit))
        await assert_kept(service, ledger)
    assert ledger.lost_connections > 0
    assert ledger.most_in_flight >= 150
    service.audit()


async def test_sessions_and_repeated_attempts_survive_kill_9(
    service: Service, new_address: NewAddress
) -> None:
    media, address = await service.register(), new_address()
    kept, ended = await service.tokens("ada"), await service.tokens("bob")
    key = {"idempotency-key": "attempt-1"}
    async with service.visitor(address) as visitor:
        first = await visitor.post(f"/v1/media/{media}/plays", headers=key)
        revoked = {"refreshToken": ended["refreshToken"]}
        assert (await visitor.post("/v1/tokens/revoke", json=revoked)).status_code == 204
    await asyncio.to_thread(service.kill)
    await asyncio.to_thread(service.start)
    async with service.visitor(address) as visitor:
        second = await visitor.post(f"/v1/media/{media}/plays", headers=key)
        assert (second.status_code, second.json()) == (first.status_code, first.json())
        assert (await visitor.get(f"/v1/media/{media}")).json()["playCount"] == 1
    for tokens, status in ((kept, 200), (ended, 401)):
        async with service.bearer(tokens["accessToken"]) as user:
            vote = await user.put(f"/v1/media/{media}/vote", json={"voteType": "up"})
        assert vote.status_code == status


async def test_asked_to_stop_it_finishes_what_it_began_and_ends_its_streams(
    database_url: str, start_service: StartService
) -> None:
    service = start_service(database_url)
    ledger = await new_ledger(service)
    streams = [asyncio.create_task(_listen(service)) for _ in range(5)]
    async with Load(service, ledger, workers=50) as load:
        await load.acknowledged(300)
        started = time.monotonic()
        status = await asyncio.to_thread(service.stop)
        seconds = time.monotonic() - started
    assert status == 0
    assert seconds < 10
    for heard in await asyncio.gather(*streams):
        assert heard.count("event: activity") > 0
        # The last thing said is when to come back.
        assert heard.rstrip().rsplit("\n", 1)[-1].startswith("retry: ")
    assert '"level":"error"' not in service.logs()
    assert "Traceback" not in service.logs()
    await asyncio.to_thread(service.start)
    await assert_kept(service, ledger)
    service.audit()


async def _listen(service: Service) -> str:
    """Everything a stream says until the server ends it, as it should be ended."""
    heard = ""
    async with (
        service.visitor("203.0.113.6") as visitor,
        visitor.stream("GET", "/v1/activity/stream", timeout=30) as stream,
    ):
        async for text in stream.aiter_text():
            heard += text
    return heard
