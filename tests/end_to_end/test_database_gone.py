"""The database goes away under load: 503 meanwhile, the process stays up and recovers by itself."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.end_to_end.load import Ledger, Load, assert_kept
from tests.end_to_end.service import Service, StartService
from tests.end_to_end.shapes import assert_problem, told
from tests.services.postgres import PostgresServer


def assert_gone(answer: httpx.Response) -> None:
    assert_problem(answer, 503, "database_unavailable")
    assert int(answer.headers["retry-after"]) >= 1, told(answer)


async def assert_only_the_database_is_missed(service: Service, media: int, pid: int) -> None:
    """Writes and reads say 503 and when to come back; the process itself is well."""
    path = f"/v1/media/{media}"
    async with service.visitor("203.0.113.20") as visitor, service.host() as host:
        assert_gone(await visitor.put(f"{path}/vote", json={"voteType": "up"}))
        assert_gone(await visitor.post(f"{path}/plays"))
        assert_gone(await visitor.post(f"{path}/comments", json={"body": "Hello"}))
        for read in (path, "/v1/media", f"{path}/vote", f"{path}/stats", f"{path}/comments"):
            assert_gone(await visitor.get(read))
        assert_gone(await visitor.get("/v1/activity"))
        assert_gone(await host.post("/v1/tokens", json={"userId": "ada"}))
        assert_gone(await host.post("/v1/media", json={"title": "A"}))
        procedure = await visitor.post("/trpc/engagement.recordPlay", json={"mediaFileId": media})
        assert procedure.status_code == 503
        assert procedure.json()["error"]["data"]["problem"] == "database_unavailable"
        page = await visitor.get(f"/media/{media}")
        assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
        assert "retry-after" in page.headers
        assert (await visitor.get("/healthz")).status_code == 200
        assert_problem(await visitor.get("/readyz"), 503, "not_ready")
        assert (await visitor.get("/metrics")).status_code == 200
    assert service.pid == pid
    assert service.running


async def ready_again(service: Service) -> None:
    async with asyncio.timeout(20), service.client() as client:
        while (await client.get("/readyz")).status_code != 200:  # noqa: ASYNC110 - a real process
            await asyncio.sleep(0.05)


async def test_postgresql_goes_away_under_load_and_comes_back(
    own_postgres: PostgresServer, start_service: StartService
) -> None:
    service = start_service(own_postgres.url("postgres"))
    ledger = Ledger([await service.register(f"File {number}") for number in range(3)])
    pid, heard = service.pid, asyncio.Queue[str]()
    listening = asyncio.create_task(_listen(service, heard))
    ends: tuple[Callable[[], None], ...] = (own_postgres.stop, own_postgres.kill)
    for end in ends:
        async with Load(service, ledger, workers=24) as load:
            await load.acknowledged(150)
            refused = ledger.statuses[503]
            await asyncio.to_thread(end)
            await assert_only_the_database_is_missed(service, ledger.files[0], pid)
            assert ledger.statuses[503] > refused
            await asyncio.to_thread(own_postgres.start)
            await ready_again(service)
            await load.acknowledged(100)
        await assert_kept(service, ledger)
    assert ledger.lost_connections == 0
    assert service.pid == pid
    # One and the same stream heard what happened before, between and after.
    media = await service.register("Encore")
    async with asyncio.timeout(10):
        while await heard.get() != "Encore":
            assert not listening.done()
    listening.cancel()
    assert media
    service.audit()


async def _listen(service: Service, heard: asyncio.Queue[str]) -> None:
    async with (
        service.client() as client,
        client.stream("GET", "/v1/activity/stream", timeout=60) as stream,
    ):
        async for line in stream.aiter_lines():
            if line.startswith("data: ") and "mediaTitle" in line:
                heard.put_nowait(json.loads(line[6:])["data"]["mediaTitle"])


async def test_it_starts_only_with_a_database_and_says_so(
    own_postgres: PostgresServer, tmp_path: Path
) -> None:
    service = Service(own_postgres.url("postgres"), log=tmp_path / "log")
    own_postgres.stop()
    commands = (("serve", "--port", "0"), ("audit",), ("token", "--user", "ada"))
    running = (asyncio.to_thread(service.command, *arguments) for arguments in commands)
    for done in await asyncio.gather(*running):
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1].startswith("Error: ")
        assert "Traceback" not in done.stderr


class LockHolder:
    """Another process's transaction on the same SQLite file, for as long as the block lasts."""

    def __init__(self, database_url: str) -> None:
        path = database_url.removeprefix("sqlite:///")
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    def __enter__(self) -> LockHolder:
        self._connection.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()


async def test_a_write_waits_for_another_process_but_not_for_ever(
    sqlite_url: str, start_service: StartService
) -> None:
    service = start_service(sqlite_url)
    media = await service.register()
    async with service.visitor("203.0.113.21") as visitor:
        # What the service has to write for itself waits its turn, too.
        visitor.timeout = httpx.Timeout(60)
        with LockHolder(sqlite_url):
            writing = asyncio.create_task(visitor.post(f"/v1/media/{media}/plays"))
            await asyncio.sleep(1.0)
            assert not writing.done()
            # Whoever reads waits for nobody.
            assert (await visitor.get(f"/v1/media/{media}")).json()["playCount"] == 0
            assert (await visitor.get("/readyz")).status_code == 200
        assert (await writing).json()["playCount"] == 1
        with LockHolder(sqlite_url):
            assert_gone(await visitor.post(f"/v1/media/{media}/plays"))
        assert (await visitor.post(f"/v1/media/{media}/plays")).json()["playCount"] == 2
