"""The pages in a real browser, on the real service: live with scripts, whole without them."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser, expect

from tests.browser.visits import HOST_KEY, live, play, register, visitor
from tests.services.server import Server, StartServer

HOSTILE = "<img src=x onerror=alert(1)>&amp;<b>bold</b>"
ENDLESS = "Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstelle" * 3


@pytest.fixture
def groundswell(server: StartServer, sqlite_url: str) -> Server:
    return server(sqlite_url, GROUNDSWELL_API_KEY=HOST_KEY)


async def test_a_vote_in_one_window_moves_the_counter_in_another(
    groundswell: Server, chromium: Browser
) -> None:
    file = await register(groundswell, "Tush", "ZZ Top")
    one, other = await visitor(chromium), await visitor(chromium)
    for window in (one, other):
        await window.page.goto(f"{groundswell.url}/media/{file}")
        await live(window.page)
    await one.page.click(".vote.up")
    await expect(other.page.locator(".vote.up b")).to_have_text("1")
    await expect(one.page.locator(".vote.up")).to_have_attribute("aria-pressed", "true")
    await expect(one.page.locator("[data-vote-status]")).to_have_text("Your vote is counted.")
    await one.page.click(".vote.up")
    await expect(other.page.locator(".vote.up b")).to_have_text("0")
    assert one.complaints == other.complaints == []


async def test_voting_and_commenting_work_without_scripts(
    groundswell: Server, chromium: Browser
) -> None:
    file = await register(groundswell, "Tush")
    page = (await visitor(chromium, java_script_enabled=False)).page
    await page.goto(f"{groundswell.url}/media/{file}")
    await page.click(".vote.down")
    await expect(page.locator(".vote.down b")).to_have_text("1")
    await expect(page.locator(".vote.down")).to_have_attribute("aria-pressed", "true")
    await page.fill("#body", f"Loud. {HOSTILE}")
    await page.click("text=Publish comment")
    await expect(page.locator(".words")).to_have_text(f"Loud. {HOSTILE}")
    await page.reload()
    await expect(page.locator(".words")).to_have_count(1)


async def test_what_happens_appears_on_top_while_one_watches(
    groundswell: Server, chromium: Browser
) -> None:
    file = await register(groundswell, HOSTILE)
    guest = await visitor(chromium)
    await guest.page.goto(groundswell.url)
    await live(guest.page)
    await play(groundswell, file)
    newest = guest.page.locator("[data-activity-list] li").first
    await expect(newest).to_contain_text(f"Played {HOSTILE}")
    assert guest.complaints == []


async def test_a_paused_panel_stands_still_and_counts(
    groundswell: Server, chromium: Browser
) -> None:
    file = await register(groundswell, "Tush")
    page = (await visitor(chromium)).page
    await page.goto(groundswell.url)
    await live(page)
    items = page.locator("[data-activity-list] li")
    await expect(items).to_have_count(1)
    await page.click("[data-pause]")
    await play(groundswell, file)
    await expect(page.locator("[data-pause]")).to_have_text("Resume, 1 new")
    await expect(items).to_have_count(1)
    await page.click("[data-pause]")
    await expect(items).to_have_count(2)


async def test_a_lost_connection_is_said_and_what_was_missed_arrives(
    groundswell: Server, chromium: Browser
) -> None:
    file = await register(groundswell, "Tush")
    page = (await visitor(chromium)).page
    await page.goto(groundswell.url)
    await live(page)
    await asyncio.to_thread(groundswell.kill)
    await expect(page.locator("[data-connection-text]")).to_have_text("Reconnecting…")
    await asyncio.to_thread(groundswell.start)
    await play(groundswell, file)
    await expect(page.locator("[data-activity-list] li").first).to_contain_text(
        "Played Tush", timeout=30_000
    )
    await live(page)


@pytest.mark.parametrize("scripts", [True, False])
async def test_the_theme_is_switched_and_kept(
    groundswell: Server, chromium: Browser, scripts: bool
) -> None:
    page = (await visitor(chromium, java_script_enabled=scripts, color_scheme="light")).page
    await page.goto(groundswell.url)
    async with page.expect_response("**/theme") as answered:
        await page.click("[value=dark]")
    assert (await answered.value).status == 303
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.goto(groundswell.url)
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("width", [320, 375, 768, 1280])
async def test_no_page_is_wider_than_its_window(
    groundswell: Server, chromium: Browser, width: int
) -> None:
    file = await register(groundswell, ENDLESS, ENDLESS)
    await play(groundswell, file)
    page = (await visitor(chromium, viewport={"width": width, "height": 800})).page
    for path in ("/", f"/media/{file}", "/media/999"):
        await page.goto(f"{groundswell.url}{path}")
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def test_the_keyboard_reaches_the_content_first(
    groundswell: Server, chromium: Browser
) -> None:
    page = (await visitor(chromium)).page
    await page.goto(groundswell.url)
    await page.keyboard.press("Tab")
    await expect(page.locator(".skip")).to_be_focused()
    await expect(page.locator(".skip")).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()


async def test_a_file_s_page_names_what_is_liked_too(
    groundswell: Server, chromium: Browser
) -> None:
    one = await register(groundswell, "Tush", "ZZ Top")
    other = await register(groundswell, HOSTILE, "La Grange")
    page = (await visitor(chromium, java_script_enabled=False)).page
    await page.goto(f"{groundswell.url}/media/{one}")
    await expect(page.locator(".liked-too")).to_have_count(0)
    for fan in ("ann", "bob", "eve"):
        host = {"authorization": f"Bearer {HOST_KEY}", "groundswell-user": fan}
        async with groundswell.client(headers=host) as client:
            for file in (one, other):
                answer = await client.put(f"/v1/media/{file}/vote", json={"voteType": "up"})
                assert answer.status_code == 200, answer.text
    async with asyncio.timeout(5):
        while await page.locator(".liked-too").count() == 0:
            await asyncio.sleep(0.2)
            await page.reload()
    await expect(page.locator(".liked-too li")).to_have_count(1)
    await expect(page.locator(".liked-too a")).to_have_text(HOSTILE)
    await page.click(".liked-too li")
    await expect(page).to_have_url(f"{groundswell.url}/media/{other}")
