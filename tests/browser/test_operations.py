"""The operators' page in a real browser: behind the key, live with scripts, whole without them."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.visits import HOST_KEY, play, register, visitor
from tests.end_to_end.speaking import Speaker, connect
from tests.services.server import Server, StartServer


@pytest.fixture
def groundswell(server: StartServer, sqlite_url: str) -> Server:
    return server(sqlite_url, GROUNDSWELL_API_KEY=HOST_KEY)


async def sign_in(page: Page, server: Server, key: str = HOST_KEY) -> None:
    await page.goto(f"{server.url}/ops")
    await page.fill("#key", key)
    await page.click("form[action='/ops/sign-in'] button")


async def test_the_page_opens_to_the_key_and_closes_on_signing_out(
    groundswell: Server, chromium: Browser
) -> None:
    page = (await visitor(chromium)).page
    await sign_in(page, groundswell, "gsk_" + "x" * 43)
    await expect(page.get_by_role("alert")).to_have_text("This is not an API key of this service.")
    await expect(page.locator("#key")).to_have_value("")
    await sign_in(page, groundswell)
    await expect(page.locator("#state")).to_contain_text("All parts work")
    await page.click("text=Sign out")
    await expect(page.locator("#key")).to_be_visible()
    await page.goto(f"{groundswell.url}/ops")
    await expect(page.locator("#state")).to_have_count(0)


async def test_what_happens_is_seen_without_loading_the_page_again(
    groundswell: Server, chromium: Browser
) -> None:
    file = await register(groundswell, "Tush")
    guest = await visitor(chromium)
    page = guest.page
    await sign_in(page, groundswell)
    await expect(page.locator("[data-connection]")).to_have_attribute("data-state", "live")
    await page.evaluate("document.body.dataset.same = 'page'")
    websockets = page.locator("#doors tr", has_text="WebSocket").locator("td").first
    await expect(websockets).to_have_text("0")
    guest.complaints.clear()
    async with connect(groundswell) as socket:
        speaker = Speaker(socket)
        await speaker.say(type="SUBSCRIBE", topics=["activity", f"media.{file}"], clientId="one")
        await speaker.until(type="SUBSCRIBED")
        await play(groundswell, file)
        await expect(websockets).to_have_text("1", timeout=15_000)
        await expect(page.locator("#subscriptions")).to_contain_text("media.{id}")
        await expect(page.locator("#latency .line.p95")).to_have_count(1, timeout=15_000)
        await expect(page.locator("#resumes")).to_contain_text("nothing to resume")
    await expect(websockets).to_have_text("0", timeout=15_000)
    await expect(page.locator("#closes")).to_contain_text("WebSocket 1000")
    assert await page.evaluate("document.body.dataset.same") == "page"
    assert guest.complaints == []


async def test_it_says_when_it_hears_nothing_any_more(
    groundswell: Server, chromium: Browser
) -> None:
    page = (await visitor(chromium)).page
    await sign_in(page, groundswell)
    state = page.locator("[data-connection]")
    await expect(state).to_have_attribute("data-state", "live")
    await asyncio.to_thread(groundswell.stop)
    await expect(state).to_have_attribute("data-state", "reconnecting", timeout=15_000)
    await asyncio.to_thread(groundswell.start)
    await expect(state).to_have_attribute("data-state", "live", timeout=20_000)


async def test_everything_is_there_without_scripts(groundswell: Server, chromium: Browser) -> None:
    page = (await visitor(chromium, java_script_enabled=False)).page
    await sign_in(page, groundswell)
    for section in (
        "state",
        "alerts",
        "counters",
        "latency",
        "told",
        "doors",
        "subscriptions",
        "waiting",
        "parts",
        "drops",
        "resumes",
        "failures",
        "closes",
        "rules",
    ):
        await expect(page.locator(f"#{section}")).to_be_visible()
    refresh = page.locator("meta[http-equiv=refresh]")
    await expect(refresh).to_have_attribute("content", "10")
    await expect(page.locator("#rules tbody tr")).to_have_count(7)


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
async def test_it_is_no_wider_than_its_window(
    groundswell: Server, chromium: Browser, width: int
) -> None:
    page = (await visitor(chromium, viewport={"width": width, "height": 800})).page
    await page.goto(f"{groundswell.url}/ops")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await sign_in(page, groundswell)
    await expect(page.locator("#rules")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
