"""Two windows on one service, on either database: what one does, the other sees at once."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.visits import HOST_KEY, live, play, register, visitor
from tests.services.server import Server, StartServer

SOON = 2_000
"""Milliseconds from a click in one window until the other shows it."""


@pytest.fixture
def groundswell(server: StartServer, database_url: str) -> Server:
    return server(database_url, GROUNDSWELL_API_KEY=HOST_KEY)


async def _watch(page: Page, url: str) -> None:
    """Open a page and leave a mark that a reload would wipe away."""
    await page.goto(url)
    await live(page)
    await page.evaluate("window.neverReloaded = true")


@pytest.mark.alone
async def test_one_vote_is_seen_in_two_windows_within_two_seconds(
    groundswell: Server, chromium: Browser
) -> None:
    file = await register(groundswell, "Tush", "ZZ Top")
    one, other = (await visitor(chromium)).page, (await visitor(chromium)).page
    without_scripts = (await visitor(chromium, java_script_enabled=False)).page
    home = (await visitor(chromium)).page
    address = f"{groundswell.url}/media/{file}"
    for window in (one, other):
        await _watch(window, address)
    await _watch(home, groundswell.url)
    await without_scripts.goto(address)

    await one.click(".vote.up")
    await expect(other.locator(".vote.up b")).to_have_text("1", timeout=SOON)
    await expect(one.locator(".vote.up b")).to_have_text("1", timeout=SOON)

    # The four windows share an address, and so the vote: the form changes it.
    await without_scripts.click(".vote.down")
    await expect(without_scripts.locator(".vote.down b")).to_have_text("1")
    for window in (one, other):
        await expect(window.locator(".vote.down b")).to_have_text("1", timeout=SOON)
        await expect(window.locator(".vote.up b")).to_have_text("0", timeout=SOON)

    await play(groundswell, file)
    newest = home.locator("[data-activity-list] li").first
    await expect(newest).to_contain_text("Played Tush", timeout=SOON)
    for window in (one, other, home):
        assert await window.evaluate("window.neverReloaded")


async def test_a_killed_server_is_said_and_what_was_missed_is_caught_up(
    groundswell: Server, chromium: Browser
) -> None:
    file = await register(groundswell, "Tush")
    home, media = (await visitor(chromium)).page, (await visitor(chromium)).page
    await _watch(home, groundswell.url)
    await _watch(media, f"{groundswell.url}/media/{file}")
    await asyncio.to_thread(groundswell.kill)
    for page in (home, media):
        await expect(page.locator("[data-connection-text]")).to_have_text("Reconnecting…")
    await asyncio.to_thread(groundswell.start)
    await play(groundswell, file)
    for page in (home, media):
        await live(page)
    await expect(home.locator("[data-activity-list] li").first).to_contain_text("Played Tush")
    await expect(home.locator("[data-activity-list] li")).to_have_count(2)
    await media.click(".vote.up")
    await expect(media.locator(".vote.up b")).to_have_text("1", timeout=SOON)
    for page in (home, media):
        await expect(page.locator("[data-connection-text]")).not_to_have_text("Reconnecting…")
        assert await page.evaluate("window.neverReloaded")
