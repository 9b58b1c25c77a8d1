"""What was refused, as operators read it in a real browser."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser, expect

from tests.browser.test_desk import sign_in
from tests.browser.visits import HOST_KEY, register, visitor
from tests.services.server import Server, StartServer

PATH = "/ops/audit?kind=requests"
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def groundswell(server: StartServer, sqlite_url: str) -> Server:
    return server(sqlite_url, GROUNDSWELL_API_KEY=HOST_KEY, GROUNDSWELL_RATE_LIMITS="off")


async def refuse(server: Server) -> None:
    """A visitor votes on what is not there, three times; the host pays what is not there; somebody
    sends webhooks of a platform with a strange name."""
    async with server.client() as stranger:
        for _ in range(3):
            answer = await stranger.put("/v1/media/4242/vote", json={"voteType": "up"})
            assert answer.status_code == 404
        assert (await stranger.post(f"/v1/webhooks/{HOSTILE}")).status_code == 404
    async with server.client(headers={"authorization": f"Bearer {HOST_KEY}"}) as host:
        assert (await host.post(f"/v1/rewards/reward-{'x' * 50}/pay")).status_code == 404


@pytest.mark.parametrize("scripts", [True, False])
async def test_operators_find_a_refusal_by_code_and_by_caller(
    groundswell: Server, chromium: Browser, scripts: bool
) -> None:
    await refuse(groundswell)
    watcher = await visitor(chromium, java_script_enabled=scripts)
    page = watcher.page
    await sign_in(page, groundswell, "/ops/audit")
    await page.get_by_role("link", name="Requests").click()
    rows = page.locator("#trail li")
    await expect(rows).to_have_count(3)
    votes = rows.filter(has_text="Media not found")
    await expect(votes).to_contain_text("404, 3 times")
    await expect(votes).to_contain_text("PUT /v1/media/{media_file_id}/vote")
    await expect(votes).to_contain_text("mediaFile 4242")
    await expect(votes).to_contain_text("visitor ")
    await expect(rows.filter(has_text="Unknown platform")).to_contain_text(HOSTILE)
    await page.locator("#codes").get_by_text("reward_not_found").click()
    await expect(rows).to_have_count(1)
    await expect(rows).to_contain_text("host settings")
    await page.get_by_text("show all").click()
    await expect(rows).to_have_count(3)
    callers = page.get_by_role("navigation", name="Caller")
    await callers.get_by_text("Visitor").click()
    await expect(rows).to_have_count(2)
    await callers.get_by_text("User").click()
    await expect(rows).to_have_text("Nothing of this kind was refused.")
    assert watcher.complaints == []


async def test_what_is_refused_appears_while_one_watches(
    groundswell: Server, chromium: Browser
) -> None:
    watcher = await visitor(chromium)
    await sign_in(watcher.page, groundswell, PATH)
    rows = watcher.page.locator("#trail li")
    await expect(rows).to_have_text("Nothing of this kind was refused.")
    await refuse(groundswell)
    await expect(rows).to_have_count(3, timeout=15_000)
    assert watcher.complaints == []


async def test_older_refusals_follow_on_pages_of_their_own(
    groundswell: Server, chromium: Browser
) -> None:
    await register(groundswell, "Tush")
    async with groundswell.client(headers={"authorization": f"Bearer {HOST_KEY}"}) as host:
        for number in range(60):
            acting = {"groundswell-user": f"user-{number}"}
            answer = await host.post("/v1/rewards/none/pay", headers=acting)
            assert answer.status_code == 403
    page = (await visitor(chromium)).page
    await sign_in(page, groundswell, PATH)
    rows = page.locator("#trail li")
    await expect(rows).to_have_count(50, timeout=15_000)
    await page.get_by_role("link", name="Older ones").click()
    await expect(rows).to_have_count(10)
    await expect(page.get_by_role("link", name="Older ones")).to_have_count(0)


@pytest.mark.parametrize("width", [320, 1280])
async def test_the_page_is_no_wider_than_its_window(
    groundswell: Server, chromium: Browser, width: int
) -> None:
    await refuse(groundswell)
    watcher = await visitor(chromium, viewport={"width": width, "height": 800})
    await sign_in(watcher.page, groundswell, PATH)
    await expect(watcher.page.locator("#trail li")).to_have_count(3)
    assert await watcher.page.evaluate("document.documentElement.scrollWidth") <= width
    assert watcher.complaints == []


async def test_nobody_reads_it_without_the_key(groundswell: Server, chromium: Browser) -> None:
    watcher = await visitor(chromium)
    await watcher.page.goto(f"{groundswell.url}{PATH}")
    assert watcher.page.url == f"{groundswell.url}/ops"
    assert watcher.complaints == []


async def test_what_the_page_does_not_know_is_refused_in_words(
    groundswell: Server, chromium: Browser
) -> None:
    page = (await visitor(chromium)).page
    await sign_in(page, groundswell, PATH)
    for wrong in ("of=nobody", "after=none", f"code={'x' * 65}"):
        answer = await page.goto(f"{groundswell.url}{PATH}&{wrong}")
        assert answer is not None
        assert answer.status == 400
        await expect(page.locator("h1")).to_have_text("That did not make sense")
