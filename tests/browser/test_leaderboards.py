"""The page of a leaderboard in a real browser: live with scripts, whole without them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, expect

from tests.browser.visits import HOST_KEY, live, visitor
from tests.services.server import Server, StartServer

BOARD = "makers"


@pytest.fixture
def groundswell(server: StartServer, sqlite_url: str) -> Server:
    return server(sqlite_url, GROUNDSWELL_API_KEY=HOST_KEY)


async def said(server: Server, path: str, **body: Any) -> None:
    async with server.client() as client:
        headers = {"authorization": f"Bearer {HOST_KEY}"}
        answer = await client.post(path, json=body, headers=headers)
        assert answer.status_code == 201, answer.text


async def score(server: Server, user: str, points: int) -> None:
    path = f"/v1/leaderboards/{BOARD}/scores"
    await said(server, path, eventId=uuid4().hex, userId=user, points=points)


async def test_rows_move_while_one_watches(groundswell: Server, chromium: Browser) -> None:
    await said(groundswell, "/v1/leaderboards", boardId=BOARD, name="Makers", metric="custom")
    await score(groundswell, "ann", 5)
    guest = await visitor(chromium)
    await guest.page.goto(f"{groundswell.url}/leaderboards/{BOARD}")
    await live(guest.page)
    rows = guest.page.locator(".entries .row")
    await expect(rows).to_have_count(1)

    await score(groundswell, "bob", 7)

    await expect(rows.nth(0)).to_contain_text("bob")
    await expect(rows.nth(1)).to_contain_text("ann")
    await expect(rows.nth(1).locator("[data-field=position]")).to_have_text("2")
    await expect(rows.nth(1).locator("[data-field=move]")).to_have_text("▼ 1")
    await expect(guest.page.locator("[data-members]")).to_have_text("2")
    await score(groundswell, "ann", 2)
    await expect(rows.locator("[data-field=position]")).to_have_text(["1", "1"])
    assert guest.complaints == []


async def test_it_is_whole_without_scripts(groundswell: Server, chromium: Browser) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    await said(groundswell, "/v1/leaderboards", boardId=BOARD, name=hostile, metric="custom")
    for number in range(23):
        await score(groundswell, f"user-{number:02}", 100 - number)
    page = (await visitor(chromium, java_script_enabled=False)).page
    await page.goto(f"{groundswell.url}/leaderboards/{BOARD}")
    await expect(page.locator("h1")).to_have_text(hostile)
    await expect(page.locator(".entries .row")).to_have_count(20)

    await page.click("text=Further down")

    await expect(page.locator(".entries .row")).to_have_count(3)
    await expect(page.locator(".entries [data-field=position]").nth(0)).to_have_text("21")


async def test_a_board_that_is_not_there_is_a_page_too(
    groundswell: Server, chromium: Browser
) -> None:
    page = (await visitor(chromium)).page
    answer = await page.goto(f"{groundswell.url}/leaderboards/none")
    assert answer is not None
    assert answer.status == 404
    await expect(page.locator("main")).to_contain_text("Leaderboard not found")
