"""Whatever is sent: a precise 4xx, nothing stored, nothing in the log that identifies."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import pytest

from tests.end_to_end.service import NewAddress, Service
from tests.end_to_end.shapes import assert_problem, told
from tests.end_to_end.stored import row_counts

MARK = "Xyzzy-plugh"
"""Stands in every bad body, so that it can be looked for in the log."""

JSON = "application/json"


FOLLOWING = {
    *("consumer_positions", "projection_snapshots", "projection_snapshot_parts"),
    *("person_files", "file_tastes", "file_pairs", "refusals"),
}
"""Tables that are filled behind the log, by what was asked for before, and that of refusals."""


async def stored(service: Service) -> dict[str, int]:
    """How many rows each table has that requests fill themselves."""
    rows = await row_counts(service.database_url)
    assert rows.keys() >= FOLLOWING
    return {name: count for name, count in rows.items() if name not in FOLLOWING}


async def counters(service: Service, media: int) -> dict[str, Any]:
    """The file but for its hotness, which is computed from time to time by itself."""
    file = await service.media(media)
    return {name: value for name, value in file.items() if name != "lastHotnessUpdate"}


@pytest.fixture
async def untouched(service: Service, new_address: NewAddress) -> AsyncIterator[tuple[int, str]]:
    """A file and an address; afterwards nothing was stored, and the log knows neither."""
    media, address = await service.register(durationSeconds=100), new_address()
    before, rows = await counters(service, media), await stored(service)
    length = len(service.logs())
    yield media, address
    assert await counters(service, media) == before
    assert await stored(service) == rows
    logged = service.logs()[length:]
    assert address not in logged
    assert MARK not in logged
    assert '"level":"error"' not in logged


VOTES: list[Any] = [
    {},
    {"voteType": "sideways"},
    {"voteType": "UP"},
    {"voteType": " up"},
    {"voteType": ""},
    {"voteType": None},
    {"voteType": 1},
    {"voteType": True},
    {"voteType": ["up"]},
    {"voteType": {"up": 1}},
    {"voteType": MARK},
    {"vote_type": "up"},
    {"voteType": "up", "mediaFileId": 1},
    {"voteType": "up", MARK: MARK},
    [],
    ["up"],
    "up",
    None,
    7,
]


async def test_a_vote_is_up_or_down_and_nothing_else(
    service: Service, untouched: tuple[int, str]
) -> None:
    media, address = untouched
    async with service.visitor(address) as visitor:
        for body in VOTES:
            answer = await visitor.put(
                f"/v1/media/{media}/vote",
                content=json.dumps(body),
                headers={"content-type": JSON},
            )
            assert_problem(answer, 400, "validation_failed")
            assert answer.json()["errors"], body


async def test_a_wrong_vote_type_is_named(service: Service, untouched: tuple[int, str]) -> None:
    media, address = untouched
    async with service.visitor(address) as visitor:
        answer = await visitor.put(f"/v1/media/{media}/vote", json={"voteType": MARK})
    (error,) = answer.json()["errors"]
    assert error["field"] == "voteType"
    assert error["message"].startswith("Invalid vote type")
    assert MARK not in answer.text


DURATIONS = ["-1", "-0.5", "86401", "1e9", "1e400", "NaN", "-Infinity", "Infinity", '"30"', "true"]


async def test_a_play_lasts_from_nothing_to_a_day(
    service: Service, untouched: tuple[int, str]
) -> None:
    media, address = untouched
    async with service.visitor(address) as visitor:
        for duration in DURATIONS:
            answer = await visitor.post(
                f"/v1/media/{media}/plays",
                content=f'{{"playDuration":{duration}}}',
                headers={"content-type": JSON},
            )
            assert answer.status_code == 400, duration
            assert answer.json()["code"] in {"validation_failed", "malformed_body"}


TIMES = [
    "yesterday",
    "2026-03-15",
    "2026-03-15T10:00:00",
    "0001-01-01T00:00:00Z",
    1_700_000_000,
    "",
]


async def test_a_time_has_a_zone_and_is_recent(
    service: Service, untouched: tuple[int, str]
) -> None:
    media, address = untouched
    async with service.visitor(address) as visitor:
        for kind, at in product(("plays", "downloads", "views"), TIMES):
            answer = await visitor.post(f"/v1/media/{media}/{kind}", json={"occurredAt": at})
            assert_problem(answer, 400, "validation_failed")


async def test_a_comment_says_something_and_not_too_much(
    service: Service, untouched: tuple[int, str]
) -> None:
    media, address = untouched
    bodies = ("", " \n\t ", "x" * 2001, 7, None, ["Hello"])
    async with service.visitor(address) as visitor:
        for sent in ({}, {"text": MARK}, *({"body": body} for body in bodies)):
            answer = await visitor.post(f"/v1/media/{media}/comments", json=sent)
            assert_problem(answer, 400, "validation_failed")


FILES: list[Any] = [
    {},
    {"title": ""},
    {"title": "   "},
    {"title": "x" * 256},
    {"title": None},
    {"title": 7},
    {"title": "A", "durationSeconds": 0},
    {"title": "A", "durationSeconds": -5},
    {"title": "A", "durationSeconds": 1.5},
    {"title": "A", "durationSeconds": 604_801},
    {"title": "A", "ownerId": "a.b"},
    {"title": "A", "url": "javascript:alert(1)"},
    {"title": "A", "url": 'https://example.com/"onclick="x'},
    {"title": "A", "publishedAt": "soon"},
    {"title": "A", "publishedAt": "9999-01-01T00:00:00Z"},
    {"title": "A", "mediaFileId": 0},
    {"title": "A", "mediaFileId": 2**53},
    {"title": "A", "mediaFileId": 2**63},
    {"title": "A", "mediaFileId": 1.5},
    {"title": "A", "source": "catalogue"},
    {"title": "A", "externalId": "7"},
    {"title": "A", "playCount": 1_000_000},
    {"title": "A", "draft": "yes"},
]


@pytest.mark.usefixtures("untouched")
async def test_an_impossible_file_is_refused(service: Service) -> None:
    async with service.host() as host:
        for body in FILES:
            assert_problem(await host.post("/v1/media", json=body), 400, "validation_failed")


CHANGES: list[Any] = [
    {"title": None},
    {"title": ""},
    {"state": "deleted"},
    {"state": None},
    {"upvotes": 9},
    {"mediaFileId": 9},
]


async def test_an_impossible_change_is_refused(
    service: Service, untouched: tuple[int, str]
) -> None:
    media, _ = untouched
    async with service.host() as host:
        for change in CHANGES:
            answer = await host.patch(f"/v1/media/{media}", json=change)
            assert_problem(answer, 400, "validation_failed")


BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "cut off": b'{"voteType":"up"',
    "two values": b'{"voteType":"up"}{"voteType":"down"}',
    "single quotes": b"{'voteType':'up'}",
    "trailing comma": b'{"voteType":"up",}',
    "invalid UTF-8": b'{"voteType":"\xff\xfe"}',
    "UTF-16": '{"voteType":"up"}'.encode("utf-16"),
    "raw NUL": b'{"voteType":"u\x00p"}',
    "escaped NUL": b'{"voteType":"up","\\u0000":1}',
    "lone surrogate": b'{"voteType":"\\ud800"}',
    "deep arrays": b"[" * 30_000 + b"]" * 30_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "a marked word": f"voteType={MARK}".encode(),
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
async def test_a_body_that_cannot_be_read_is_refused(
    service: Service, untouched: tuple[int, str], sent: bytes
) -> None:
    media, address = untouched
    async with service.visitor(address) as visitor, service.host() as host:
        for answer in (
            await visitor.put(
                f"/v1/media/{media}/vote", content=sent, headers={"content-type": JSON}
            ),
            await visitor.post(
                f"/v1/media/{media}/comments", content=sent, headers={"content-type": JSON}
            ),
            await host.post("/v1/media", content=sent, headers={"content-type": JSON}),
        ):
            assert answer.status_code == 400
            assert answer.json()["code"] in {"malformed_body", "validation_failed"}


async def test_the_character_nul_is_refused_everywhere(
    service: Service, untouched: tuple[int, str]
) -> None:
    media, address = untouched
    async with service.visitor(address) as visitor, service.host() as host:
        for caller, path, name in (
            (visitor, f"/v1/media/{media}/comments", "body"),
            (host, "/v1/media", "title"),
            (host, "/v1/tokens", "userId"),
        ):
            answer = await caller.post(
                path, content=rf'{{"{name}":"a\u0000b"}}', headers={"content-type": JSON}
            )
            assert_problem(answer, 400, "validation_failed")
        for thing in ("programs", "leaderboards", "shares", "referrals", "rewards"):
            assert_problem(await host.get(f"/v1/{thing}/a%00"), 400, "validation_failed")
        assert_problem(await host.get("/v1/rewards?userId=a%00"), 400, "validation_failed")


TYPES = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json", ""]


async def test_a_body_that_is_not_declared_as_json_is_refused(
    service: Service, untouched: tuple[int, str]
) -> None:
    media, address = untouched
    sent = (
        ("PUT", "vote", b'{"voteType":"up"}'),
        ("POST", "comments", b'{"body":"Hello"}'),
        ("POST", "plays", b'{"playDuration":30}'),
    )
    async with service.visitor(address) as visitor:
        for content_type, (method, rest, body) in product(TYPES, sent):
            answer = await visitor.request(
                method,
                f"/v1/media/{media}/{rest}",
                content=body,
                headers={"content-type": content_type},
            )
            assert_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("announced", [True, False], ids=["Content-Length", "chunked"])
async def test_ten_megabytes_are_refused(
    service: Service, untouched: tuple[int, str], announced: bool
) -> None:
    media, address = untouched
    whole = b'{"body":"' + MARK.encode() + b"x" * 10_000_000 + b'"}'

    async def in_chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(whole), 65_536):
            yield whole[start : start + 65_536]

    async with service.visitor(address) as visitor, service.host() as host:
        for caller, path in (
            (visitor, f"/v1/media/{media}/comments"),
            (visitor, f"/v1/media/{media}/plays"),
            (visitor, "/trpc/engagement.recordPlay"),
            (host, "/v1/media"),
        ):
            answer = await caller.post(
                path,
                content=whole if announced else in_chunks(),
                headers={"content-type": JSON},
            )
            assert answer.status_code == 413
            if not path.startswith("/trpc"):
                assert_problem(answer, 413, "too_large")


IDS = [
    "0",
    "-1",
    "01",
    "1.5",
    "abc",
    "9" * 19,
    "9" * 400,
    "1e3",
    "%00",
    "%F0%9F%8E%B5",
    "..",
    "1;2",
]


async def test_an_impossible_id_is_a_400_or_unknown(
    service: Service, untouched: tuple[int, str]
) -> None:
    async with service.visitor(untouched[1]) as visitor:
        for path in (f"/v1/media/{impossible}" for impossible in IDS):
            for answer in (
                await visitor.put(f"{path}/vote", json={"voteType": "up"}),
                await visitor.post(f"{path}/plays"),
                await visitor.get(path),
                await visitor.get(f"{path}/stats"),
            ):
                assert answer.status_code in {400, 404, 405}, told(answer)
                assert answer.headers["content-type"] == "application/problem+json"


async def test_the_largest_id_is_merely_unknown(
    service: Service, untouched: tuple[int, str]
) -> None:
    _, address = untouched
    async with service.visitor(address) as visitor:
        answer = await visitor.put(f"/v1/media/{2**63 - 1}/vote", json={"voteType": "up"})
    assert_problem(answer, 404, "media_not_found", "Media file not found")


HOSTILE = [
    "'; DROP TABLE media; --",
    '<script>alert("x")</script><img src=x onerror=alert(1)>',
    "{{ 7*7 }} ${7*7} %s %(a)s",
    "\N{RIGHT-TO-LEFT OVERRIDE}\N{MUSICAL SYMBOL G CLEF} \\ \" ' \u2028 Ω≈ç",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_sql_and_html_are_text_stored_as_they_are_and_shown_as_text(
    service: Service, new_address: NewAddress, text: str
) -> None:
    media = await service.register(text, artist=text)
    async with service.visitor(new_address()) as visitor:
        posted = await visitor.post(f"/v1/media/{media}/comments", json={"body": text})
        assert posted.json()["comment"]["body"] == text
        (comment,) = (await visitor.get(f"/v1/media/{media}/comments")).json()["items"]
        feed = (await visitor.get("/v1/activity")).json()["items"]
        pages = [(await visitor.get(path)).text for path in (f"/media/{media}", "/")]
    assert comment["body"] == text
    assert text in {item["mediaTitle"] for item in feed}
    file = await service.media(media)
    assert (file["title"], file["artist"]) == (text, text)
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    async with service.host() as host:
        await host.delete(f"/v1/media/{media}")


async def test_parameters_are_not_taken_for_sql(
    service: Service, untouched: tuple[int, str]
) -> None:
    _, address = untouched
    async with service.visitor(address) as visitor:
        for path, name in (
            ("/v1/activity", "cursor"),
            ("/v1/trending", "period"),
            ("/v1/media", "limit"),
            ("/v1/stream", "topics"),
        ):
            answer = await visitor.get(path, params={name: f"1' OR '1'='1 {MARK}"})
            assert_problem(answer, 400, "validation_failed")


RAW: dict[str, bytes] = {
    "no HTTP": MARK.encode() + b"\r\n\r\n",
    "a negative length": b"PUT /v1/media/1/vote HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "two lengths": b"POST /v1/media/1/plays HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
    b"Content-Length: 3\r\n\r\n{}",
    "a broken chunk": b"POST /v1/media/1/plays HTTP/1.1\r\nHost: a\r\n"
    b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
}


@pytest.mark.parametrize("sent", RAW.values(), ids=RAW)
async def test_bytes_that_are_no_request_are_refused(
    service: Service, untouched: tuple[int, str], sent: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=5) as connection:
        connection.sendall(sent)
        assert connection.recv(64).startswith(b"HTTP/1.1 4")
    async with service.visitor(untouched[1]) as visitor:
        assert (await visitor.get("/healthz")).status_code == 200


async def test_a_body_that_breaks_off_stores_nothing(
    service: Service, untouched: tuple[int, str]
) -> None:
    media, address = untouched
    head = (
        f"PUT /v1/media/{media}/vote HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {address}\r\n"
        f"Content-Type: {JSON}\r\nContent-Length: 17\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", service.port), timeout=5) as connection:
        connection.sendall(head.encode() + b'{"voteType":"up"')
    async with service.visitor(address) as visitor:
        assert (await visitor.get(f"/v1/media/{media}/vote")).json()["voteType"] is None


def test_after_all_this_every_figure_is_what_it_should_be(service: Service) -> None:
    service.audit()
