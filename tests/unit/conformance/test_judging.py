"""How the kit holds messages to their shapes, chooses checks and reports."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from xml.etree import ElementTree

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundswell.conformance.check import Check
from groundswell.conformance.checks import CHECKS
from groundswell.conformance.elsewhere import ELSEWHERE
from groundswell.conformance.examining import examine
from groundswell.conformance.json_patch import apply
from groundswell.conformance.kit import Kit, Shared
from groundswell.conformance.report import as_json, as_junit, line, summary
from groundswell.conformance.run import Unreachable, chosen, run, told
from groundswell.conformance.shapes import ERRORS
from groundswell.conformance.site import NO_KEYS
from groundswell.conformance.transcript import Transcript
from groundswell.conformance.verdicts import Failed, Verdict, expect, same, skip
from groundswell.realtime.codes import Code
from tests.services.ports import free_port

EVENT = {
    "type": "EVENT",
    "topic": "activity",
    "id": "msg-1",
    "timestamp": "2026-03-15T14:30:40.120Z",
    "data": {"eventType": "a.b"},
    "version": 1,
    "offset": 1,
    "seq": 7,
}
ERROR = {
    "type": "ERROR",
    "code": 1103,
    "name": "permission_denied",
    "message": "No.",
    "retryable": False,
}


@pytest.mark.parametrize(
    "message",
    [
        EVENT,
        {**EVENT, "fromTheFuture": 1},
        ERROR,
        {"type": "FROM_THE_FUTURE"},
        {"type": "PONG"},
        {"type": "BATCH", "reason": "live", "messages": [EVENT]},
        {"type": "SUBSCRIBED", "topics": {"x": {"ok": False, "error": ERROR}}},
    ],
)
def test_what_has_its_shape_passes(message: dict[str, Any]) -> None:
    assert examine(message) is message


@pytest.mark.parametrize(
    "message",
    [
        [],
        {},
        {"type": 7},
        {**EVENT, "data": {}},
        {**EVENT, "offset": 0},
        {**EVENT, "version": "1"},
        {**EVENT, "timestamp": "2026-03-15T14:30:40+02:00"},
        {k: v for k, v in EVENT.items() if k != "seq"},
        {**ERROR, "code": 1},
        {**ERROR, "name": "forbidden"},
        {**ERROR, "retryable": True},
        {**ERROR, "code": 1202, "name": "rate_limited", "retryable": True},
        {"type": "PONG", "ref": "x" * 65},
        {"type": "BATCH", "reason": "live", "messages": []},
        {"type": "BATCH", "reason": "live", "messages": [{**EVENT, "id": ""}]},
        {"type": "HISTORY_PAGE"},
        {"type": "SUBSCRIBED", "topics": {"x": {"ok": True}}},
        {"type": "SUBSCRIBED", "topics": {"x": {"ok": False}}},
        {"type": "SUBSCRIBED", "topics": {"x": {}}},
        {"type": "RESULT", "results": {"k": {"ok": False, "error": {**ERROR, "name": "x"}}}},
    ],
)
def test_what_has_not_fails(message: Any) -> None:
    with pytest.raises(Failed):
        examine(message)


def test_the_errors_are_those_of_the_protocol() -> None:
    """The kit has a table of its own: whoever changes one has to change the other."""
    assert {code.value: (code.wire_name, code.retryable) for code in Code} == ERRORS


JSON = st.recursive(
    st.integers() | st.text() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON, JSON)
def test_patches_lead_from_one_document_to_the_other(before: Any, after: Any) -> None:
    patch = jsonpatch.make_patch(before, after).patch
    copied = json.dumps(before)
    assert json.dumps(apply(before, patch)) == json.dumps(jsonpatch.apply_patch(before, patch))
    assert json.dumps(before) == copied


def test_checks_are_chosen_by_a_part_of_their_name_or_by_a_pattern() -> None:
    assert {one.clause for one in chosen(CHECKS, "7 e≠s")} == {"7 E≠S"}
    assert {one.clause for one in chosen(CHECKS, "p10 *")} == {"P10"}
    assert chosen(CHECKS, "no such check") == []
    assert chosen(CHECKS, None) == list(CHECKS)


VERDICTS = [
    Verdict("P1 fine", "passed", 0.25),
    Verdict("P2 wrong", "failed", 1.5, "it is <b>\x00", ["0.1 ws → a"]),
    Verdict("P3 away", "not applicable", reason="no key"),
    Verdict("P4 inside", "needs control of the server", reason="it has to stop"),
]


def test_verdicts_are_told_in_lines() -> None:
    lines = [line(one) for one in VERDICTS]
    assert lines[0] == "pass  P1 fine  (0.2 s)"
    assert lines[1] == "FAIL  P2 wrong\n      it is <b>\x00\n        0.1 ws → a"
    assert lines[2:] == ["n/a   P3 away: no key", "ctrl  P4 inside: it has to stop"]
    assert summary(VERDICTS) == (
        "1 passed, 1 failed, 1 not applicable, 1 needs control of the server"
    )


def test_verdicts_are_told_as_json_and_as_junit() -> None:
    report = json.loads(as_json("http://x", VERDICTS))
    assert report["counts"]["failed"] == 1
    assert [one["name"] for one in report["checks"]] == [one.name for one in VERDICTS]
    suite = ElementTree.fromstring(as_junit("http://x", VERDICTS))
    counts = {name: suite.get(name) for name in ("tests", "failures", "skipped")}
    assert counts == {"tests": "4", "failures": "1", "skipped": "2"}
    failure = suite[1].find("failure")
    assert failure is not None
    assert failure.get("message") == "it is <b>\ufffd"
    assert failure.text == "0.1 ws → a"


def test_no_secret_gets_into_a_transcript() -> None:
    transcript = Transcript()
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"
    transcript.note("ws", "→", f'{{"token":"{token}"}} gsk_abc-123 gsr_def')
    transcript.note("ws", "←", f'{{"accessToken":"{token[:20]}' + "A" * 700)
    shown = "\n".join(transcript.newest(9))
    assert "eyJ" not in shown
    assert "gsk_abc" not in shown
    assert "gsr_def" not in shown


def test_what_cannot_be_checked_from_outside_is_told_with_its_reason() -> None:
    assert [(one.name, one.reason) for one in told(ELSEWHERE)] == [
        (one.name, one.reason) for one in ELSEWHERE
    ]


async def _site() -> tuple[str, asyncio.Server]:
    """Something that answers every request alike."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", server


async def test_a_check_ends_in_one_of_four_ways() -> None:
    async def fine(kit: Kit) -> None:
        same(1, 1, "one")

    async def wrong(kit: Kit) -> None:
        await kit.http("GET", "/x")
        expect(False, "it holds", "nothing")

    async def away(kit: Kit) -> None:
        skip("it is away")

    async def late(kit: Kit) -> None:
        await asyncio.sleep(60)

    async def broken(kit: Kit) -> None:
        raise KeyError("offset")

    async def keyless(kit: Kit) -> None:
        await kit.user()

    bodies = (fine, wrong, away, late, broken, keyless)
    checks = [Check("P1", body.__name__, body, seconds=0.5) for body in bodies]
    url, server = await _site()
    async with server:
        found = {one.name[3:]: one async for one in run(url, NO_KEYS, checks)}
    assert {name: one.outcome for name, one in found.items()} == {
        "fine": "passed",
        "wrong": "failed",
        "away": "not applicable",
        "late": "failed",
        "broken": "failed",
        "keyless": "not applicable",
    }
    assert found["wrong"].reason == "it holds; it was 'nothing'"
    assert "http → GET /x" in found["wrong"].frames[0]
    assert found["late"].reason == "it should be over within 0.5 s"
    assert "KeyError" in found["broken"].reason


async def test_no_server_is_said_to_be_there_where_none_is() -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        async for _ in run(f"http://127.0.0.1:{free_port()}", NO_KEYS, []):
            pass


async def test_what_checks_share_is_made_once_and_fails_for_all() -> None:
    made = 0

    async def make() -> int:
        nonlocal made
        made += 1
        await asyncio.sleep(0)
        return made

    async def fail() -> int:
        raise Failed("no")

    shared = Shared()
    assert await asyncio.gather(*(shared.once("a", make) for _ in range(3))) == [1, 1, 1]
    results = await asyncio.gather(
        *(shared.once("b", fail) for _ in range(3)), return_exceptions=True
    )
    assert [type(one) for one in results] == [Failed] * 3
