"""The trace of refusals in a real service: what is in it, who reads it, what it survives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from itertools import product

import httpx
import pytest

from tests.end_to_end.refusing import assert_refused, changes, everything, trace, traced
from tests.end_to_end.service import Service, shared_service, two_processes
from tests.end_to_end.shapes import assert_problem
from tests.end_to_end.speaking import Speaker, connect, enter, token_of
from tests.end_to_end.stored import rows_of
from tests.end_to_end.test_referrals import name
from tests.services.postgres import PostgresServer
from tests.support.waiting import until

SOMEBODY = "203.0.113.77"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def refusing(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    place = tmp_path_factory.mktemp("trace")
    yield from shared_service(request, place, request.param, GROUNDSWELL_RATE_LIMITS="off")


@pytest.fixture
async def host(refusing: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with refusing.host() as client:
        yield client


async def test_whoever_may_not_is_told_so_and_named(
    refusing: Service, host: httpx.AsyncClient
) -> None:
    ada = name("ada")
    async with await refusing.user(ada) as user:
        before = await everything(refusing)
        answer = await user.get("/v1/rewards")
        await assert_refused(refusing, answer, 403, "forbidden", caller="user", callerId=ada)
        answer = await user.post("/v1/rewards/x/pay")
        await assert_refused(refusing, answer, 403, "forbidden", caller="user", callerId=ada)
    for credential in ("gsk_of_nobody", "ey.no.token"):
        async with refusing.bearer(credential, SOMEBODY) as forger:
            answer = await forger.get("/v1/rewards")
            one = await assert_refused(
                refusing, answer, 401, "unauthenticated", caller="unverified"
            )
        assert credential not in str(one)
        assert SOMEBODY not in str(one)
    async with refusing.visitor(SOMEBODY) as visitor:
        answer = await visitor.delete("/v1/media/1")
        await assert_refused(refusing, answer, 401, "unauthenticated", caller="visitor")
        other_site = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
        answer = await visitor.post("/v1/shares", json={}, headers=other_site)
        await assert_refused(refusing, answer, 403, "cross_site_request", route="unmatched")
        answer = await visitor.put("/v1/media/4242/vote", json={"voteType": "up"})
        await assert_refused(
            refusing,
            answer,
            404,
            "media_not_found",
            route="/v1/media/{media_file_id}/vote",
            subjectKind="mediaFile",
            subjectId="4242",
        )
    assert await everything(refusing) == before


async def test_bodies_that_are_too_large_or_cannot_be_read(refusing: Service) -> None:
    before = await everything(refusing)
    as_json = {"content-type": "application/json"}
    async with await refusing.user("ada") as user:
        path = "/v1/shares"
        large = await user.post(path, content=b'{"a":"' + b"x" * 70_000, headers=as_json)
        await assert_refused(refusing, large, 413, "too_large", route=path)
        broken = await user.post(path, content=b'{"secret-word', headers=as_json)
        one = await assert_refused(refusing, broken, 400, "malformed_body")
        assert "secret-word" not in str(one)
        wrong = await user.post(path, json={"contentType": 7, "secret-word": "hush"})
        one = await assert_refused(
            refusing, wrong, 400, "validation_failed", caller="user", callerId="ada"
        )
        assert "secret-word" not in str(one)
        assert "hush" not in str(one)
        other = await user.post(path, content=b"<a/>", headers={"content-type": "text/xml"})
        await assert_refused(refusing, other, 415, "unsupported_media_type")
    assert await changes(refusing, before) == []


async def test_what_was_only_looked_for_and_our_own_answers_leave_no_trace(
    refusing: Service, host: httpx.AsyncClient
) -> None:
    for path in ("/v1/media/4242", "/v1/nothing", "/v1/media?limit=x", "/r/NOBODYS1"):
        assert 400 <= (await host.get(path)).status_code < 500
    marked = await host.post("/v1/rewards/none-at-all/pay")
    await traced(refusing, marked.headers["x-request-id"], code="reward_not_found")
    routes = {(one["method"], one["route"]) for one in await trace(refusing, limit=50)}
    assert ("GET", "/v1/media/{media_file_id}") not in routes
    assert not any(method == "GET" and route == "unmatched" for method, route in routes)


async def test_what_is_reported_over_the_gateway_and_refused(refusing: Service) -> None:
    ada = name("ada")
    async with connect(refusing) as socket:
        speaker = Speaker(socket)
        await enter(speaker, await token_of(refusing, ada), "phone")
        reports = [
            {"key": "k-1", "action": "vote", "data": {"mediaFileId": 4242, "voteType": "up"}},
            {"key": "k-2", "action": "rule-the-world", "data": {}},
        ]
        await speaker.say(type="PUBLISH", ref="p", messages=reports)
        results = (await speaker.until(type="RESULT", ref="p"))["results"]
        assert [results[key]["ok"] for key in ("k-1", "k-2")] == [False, False]

    async def written() -> bool:
        return len(await trace(refusing, user=ada)) == 2

    await until(written)
    found = {one["route"]: (one["status"], one["code"]) for one in await trace(refusing, user=ada)}
    assert found == {
        "gateway/vote": (404, "media_not_found"),
        "gateway": (403, "action_not_allowed"),
    }


async def test_the_list_is_for_the_host_and_names_what_it_does_not_know(
    refusing: Service, host: httpx.AsyncClient
) -> None:
    async with await refusing.user("ada") as user:
        assert (await user.get("/v1/ops/refusals")).status_code == 403
    async with refusing.visitor(SOMEBODY) as visitor:
        assert (await visitor.get("/v1/ops/refusals")).status_code == 401
    for wrong in (
        {"since": "yesterday"},
        {"status": "500"},
        {"kind": "nobody"},
        {"cursor": "none"},
        {"limit": "51"},
        {"code": ""},
    ):
        answer = await host.get("/v1/ops/refusals", params=wrong)
        assert_problem(answer, 400, "validation_failed")
    page = (await host.get("/v1/ops/refusals", params={"since": "2100-01-01T00:00:00Z"})).json()
    assert (page["items"], page["nextCursor"]) == ([], None)


async def test_a_flood_is_one_row_and_names_no_address(refusing: Service) -> None:
    address = "198.51.100.23"
    async with refusing.visitor(address) as visitor:
        for _ in range(40):
            answer = await visitor.post("/v1/webhooks/flooding", json={})
            assert_problem(answer, 404, "unknown_platform")
    wanted = {"subject": "flooding"}
    await traced(refusing, answer.headers["x-request-id"], **wanted)
    items = await trace(refusing, **wanted)
    assert len(items) <= 2  # a minute may have ended
    assert sum(one["count"] for one in items) == 40
    stored = await rows_of(refusing.database_url, "SELECT * FROM refusals")
    assert address not in repr(stored)
    assert SOMEBODY not in repr(stored)


async def test_those_who_are_too_fast_are_only_counted(
    sqlite_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    limited = Service(
        sqlite_url,
        log=tmp_path_factory.mktemp("limited") / "log",
        GROUNDSWELL_RATE_LIMITS="vote=1/minute",
    )
    limited.start()
    try:
        media = await limited.register()
        for number in range(3):
            async with limited.visitor(f"198.51.100.{number}") as visitor:
                for status in (200, 429, 429):
                    answer = await visitor.put(f"/v1/media/{media}/vote", json={"voteType": "up"})
                    assert answer.status_code == status
        await traced(limited, answer.headers["x-request-id"], status=429)
        items = await trace(limited, code="rate_limited")
        assert sum(one["count"] for one in items) == 6
        assert {(one["caller"], one["callerId"]) for one in items} == {("many", None)}
        assert {one["route"] for one in items} == {"/v1/media/{media_file_id}/vote"}
    finally:
        limited.kill()


async def test_a_trace_survives_a_killed_process(
    sqlite_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    killed = Service(sqlite_url, log=tmp_path_factory.mktemp("killed") / "log")
    killed.start()
    try:
        async with killed.host() as host:
            answer = await host.post("/v1/rewards/none/pay")
        await traced(killed, answer.headers["x-request-id"], code="reward_not_found")
        killed.kill()
        killed.start()
        (one,) = await trace(killed)
        assert one["subjectId"] == "none"
    finally:
        killed.kill()


async def test_what_is_refused_last_is_written_before_a_process_stops(
    sqlite_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stopped = Service(sqlite_url, log=tmp_path_factory.mktemp("stopped") / "log")
    stopped.start()
    try:
        async with stopped.host() as host:
            for number in range(3):
                await host.post(f"/v1/rewards/none-{number}/pay")
        stopped.stop()
        rows = await rows_of(sqlite_url, "SELECT subject_id FROM refusals ORDER BY subject_id")
        assert rows == [("none-0",), ("none-1",), ("none-2",)]
    finally:
        stopped.kill()


async def test_operators_read_what_any_process_refused(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for one, other in two_processes(postgres_server, tmp_path_factory.mktemp("both")):
        answers = [await _refuse(service) for service in (one, other)]
        for reader, answer in product((one, other), answers):
            await traced(reader, answer.headers["x-request-id"], code="reward_not_found")
        assert [item["count"] for item in await trace(one)] == [1, 1]
        assert await trace(one) == await trace(other)


async def _refuse(service: Service) -> httpx.Response:
    async with service.host() as host:
        return await host.post("/v1/rewards/none/pay")


async def test_a_user_takes_the_trace_along_and_is_forgotten_in_it(refusing: Service) -> None:
    ada = name("ada")
    async with await refusing.user(ada) as user:
        answer = await user.get("/v1/rewards")
        await traced(refusing, answer.headers["x-request-id"], user=ada)
        archive = (await user.post("/v1/me/export")).json()
        (one,) = archive["data"]["refusals"]["refusals"]
        assert (one["code"], one["route"]) == ("forbidden", "/v1/rewards")
        erased = await user.post("/v1/me/erase", json={"confirm": "erase"})
        assert erased.status_code == 200, erased.text
    assert await trace(refusing, user=ada) == []
    assert ada not in repr(await rows_of(refusing.database_url, "SELECT * FROM refusals"))
