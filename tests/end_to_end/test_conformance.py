"""The conformance kit: all of it passes against the real service, and it finds faults."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from groundswell.conformance.checks import CHECKS
from groundswell.conformance.elsewhere import ELSEWHERE
from groundswell.conformance.run import chosen, run
from groundswell.conformance.site import Keys
from groundswell.conformance.verdicts import Verdict
from tests.end_to_end import faulty
from tests.end_to_end.faulty import Fault, faulty_server
from tests.services.redis import RedisServer
from tests.services.server import Server, StartServer

JWT_SECRET = "jwt-secret-0123456789abcdef0123456789abcdef"
SHORT = {
    "GROUNDSWELL_JWT_SECRET": JWT_SECRET,
    "GROUNDSWELL_SOCKETIO_PING_INTERVAL_MS": "3000",
    "GROUNDSWELL_SOCKETIO_PING_TIMEOUT_MS": "2000",
    "GROUNDSWELL_HEARTBEAT_SECONDS": "2",
}
NOT_HERE = {
    "embedded": {"7 beyond the cap", "7.4", "5 1503"},
    "shared": {"7 beyond the cap", "7.4", "5 1503"},
}
"""Rules that cannot be checked on a server like this: it keeps no more than it replays, and offers
everything."""


def conformance(url: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """The command as a user has it."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("GROUNDSWELL_")}
    program = str(Path(sys.executable).with_name("groundswell"))
    return subprocess.run(
        [program, "conformance", url, *arguments],
        env=inherited | variables,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("profile", ["embedded", "shared"])
def test_the_service_keeps_the_protocol(
    profile: str, server: StartServer, request: pytest.FixtureRequest
) -> None:
    running = _profile(profile, server, request)
    keys = ["--api-key", running.api_key, "--jwt-secret", JWT_SECRET]
    done = conformance(running.url, *keys, "--format", "json")
    told: dict[str, Any] = json.loads(done.stdout)
    failed = [one for one in told["checks"] if one["outcome"] == "failed"]
    assert failed == [], json.dumps(failed, indent=1, ensure_ascii=False)
    assert done.returncode == 0, done.stderr
    assert len(told["checks"]) == len(CHECKS) + len(ELSEWHERE)
    assert told["counts"]["needs control of the server"] == len(ELSEWHERE)
    left_out = [one["name"] for one in told["checks"] if one["outcome"] == "not applicable"]
    unexpected = [
        name for name in left_out if not any(name.startswith(one) for one in NOT_HERE[profile])
    ]
    assert unexpected == []
    media = httpx.get(f"{running.url}/v1/media", trust_env=False).json()
    assert [one for one in media["items"] if one["title"].startswith("cf-")] == []


def _profile(name: str, server: StartServer, request: pytest.FixtureRequest) -> Server:
    if name == "embedded":
        return server(request.getfixturevalue("sqlite_url"), **SHORT)
    redis: RedisServer = request.getfixturevalue("redis_server")
    return server(
        request.getfixturevalue("fresh_database"), GROUNDSWELL_REDIS_URL=redis.url, **SHORT
    )


def test_a_visitor_checks_what_a_visitor_sees(server: StartServer, sqlite_url: str) -> None:
    running = server(sqlite_url, **SHORT)
    done = conformance(running.url, "--only", "2.*")
    assert done.returncode == 0, done.stdout
    assert "pass  2.6 without a token a client is nobody and hears public topics" in done.stdout
    assert "n/a   2.2 a token in HELLO names the user: needs an API key" in done.stdout
    assert "FAIL" not in done.stdout


def test_the_key_may_come_from_the_environment_and_the_report_be_junit(
    server: StartServer, sqlite_url: str
) -> None:
    running = server(sqlite_url)
    done = conformance(
        running.url,
        "--only",
        "2.2",
        "--format",
        "junit",
        GROUNDSWELL_API_KEY=running.api_key,
    )
    suite = ElementTree.fromstring(done.stdout)
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("1", "0", "0")
    assert [one.get("name") for one in suite] == ["2.2 a token in HELLO names the user"]


def test_checks_are_listed_and_an_address_without_a_server_is_an_error() -> None:
    listed = conformance("http://127.0.0.1:1", "--list")
    names = listed.stdout.splitlines()
    assert names == [one.name for one in (*CHECKS, *ELSEWHERE)]
    gone = conformance("http://127.0.0.1:1")
    assert gone.returncode == 1
    assert "does not answer" in gone.stderr
    assert conformance("http://127.0.0.1:1", "--only", "no such check").returncode == 2


FAULTS: dict[str, tuple[Callable[[], Fault], str]] = {
    "an event is dropped": (faulty.DropsOne, "P5 live events"),
    "an event is told twice": (faulty.TellsTwice, "P5 live events"),
    "events are told in another order": (faulty.Swaps, "P5 live events"),
    "offsets start at 0": (faulty.CountsFromZero, "P4 offsets"),
    "an event is encoded for each receiver": (faulty.OwnBytes, "P3"),
    "ids change": (faulty.NewIds, "P6 ids are unique"),
    "times are local": (faulty.LocalTimes, "P8"),
    "everybody gets batches": (faulty.Batches, "4 BATCH"),
    "a loss is not named": (partial(faulty.Without, "GAP"), "7 E≠S failed: GAP"),
    "nobody is told when it is live": (partial(faulty.Without, "CAUGHT_UP"), "4 CAUGHT_UP"),
    "acknowledgements do not count": (partial(faulty.Deaf, "ACK"), "8.4 an ACK by ids"),
    "UNSUBSCRIBE is ignored": (partial(faulty.Deaf, "UNSUBSCRIBE"), "3 UNSUBSCRIBE ends"),
    "unknown types end the connection": (faulty.Strict, "P1 an unknown type"),
    "an error has another name": (
        partial(faulty.Renames, '"permission_denied"', '"forbidden"'),
        "5 1103",
    ),
    "answers lack their ref": (partial(faulty.Renames, '"ref"', '"reference"'), "P7 every answer"),
    "everything resumed is complete": (
        partial(faulty.Renames, '"recovery":"failed"', '"recovery":"complete"'),
        "7 E≠S failed: GAP",
    ),
    "WELCOME lacks a field": (partial(faulty.Renames, '"limits"', '"bounds"'), "4 WELCOME"),
}


async def _judged(server: Server, fault: Callable[[], Fault], name: str) -> Verdict:
    """The verdict of the check with this name on the server, seen through the fault."""
    async with faulty_server(server.url, fault) as url:
        (verdict,) = [
            one async for one in run(url, Keys(server.api_key), chosen(CHECKS, f"{name}*"))
        ]
    return verdict


async def test_without_a_fault_the_checks_pass(server: StartServer, sqlite_url: str) -> None:
    running = await asyncio.to_thread(server, sqlite_url)
    names = sorted({name for _, name in FAULTS.values()})
    for verdict in await asyncio.gather(*(_judged(running, Fault, name) for name in names)):
        assert verdict.outcome == "passed", verdict


async def test_the_kit_finds_faults(server: StartServer, sqlite_url: str) -> None:
    """Each check fails on a server with its fault."""
    running = await asyncio.to_thread(server, sqlite_url)
    verdicts = await asyncio.gather(*(_judged(running, *fault) for fault in FAULTS.values()))
    for fault, verdict in zip(FAULTS, verdicts, strict=True):
        assert verdict.outcome == "failed", f"{fault}: {verdict}"
        assert verdict.reason
        assert any("←" in line for line in verdict.frames)
        assert running.api_key not in str(verdict)
        assert "eyJ" not in str(verdict.frames)
