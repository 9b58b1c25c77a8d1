"""The demonstration as a newcomer meets it: its addresses, and pages with something to show."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.services.ports import free_port
from tests.services.process import ChildProcess


@pytest.fixture
def demo(tmp_path: Path, sqlite_url: str) -> Iterator[tuple[ChildProcess, str]]:
    port = free_port()
    program = str(Path(sys.executable).with_name("groundswell"))
    process = ChildProcess(
        [program, "demo", "--port", str(port), "--speed", "0.1"],
        log=tmp_path / "log",
        environment={
            name: value for name, value in os.environ.items() if name[:11] != "GROUNDSWELL"
        }
        | {
            "GROUNDSWELL_DATABASE_URL": sqlite_url,
            "GROUNDSWELL_SECRET": "test-secret-0123456789abcdef0123456789abcdef",
        },
    )
    process.start()
    try:
        process.wait_until(lambda: "The songs are there" in process.logs(), seconds=90)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.end(9)


def test_the_printed_link_leads_to_a_page_that_is_alive(demo: tuple[ChildProcess, str]) -> None:
    process, url = demo
    printed = process.logs()
    link = re.search(rf"{re.escape(url)}/me/sign-in#(\S+)", printed)
    assert link is not None, printed
    assert f"{url}/leaderboards/demo-referrers" in printed
    with httpx.Client(base_url=url, trust_env=False, timeout=20) as client:
        form = client.get("/me/sign-in").text
        form_token = re.search(r'name="form_token" value="(\w+)"', form)
        assert form_token is not None
        page = client.post(
            "/me/sign-in",
            data={"form_token": form_token[1], "token": link[1]},
            follow_redirects=True,
        ).text
        assert "<h1>demo</h1>" in page
        # Links name the port at which the demonstration runs.
        assert re.search(rf"{re.escape(url)}/r/\w+", page)
        assert "Bring a listener" in page
        assert "demo-friend-1" in page
        assert "5.00 EUR" in page
        board = client.get("/v1/leaderboards/demo-referrers").json()
    first = [(one["userId"], one["position"], one["score"]) for one in board["entries"][:3]]
    assert first == [("june", 1, 5), ("mina", 2, 4), ("demo", 3, 3)]
